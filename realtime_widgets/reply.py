"""What came back for one turn: words, sound, tool calls, usage."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from realtime_widgets.pcm import SAMPLE_RATE
from realtime_widgets.views import notebook_view

if TYPE_CHECKING:
    import os

    import numpy as np
    import numpy.typing as npt

    from realtime_widgets.tools import ToolResult
    from realtime_widgets.usage import Usage


@dataclass(frozen=True)
class Stage:
    """One step on the way to an answer.

    Attributes
    ----------
    name : str
        ``answer`` (a model that hears and speaks), ``transcribe``, ``think``, ``speak`` or ``tools``.
    model : str
        Model that did it; empty for tools.
    begin_s, first_s, end_s : float
        When it began, gave its first result (sound, where it makes sound) and ended, in seconds since the
        question was asked. Steps may overlap.
    usage : Usage
        What it used.
    """

    name: str
    model: str
    begin_s: float
    first_s: float
    end_s: float
    usage: Usage


@dataclass(frozen=True)
class Reply:
    """The answer to one turn.

    Attributes
    ----------
    text : str
        What was answered, written or spoken.
    question : str
        What it answers, where that is known by now (spoken words are recognised beside the answer).
    tool_calls : list of ToolResult
        Calls that the model made on the way, in order.
    usage : Usage
        Tokens and money of all its responses, and of writing down what it answers where that is done by now.
    rate : int
        Sample rate of `audio`, in hertz.
    interrupted : bool
        Whether it was cut off; `text` may then hold more than was heard.
    heard : bool
        Whether it was played while it came.
    stages : tuple of Stage
        Where time and money went, in order of their ends; empty for the reply of a session.
    """

    text: str
    question: str
    tool_calls: list[ToolResult]
    usage: Usage
    pcm: bytes = field(repr=False)
    interrupted: bool = False
    rate: int = SAMPLE_RATE
    heard: bool = True
    stages: tuple[Stage, ...] = ()
    _session: Any = field(default=None, repr=False, compare=False)

    @property
    def audio(self) -> npt.NDArray[np.float32]:
        """The speech, mono float32 of shape (n,) in [-1, 1] at `rate` hertz; empty where none came."""
        from realtime_widgets.audio import from_pcm16  # brings numpy, which replies in words never need

        return from_pcm16(self.pcm)

    @property
    def seconds(self) -> float:
        """Length of the speech."""
        return len(self.pcm) / 2 / self.rate

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the speech to a 16-bit WAV file."""
        from realtime_widgets.audio import write_wav

        write_wav(path, self.audio, self.rate)

    def __str__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, **options: Any) -> Any:
        data, metadata = notebook_view(self, self._session)
        return {**data, "text/plain": self.text}, metadata
