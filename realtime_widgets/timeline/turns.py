"""What happened when in one turn, as spans and marks on the session's clock. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from realtime_widgets.timeline.wave import Wave

#: What takes time: the user speaks; it is decided that the user has finished; the words are recognised; the model
#: thinks; its first sound waits to be played; a tool runs; the answer is heard; nobody is heard.
SpanName = Literal[
    "user speaks", "end of turn", "recognition", "thinking", "first sound", "tool", "answer", "silence", "step"
]
#: What happens at once.
MarkName = Literal["turn decided", "words recognised", "first byte", "first words", "first sample", "interruption"]


@dataclass(frozen=True)
class Span:
    """Something that took time.

    Attributes
    ----------
    name : str
        What: see `SpanName`.
    begin, end : float
        When, in seconds since the session was made.
    label : str
        Of a tool its name, of a step what it was.
    """

    name: SpanName
    begin: float
    end: float
    label: str = ""

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.end - self.begin


@dataclass(frozen=True)
class Mark:
    """Something that happened at `at` seconds since the session was made."""

    name: MarkName
    at: float


@dataclass(frozen=True)
class TurnTimeline:
    """One turn on the session's clock.

    Attributes
    ----------
    number : int
        Of the turn, from 1.
    question, answer : str
        What was said, as far as it is known.
    spans, marks : tuple
        What happened, ordered by time.
    zero : float
        The last sample of the user's speech, or when the question was sent: from then on the user waits; in
        seconds since the session was made.
    heard : bool
        Whether somebody could hear the answer; if not, it counts as heard when it comes.
    interrupted : bool
        Whether the answer was cut off.
    item_ids : tuple of str
        Items of the answer that are heard or read, oldest first.
    user, voice : tuple of Wave
        Waveforms of both sides, where they sounded.
    title : str
        What it is called in a figure; the question if empty.
    """

    number: int
    question: str
    answer: str
    spans: tuple[Span, ...]
    marks: tuple[Mark, ...]
    zero: float
    heard: bool = True
    interrupted: bool = False
    item_ids: tuple[str, ...] = ()
    user: tuple[Wave, ...] = field(default=(), repr=False)
    voice: tuple[Wave, ...] = field(default=(), repr=False)
    title: str = ""

    def at(self, name: MarkName) -> float | None:
        """Return when something first happened, in seconds after the user had finished; None if it did not."""
        return next((mark.at - self.zero for mark in self.marks if mark.name == name), None)

    @property
    def delay(self) -> float | None:
        """Seconds from the last sample of the user's speech to the first sample of the answer that was played.

        Of an answer without sound to its first words; None while there is neither.
        """
        first = self.at("first sample")
        return self.at("first words") if first is None else first

    @property
    def begin(self) -> float:
        """When the first thing began, in seconds since the session was made."""
        return min([self.zero, *(span.begin for span in self.spans)])

    @property
    def end(self) -> float:
        """When the last thing was over, in seconds since the session was made."""
        return max([self.zero, *(span.end for span in self.spans), *(mark.at for mark in self.marks)])
