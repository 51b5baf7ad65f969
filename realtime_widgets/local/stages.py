"""The stages of the local endpoint, as interfaces: hearing a voice, recognising, answering, speaking.

The server knows only these; `speech/` and `brain/` hold what stands behind them today.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence

    import numpy as np
    import numpy.typing as npt

#: Rate at which speech is detected and recognised, in hertz (Silero's and Whisper's own).
RECOGNITION_RATE = 16_000
#: Rate at which speech is synthesised, in hertz (the protocol's own).
SYNTHESIS_RATE = 24_000


class VoiceActivityDetector(Protocol):
    """Tells speech from the rest, chunk by chunk; one instance a session, since it keeps state."""

    #: Samples it takes at a time, at `RECOGNITION_RATE`.
    chunk_samples: int

    def __call__(self, chunk: npt.NDArray[np.float32]) -> float:
        """Probability (0 to 1) that `chunk`, float32 of shape (chunk_samples,) in [-1, 1], is speech."""

    def reset(self) -> None:
        """Forget what was heard so far."""


class TurnEnd(Protocol):
    """Tells whether somebody who pauses has finished; blocking, safe to call from several worker threads."""

    def __call__(self, samples: npt.NDArray[np.float32]) -> float:
        """Probability (0 to 1) that the turn is over, of float32 (n,) at `RECOGNITION_RATE`, pause included."""


@dataclass(frozen=True)
class Recognition:
    """What a recogniser made of one utterance; `text` is empty where it heard no words."""

    text: str
    no_speech_probability: float


class Recogniser(Protocol):
    """Turns one utterance into words; blocking, safe to call from several worker threads."""

    def __call__(self, samples: npt.NDArray[np.float32], language: str = "en") -> Recognition:
        """Recognise float32 mono samples of shape (n,) at `RECOGNITION_RATE`, in [-1, 1]."""


class Synthesiser(Protocol):
    """Turns text into speech, sentence by sentence; blocking, safe to call from several worker threads."""

    #: The protocol's voice names it answers to.
    voices: Sequence[str]

    def stream(self, text: str, voice: str, speed: float = 1.0) -> Iterator[npt.NDArray[np.int16]]:
        """Yield int16 mono arrays of shape (n,) at `SYNTHESIS_RATE`, the first as early as possible."""


@dataclass(frozen=True)
class Say:
    """A piece of the answer's text, to be spoken or shown: a sentence, a line, or the first clause of a long one.

    Where it begins with line breaks it stands on a new line; else a space parts it from the piece before.
    """

    text: str


@dataclass(frozen=True)
class CallTool:
    """The brain wants a tool called; `arguments` is a JSON object as text."""

    name: str
    arguments: str


@dataclass(frozen=True)
class BrainRequest:
    """All that an answer may depend on.

    `items` are conversation items in the protocol's own shape, oldest first; user speech carries its
    words as `transcript`. `tools` are the protocol's function tools (name, description, parameters).
    """

    items: Sequence[Mapping[str, Any]]
    tools: Sequence[Mapping[str, Any]] = ()
    tool_choice: str | Mapping[str, Any] = "auto"
    instructions: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)


class Brain(Protocol):
    """Decides what to say or which tools to call.

    One that computes here blocks, and must be safe to call from several worker threads. One that waits for
    somebody else makes `answer` an asynchronous generator: it runs on the event loop and takes no thread.
    It may have an asynchronous `close`, called when the endpoint ends.
    """

    def prepare(self, tools: Sequence[Mapping[str, Any]]) -> None:
        """Get ready for `tools` ahead of the first turn that may use them."""

    def answer(self, request: BrainRequest) -> Iterator[Say | CallTool] | AsyncGenerator[Say | CallTool, None]:
        """Yield the parts of one response in order; stops early when the iterator is closed."""
