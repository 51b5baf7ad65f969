"""The stages of the local endpoint as interfaces: voice activity, recognition, the brain, synthesis.

The server knows only these; `speech` and `brain` implement them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from realtime_widgets.errors import LocalEndpointError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence

    import numpy as np
    import numpy.typing as npt

#: Sample rate for detection and recognition in hertz: that of Silero and Whisper.
RECOGNITION_RATE = 16_000
#: Sample rate of synthesised speech in hertz: that of the protocol.
SYNTHESIS_RATE = 24_000


class VoiceActivityDetector(Protocol):
    """Tells speech from other sound, chunk by chunk; keeps state, so each session has its own."""

    #: Number of samples in a chunk, at `RECOGNITION_RATE`.
    chunk_samples: int

    def __call__(self, chunk: npt.NDArray[np.float32]) -> float:
        """Return the probability (0 to 1) that `chunk` is speech: float32 of shape (chunk_samples,) in [-1, 1]."""

    def reset(self) -> None:
        """Forget what was heard so far."""


class TurnEnd(Protocol):
    """Tells whether a user who pauses has finished; blocking, safe to call from several threads."""

    def __call__(self, samples: npt.NDArray[np.float32]) -> float:
        """Return the probability (0 to 1) that the turn is over.

        Parameters
        ----------
        samples
            The turn with its pause: float32 of shape (n,) at `RECOGNITION_RATE`.
        """


@dataclass(frozen=True)
class Recognition:
    """The result of recognising one utterance; `text` is empty if there were no words."""

    text: str
    no_speech_probability: float


class Recogniser(Protocol):
    """Turns one utterance into text; blocking, safe to call from several threads."""

    def __call__(self, samples: npt.NDArray[np.float32], language: str = "en") -> Recognition:
        """Recognise float32 mono samples of shape (n,) at `RECOGNITION_RATE`, in [-1, 1]."""


class Synthesiser(Protocol):
    """Turns text into speech, sentence by sentence; blocking, safe to call from several threads."""

    #: The protocol's voice names that it has.
    voices: Sequence[str]

    def stream(self, text: str, voice: str, speed: float = 1.0) -> Iterator[npt.NDArray[np.int16]]:
        """Yield int16 mono arrays of shape (n,) at `SYNTHESIS_RATE`, the first as early as possible."""


@dataclass(frozen=True)
class PictureLine:
    """A line of text that was read in a picture, and how sure that is, from 0 to 1."""

    text: str
    confidence: float


class UnreadablePictureError(LocalEndpointError):
    """The text in a picture cannot be read; the message says why and what to do."""


class PictureReader(Protocol):
    """Reads the text in pictures; blocking, safe to call from several threads."""

    def __call__(self, data: bytes) -> list[PictureLine]:
        """Read a PNG or JPEG file.

        Returns
        -------
        list of PictureLine
            The lines in reading order, without those that are doubtful; empty if there are none.

        Raises
        ------
        UnreadablePictureError
            If it is damaged or too large.
        """


@dataclass(frozen=True)
class Say:
    """A piece of the text of an answer, to speak or show: a sentence, a line, or the first clause of a long one.

    If it starts with line breaks it begins a new line; otherwise a space belongs before it.
    """

    text: str


@dataclass(frozen=True)
class CallTool:
    """A tool call that the brain wants; `arguments` is a JSON object as text."""

    name: str
    arguments: str


@dataclass(frozen=True)
class BrainRequest:
    """Everything that an answer may depend on.

    Attributes
    ----------
    items
        Conversation items in the protocol's shape, oldest first; the user's speech has its words as `transcript`.
        For a brain that does not see, an image has the `lines` that were read in it, or in `unread` why none were.
        These are what somebody put into a picture, and never what the user says.
    tools
        Function tools in the protocol's shape.
    tool_choice
        The protocol's ``tool_choice``.
    instructions
        Instructions of the application.
    metadata
        Metadata of the response.
    direction
        What the response's own instructions add to those of the session: what this one answer is to do.
    reasoning_effort
        The protocol's ``reasoning.effort``; None leaves it to the model.
    parallel_tool_calls
        Whether one answer may hold several calls; None leaves it to the model.
    max_output_tokens
        Largest number of tokens of the answer; None for no limit of its own.
    transcription
        The protocol's settings of the user's transcription, with hints for words that may be misheard.
    """

    items: Sequence[Mapping[str, Any]]
    tools: Sequence[Mapping[str, Any]] = ()
    tool_choice: str | Mapping[str, Any] = "auto"
    instructions: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    direction: str = ""
    reasoning_effort: str | None = None
    parallel_tool_calls: bool | None = None
    max_output_tokens: int | None = None
    transcription: Mapping[str, Any] = field(default_factory=dict)


class Brain(Protocol):
    """Decides what to say or which tools to call.

    A brain that computes here blocks, and must be safe to call from several threads. A brain that waits for
    another server makes `answer` an asynchronous generator: it runs on the event loop and uses no thread. A brain
    may have an asynchronous `close`, which is called when the endpoint ends.

    A brain that computes here, costs nothing and keeps nothing of what it is asked may set `may_guess` to True: it
    is then also asked for answers that may never be given, because the user may not have finished.
    """

    def prepare(self, tools: Sequence[Mapping[str, Any]]) -> None:
        """Prepare for `tools` before the first turn that may use them."""

    def answer(self, request: BrainRequest) -> Iterator[Say | CallTool] | AsyncGenerator[Say | CallTool, None]:
        """Yield the parts of one answer in order; stop early when the iterator is closed."""
