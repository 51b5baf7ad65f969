"""Segments as subtitles (SRT, WebVTT), markdown and plain text. Pure."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

from realtime_widgets.shown_text import in_markdown, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from realtime_widgets.core.captions.segments import Segment

#: Most characters of a line, and lines at a time: what subtitles usually have.
LINE_CHARACTERS, LINES = 42, 2
#: Shortest time of a subtitle, in milliseconds; the next one may come sooner.
LEAST_MS = 700
#: Time of a subtitle that the next one overtakes at once.
_BLINK_MS = 1
#: What separates a cue's times in both formats: in its text it would end or begin a cue.
_ARROW = re.compile(r"-{2,}>")


@dataclass(frozen=True)
class Cue:
    """One subtitle: from and to when, in milliseconds, and its lines."""

    start_ms: int
    end_ms: int
    lines: tuple[str, ...]
    speaker: str = ""


def cues(segments: Iterable[Segment]) -> list[Cue]:
    """Cut segments into subtitles of two lines at most; they come one after the other and never overlap.

    A segment that is too long is cut between words, and its time by the characters.
    """
    made: list[Cue] = []
    for segment in segments:
        pieces = _pieces(segment.text)
        whole = sum(map(_size, pieces)) or 1
        start, length = segment.start * 1000, (segment.end - segment.start) * 1000
        said = 0
        for piece in pieces:
            begin = start + length * said / whole
            said += _size(piece)
            made.append(Cue(round(begin), round(start + length * said / whole), piece, segment.speaker))
    return list(_one_after_the_other(made))


def to_srt(segments: Iterable[Segment]) -> str:
    """Return SRT (SubRip): numbered cues, times with a comma."""
    blocks = []
    for number, cue in enumerate(cues(segments), 1):
        lines = [_ARROW.sub("→", line) for line in cue.lines]
        if cue.speaker:
            lines[0] = f"{_name(cue.speaker)}: {lines[0]}"
        blocks.append(f"{number}\n{_time(cue.start_ms, ',')} --> {_time(cue.end_ms, ',')}\n" + "\n".join(lines))
    return "".join(f"{block}\n\n" for block in blocks)


def to_vtt(segments: Iterable[Segment]) -> str:
    """Return WebVTT; speakers are marked as voices."""
    blocks = ["WEBVTT"]
    for cue in cues(segments):
        text = "\n".join(map(_escaped, cue.lines))
        if cue.speaker:
            text = f"<v {_escaped(_name(cue.speaker))}>{text}"
        blocks.append(f"{_time(cue.start_ms, '.')} --> {_time(cue.end_ms, '.')}\n{text}")
    return "".join(f"{block}\n\n" for block in blocks)


def to_markdown(segments: Iterable[Segment]) -> str:
    """Return markdown: a paragraph for each segment, with its time, and its speaker if that is known."""
    return "".join(f"{markdown_segment(segment)}\n\n" for segment in segments)


def markdown_segment(segment: Segment) -> str:
    """Return one segment as a paragraph of markdown."""
    who = f" **{in_markdown(_name(segment.speaker))}:**" if segment.speaker else ""
    return f"*{clock_time(segment.start)}*{who} {in_markdown(_joined(segment.text))}"


def to_text(segments: Iterable[Segment]) -> str:
    """Return plain text: a line for each segment."""
    rows = []
    for segment in segments:
        who = f"{_name(segment.speaker)}: " if segment.speaker else ""
        rows.append(visible(f"{who}{_joined(segment.text)}"))
    return "\n".join(rows)


def clock_time(seconds: float) -> str:
    """Return a time as it is read: ``0:07``, ``1:02:03``."""
    minutes, left = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def _one_after_the_other(made: list[Cue]) -> Iterator[Cue]:
    """Bring cues into the order of time; each begins where the last one ended, or later."""
    before = 0
    made = sorted(made, key=lambda cue: cue.start_ms)
    for cue, following in zip_longest(made, made[1:]):
        assert cue is not None
        start = max(cue.start_ms, before)
        end = max(cue.end_ms, start + LEAST_MS)
        if following is not None:
            end = min(end, max(following.start_ms, start + _BLINK_MS))
        yield Cue(start, end, cue.lines, cue.speaker)
        before = end


def _pieces(text: str) -> list[tuple[str, ...]]:
    lines = textwrap.wrap(visible(_joined(text)), LINE_CHARACTERS, break_on_hyphens=False, break_long_words=True)
    return [tuple(lines[start : start + LINES]) for start in range(0, len(lines), LINES)]


def _joined(text: str) -> str:
    """Return a text in one line: an empty line in it would end a cue."""
    return " ".join(text.split())


def _name(speaker: str) -> str:
    return _ARROW.sub("→", visible(_joined(speaker)))


def _size(lines: tuple[str, ...]) -> int:
    return sum(map(len, lines))


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _time(ms: int, point: str) -> str:
    seconds, ms = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{ms:03}"


def _plain(segments: Iterable[Segment]) -> str:
    return f"{to_text(segments)}\n"


#: How segments are written to a file, by its suffix.
FORMATS: dict[str, Callable[[Sequence[Segment]], str]] = {
    "srt": to_srt,
    "vtt": to_vtt,
    "md": to_markdown,
    "txt": _plain,
}
