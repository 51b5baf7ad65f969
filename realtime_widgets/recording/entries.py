"""A recorded talk as the lines of its transcript, and how they came one after the other."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Literal, NamedTuple

from realtime_widgets.core.conversation.turns import ToolCall
from realtime_widgets.recording.state import TalkState
from realtime_widgets.tools.execution.calls import RunningCall
from realtime_widgets.tools.output.displays import Display
from realtime_widgets.tools.output.outcome import ToolResult
from realtime_widgets.widgets.messages import Entry, ShownImage, ToolCard
from realtime_widgets.widgets.talk.entries import tool_card

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from realtime_widgets.core.conversation.export import Line, LineImage
    from realtime_widgets.recording.state import RecordedCall
    from realtime_widgets.recording.writing.watching import Fact

#: A line that is spoken is shown anew so often at most, in seconds.
STEP_S = 0.25


class Step(NamedTuple):
    """A line as it is from `at` seconds on, right after the line `after`; without an entry it is gone."""

    at: float
    id: str
    entry: Entry | None
    after: str | None


def entries_of(state: TalkState) -> list[Entry]:
    """Return all lines of a talk in the order of its transcript."""
    return [entry for line_id in state.reading_order() if (entry := entry_of(state, line_id))]


def entry_of(state: TalkState, line_id: str) -> Entry | None:
    """Return one line; None if the transcript shows none, as for the output of a tool, which is on its card."""
    if notice := state.notices.get(line_id):
        return Entry(line_id, "error" if notice.kind == "error" else "notice", notice.text)
    line = state.lines.get(line_id)
    if line is None or line.kind == "tool_output" or (line.kind == "message" and line.role == "system"):
        return None
    if line.kind == "message":
        return _message(line, state.shown.get(line_id, ""))
    call = state.calls.get(line.call_id)
    card = _card(call) if call and line.kind == "tool_call" else _plain_card(line)
    return Entry(line_id, "tool", "", state=_state(line), tool=card)


def steps_of(facts: Iterable[Fact]) -> list[Step]:
    """Return how the lines of a talk came, in order; of a line that is spoken, a few of its states.

    Parameters
    ----------
    facts
        All that was recorded.
    """
    state, steps = TalkState(), list[Step]()
    last: dict[str, int] = {}
    for fact in facts:
        line_id = state.apply(fact)
        if not line_id:
            continue
        at, entry = float(fact.get("at") or 0.0), entry_of(state, line_id)
        if entry is None:
            if line_id in last:
                steps.append(Step(at, line_id, None, None))
                del last[line_id]
            continue
        step = Step(at, line_id, entry, _before(state, line_id))
        place = last.get(line_id)
        # A line in the middle of its words is replaced by the next state, if that comes soon.
        if place is not None and place == len(steps) - 1 and _begun(steps[:place], line_id) > at - STEP_S:
            steps[place] = step
        else:
            last[line_id] = len(steps)
            steps.append(step)
    return steps


def _begun(steps: Sequence[Step], line_id: str) -> float:
    """Return when the last state before the newest was shown; long ago if there is none."""
    return next((step.at for step in reversed(steps) if step.id == line_id), float("-inf"))


def _before(state: TalkState, line_id: str) -> str | None:
    shown = None
    for each in state.reading_order():
        if each == line_id:
            return shown
        if entry_of(state, each) is not None:
            shown = each
    return shown


def _state(line: Line) -> Literal["in_progress", "completed", "incomplete"]:
    match line.state:
        case "in_progress" | "incomplete":
            return line.state
    return "completed"


def _message(line: Line, title: str) -> Entry:
    entry = Entry(
        line.id,
        "user" if line.role == "user" else "assistant",
        f"{title}\n{line.text}" if title else line.text,
        source=line.source,
        state=_state(line),
        cut=line.cut,
        heard_ms=line.heard_ms if line.cut else None,
        heard_length=len(line.heard) if line.cut else None,
        preamble=line.phase == "commentary",
    )
    if line.images:
        entry.images = [_image(each) for each in line.images]
    return entry


def _image(image: LineImage) -> ShownImage:
    size = f", {image.width} by {image.height} pixels" if image.width else ""
    return ShownImage(image.thumbnail, f"image{size}")


def _card(call: RecordedCall) -> ToolCard:
    made = ToolCall(call.call_id, "", "", call.name, call.arguments)
    running = RunningCall(made, consent=call.consent)
    if call.phase == "ended":
        names = {each.name for each in fields(Display)}
        displays = [{name: value for name, value in each.items() if name in names} for each in call.displays]
        running.result = ToolResult(
            call.call_id,
            call.name,
            call.version,
            call.arguments,
            call.output,
            error=call.error,
            traceback=call.traceback,
            printed=call.printed,
            displays=tuple(Display(**_without_widget(each)) for each in displays),
            seconds=call.seconds,
            read_as=call.read_as,
        )
    return tool_card(running, call.name, call.arguments, closed=False)


def _without_widget(display: Fact) -> Fact:
    """Return a display of which only text is left if it was a widget, whose kernel is gone."""
    whole = {"kind": "text", "text": "", **display}
    return {**whole, "kind": "text", "data": ""} if whole["kind"] == "widget" else whole


def _plain_card(line: Line) -> ToolCard:
    card = tool_card(None, line.name, line.arguments, closed=False)
    card.state, card.result = "done", line.output
    return card
