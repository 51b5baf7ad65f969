"""`Reply`, the answer to one turn: words, sound, tool calls, usage."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from realtime_widgets.audio.pcm import SAMPLE_RATE
from realtime_widgets.shown_text import visible

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    import numpy as np
    import numpy.typing as npt

    from realtime_widgets.core.usage.usage import Usage
    from realtime_widgets.tools import ToolResult


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
        When it began, had its first result (sound, if it makes sound) and ended, in seconds since the
        question was asked. Steps may overlap.
    usage : Usage
        Tokens and money of this step.
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
        The words of the answer, written or spoken.
    preamble : str
        What the model said before its answer and marked so, such as that it is looking something up.
    question : str
        The user's words, as far as they are known (speech is transcribed while the answer comes).
    tool_calls : list of ToolResult
        Calls that the model made on the way, in order.
    usage : Usage
        Tokens and money of all its responses, and of the transcription of its question if that is done.
    rate : int
        Sample rate of `audio`, in hertz.
    interrupted : bool
        Whether it was cut off; `text` may then contain more than was heard.
    heard : bool
        Whether it was played while it came.
    stages : tuple of Stage
        The steps to the answer, in order of their ends; empty for the reply of a session.
    exact : bool or None
        Of `RealtimeSession.say_exactly`: whether all of the text was said, in its words; None of other replies.
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
    preamble: str = ""
    exact: bool | None = None
    _view: Callable[[Reply], Any] | None = field(default=None, repr=False, compare=False)

    @property
    def audio(self) -> npt.NDArray[np.float32]:
        """The speech, mono float32 of shape (n,) in [-1, 1] at `rate` hertz; empty if there is none."""
        from realtime_widgets.audio.samples import from_pcm16  # brings numpy, which replies in words never need

        return from_pcm16(self.pcm)

    @property
    def seconds(self) -> float:
        """Length of the speech in seconds."""
        return len(self.pcm) / 2 / self.rate

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the speech to a 16-bit WAV file."""
        from realtime_widgets.audio.samples import write_wav

        write_wav(path, self.audio, self.rate)

    def __str__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, **options: Any) -> Any:
        if self._view is None:
            return {"text/plain": visible(self.text)}
        data, metadata = self._view(self)._repr_mimebundle_()
        return {**data, "text/plain": visible(self.text)}, metadata

    def _display_(self) -> Any:
        return self.text if self._view is None else self._view(self)  # marimo shows what this returns
