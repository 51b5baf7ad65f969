"""A recorded talk as one page to send to somebody: words, tool calls, sound; it loads nothing from anywhere."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Protocol

from realtime_widgets.core.captions.subtitles import clock_time
from realtime_widgets.core.usage.cost import dollars
from realtime_widgets.recording.entries import entries_of
from realtime_widgets.recording.exports.bars import waterfall
from realtime_widgets.recording.exports.formulas import drawing_script
from realtime_widgets.recording.times import spans_of
from realtime_widgets.shown_text import in_html
from realtime_widgets.widgets.saved.as_html import html_line

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    import numpy as np
    import numpy.typing as npt

    from realtime_widgets.recording.state import RecordedCall, TalkState
    from realtime_widgets.recording.writing.watching import Fact
    from realtime_widgets.timeline.turns import TurnTimeline

#: The page may show and play what is in it, and fetch nothing.
_POLICY = "default-src 'none'; media-src data:; img-src data:; style-src 'unsafe-inline';"
#: Columns of the picture of the sound.
_COLUMNS = 600
_STYLE = """
:root { color-scheme: light dark; --line: #8885; --you: #6366f1; --it: #0d9488; }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem 4rem; }
h1 { font-size: 1.5rem; margin: 0; } header p { margin: .2rem 0 1rem; opacity: .75; }
.play { position: sticky; top: 0; background: Canvas; padding: .5rem 0; z-index: 1; }
audio { width: 100%; } .play svg { width: 100%; height: 84px; display: block; cursor: pointer; }
.you { fill: var(--you); } .it { fill: var(--it); } .call { fill: #d97706; } .now { stroke: CanvasText; }
article { display: grid; grid-template-columns: 4rem 1fr; gap: .5rem; padding: .35rem .3rem; border-radius: 6px; }
article.now { background: #6366f122; }
article button { all: unset; cursor: pointer; opacity: .7; font-variant-numeric: tabular-nums; }
article button:focus-visible { outline: 2px solid; }
.rw-said, .rw-notice, .rw-error { padding-left: .7em; border-left: 3px solid var(--line); }
.rw-user { border-left-color: var(--you); } .rw-assistant { border-left-color: var(--it); }
.rw-error { border-left-color: #d92d4b; } p { margin: 0; overflow-wrap: anywhere; }
details { padding: .3em .8em; border: 1px solid var(--line); border-radius: 8px; } summary { cursor: pointer; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; max-height: 24em; overflow: auto; background: #8881;
  padding: .5em; }
img { max-width: min(100%, 400px); } .problem { border-left: 3px solid #d92d4b; padding-left: .7em; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; } figure { margin: 1rem 0; } figcaption { font-weight: 600; }
.waterfall svg { height: auto; cursor: auto; } .waterfall text { font-size: 11px; fill: CanvasText; }
@media print { .play { display: none; } }
"""
#: Its script, beside the one for formulas: a click on a time or on the picture of the sound leads there; what is
#: heard is marked.
_SCRIPT = """
const sound = document.querySelector("audio"), lines = [...document.querySelectorAll("article[data-at]")];
const picture = document.querySelector(".play svg"), mark = document.querySelector("line.now");
const go = (at) => { if (sound) { sound.currentTime = at; sound.play(); } };
for (const line of lines) line.querySelector("button").onclick = () => go(+line.dataset.at);
if (picture) picture.onclick = (event) => {
  const box = picture.getBoundingClientRect();
  go(((event.clientX - box.left) / box.width) * +picture.dataset.seconds);
};
if (sound) sound.ontimeupdate = () => {
  const at = sound.currentTime;
  const x = picture ? (600 * at) / +picture.dataset.seconds : 0;
  if (mark) { mark.setAttribute("x1", x); mark.setAttribute("x2", x); }
  let last = null;
  for (const line of lines) { line.classList.remove("now"); if (+line.dataset.at <= at + 0.05) last = line; }
  if (last) last.classList.add("now");
};
"""


class ShownTalk(Protocol):
    """What a page shows; a recording is one."""

    state: TalkState
    facts: list[Fact]
    problems: list[str]

    @property
    def started(self) -> datetime:
        """When it began, in UTC."""

    @property
    def seconds(self) -> float:
        """How long it is."""

    @property
    def model(self) -> str:
        """Name of the model."""

    @property
    def money(self) -> float | None:
        """US dollars, if they are known."""

    @property
    def calls(self) -> list[RecordedCall]:
        """The tool calls."""

    def timeline(self) -> Iterable[TurnTimeline]:
        """Return where the time of each turn went."""

    @property
    def has_sound(self) -> bool:
        """Whether it has sound."""

    @property
    def both(self) -> npt.NDArray[np.int16]:
        """Both sides, int16 of shape (n, 2) at 24 kHz."""


def page_of(recording: ShownTalk, title: str) -> str:
    """Return the page.

    Parameters
    ----------
    recording
        The recording.
    title
        Its heading.
    """
    drawing = drawing_script(line.text for line in recording.state.lines.values())
    scripts = [_SCRIPT, *filter(None, [drawing])]
    hashes = [hashlib.sha256(script.encode()).digest() for script in scripts]
    allowed = " ".join(f"'sha256-{base64.b64encode(each).decode()}'" for each in hashes)
    policy = f"{_POLICY} script-src {allowed}"
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<meta name="viewport" content="width=device-width"><title>{in_html(title)}</title>'
        f"<style>{_STYLE}</style>"
    )
    body = [
        f"<header><h1>{in_html(title)}</h1><p>{in_html(about(recording))}</p></header>",
        *(f'<p class="problem">{in_html(problem)}</p>' for problem in recording.problems),
        _sound(recording),
        f"<main>{''.join(_lines(recording))}</main>",
        _waterfalls(recording),
        f"<script>{_SCRIPT}</script>",
        f'<script type="module">{drawing}</script>' if drawing else "",
    ]
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(body)}</body></html>'


def about(recording: ShownTalk) -> str:
    """Return when a talk was, how long, with which model, and what it cost, in a line."""
    turns = len(recording.state.turns)
    parts = [
        f"{recording.started:%d %B %Y, %H:%M} UTC",
        clock_time(recording.seconds),
        f"{turns} turn{'' if turns == 1 else 's'}",
        recording.model,
        *([] if recording.money is None else [dollars(recording.money)]),
    ]
    return " · ".join(filter(None, parts))


def _sound(recording: ShownTalk) -> str:
    from realtime_widgets.recording.file.sound import to_listen  # brings numpy

    if not recording.has_sound:
        return ""
    both = recording.both
    data, kind = to_listen(both)
    source = f"data:{kind};base64,{base64.b64encode(data).decode()}"
    audio = f'<audio controls preload="metadata" src="{source}"></audio>'
    return f'<div class="play">{audio}{_picture(recording, both)}</div>'


def _picture(recording: ShownTalk, both: npt.NDArray[np.int16]) -> str:
    """Return both sides' loudness over time, the user above, and between them the tool calls."""
    seconds = len(both) / 24_000
    if not seconds:
        return ""
    bars = [_bars(both[:, 0], 20, "you"), _bars(both[:, 1], 64, "it")]
    for call in recording.calls:
        x, width = call.at / seconds * _COLUMNS, max(2.0, call.seconds / seconds * _COLUMNS)
        name = in_html(f"{call.name}, {call.seconds:.1f} s")
        bars.append(
            f'<rect class="call" x="{x:.1f}" y="40" width="{width:.1f}" height="4"><title>{name}</title></rect>'
        )
    label = "Loudness of both sides over time, the user above"
    mark = '<line class="now" x1="0" x2="0" y1="0" y2="84"/>'
    return (
        f'<svg viewBox="0 0 {_COLUMNS} 84" preserveAspectRatio="none" data-seconds="{seconds:.3f}" role="img" '
        f'aria-label="{label}">{"".join(bars)}{mark}</svg>'
    )


def _bars(samples: npt.NDArray[np.int16], middle: int, kind: str) -> str:
    from realtime_widgets.recording.file.sound import loudness  # brings numpy

    peaks = loudness(samples, _COLUMNS) / 32768 * 18
    step = _COLUMNS / len(peaks)
    path = "".join(
        f"M{index * step:.1f} {middle - peak:.1f}h{step:.1f}v{2 * peak:.1f}h-{step:.1f}z"
        for index, peak in enumerate(peaks)
        if peak >= 0.2
    )
    return f'<path class="{kind}" d="{path}"/>'


def _waterfalls(recording: ShownTalk) -> str:
    made = [drawn for turn in recording.timeline() if (drawn := waterfall(turn))]
    return f"<section><h2>Where the time went</h2>{''.join(made)}</section>" if made else ""


def _lines(recording: ShownTalk) -> list[str]:
    state = recording.state
    spans = spans_of(state, recording.facts)
    made = []
    for entry in entries_of(state):
        notice = state.notices.get(entry.id)
        at = notice.at if notice else spans[entry.id].begin
        time = clock_time(at)
        if line := html_line(entry):
            button = f'<button title="Play from here">{time}</button>'
            made.append(f'<article data-at="{at:.3f}"><div>{button}</div><div>{line}</div></article>')
    return made
