"""`Timeline`: the turns of a talk and where their time went, as records and as a figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, overload

from realtime_widgets.timeline.figure import can_draw, draw, png
from realtime_widgets.timeline.turns import TurnTimeline

if TYPE_CHECKING:
    from collections.abc import Iterable


class Timeline(Sequence[TurnTimeline]):
    """The turns of a talk, oldest first; shows itself as a figure if matplotlib is there, else as a table.

    Parameters
    ----------
    turns
        The turns.
    """

    def __init__(self, turns: Iterable[TurnTimeline]) -> None:
        self._turns = tuple(turns)

    @overload
    def __getitem__(self, index: int) -> TurnTimeline: ...
    @overload
    def __getitem__(self, index: slice) -> Timeline: ...
    def __getitem__(self, index: int | slice) -> TurnTimeline | Timeline:
        return Timeline(self._turns[index]) if isinstance(index, slice) else self._turns[index]

    def __len__(self) -> int:
        return len(self._turns)

    def titled(self, title: str) -> Timeline:
        """Return the same turns under a title."""
        return Timeline(replace(turn, title=title) for turn in self)

    def records(self) -> list[dict[str, Any]]:
        """Return what is behind the figure, for a DataFrame: a dictionary for each span and mark.

        Returns
        -------
        list of dict
            ``turn`` (number), ``title``, ``name``, ``label``, and in seconds ``begin`` and ``end`` after the user
            had finished, ``seconds`` (0 of a mark) and ``at`` since the session was made.
        """
        found = []
        for turn in self:
            rows: list[tuple[float, float, str, str]] = [
                (span.begin, span.end, span.name, span.label) for span in turn.spans
            ]
            rows += [(mark.at, mark.at, mark.name, "") for mark in turn.marks]
            for begin, end, name, label in sorted(rows):
                found.append(
                    {
                        "turn": turn.number,
                        "title": turn.title or turn.question,
                        "name": name,
                        "label": label,
                        "begin": round(begin - turn.zero, 4),
                        "end": round(end - turn.zero, 4),
                        "seconds": round(end - begin, 4),
                        "at": round(begin, 4),
                    }
                )
        return found

    def figure(self) -> Any:
        """Return a matplotlib figure: for each turn both waveforms, and under them what happened when.

        Zero is the end of the user's speech.

        Raises
        ------
        ConfigurationError
            If matplotlib is not installed.
        """
        return draw(self)

    def __repr__(self) -> str:
        return "\n".join(map(_line, self)) or "No turns yet."

    def _repr_mimebundle_(self, **options: Any) -> Any:
        text = {"text/plain": repr(self)}
        if not self._turns:
            return text
        return {**text, "image/png": png(self)} if can_draw() else text


def side_by_side(timelines: dict[str, Timeline]) -> Timeline:
    """Return several talks as one timeline, each under its name, so that one figure shows them on one scale.

    Parameters
    ----------
    timelines
        By name, such as ``{"session": session.timeline()[-1:], "chat": chat.timeline()[-1:]}``.
    """
    return Timeline(turn for name, timeline in timelines.items() for turn in timeline.titled(name))


def _line(turn: TurnTimeline) -> str:
    parts = [f"{turn.number}."]
    if turn.title:
        parts.append(f"{turn.title}:")
    if turn.question:
        parts.append(f"“{turn.question}”")
    if turn.delay is not None:
        parts.append(
            f"first {'sound' if turn.at('first sample') is not None else 'words'} after {turn.delay:.2f} s"
        )
    for tool in (span for span in turn.spans if span.name == "tool"):
        parts.append(f"{tool.label} took {tool.seconds:.2f} s")
    if turn.interrupted:
        parts.append("interrupted")
    return " ".join(parts[:2]) + "".join(f", {part}" for part in parts[2:])
