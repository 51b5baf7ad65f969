from __future__ import annotations

import base64
from typing import Any

from realtime_widgets.core.conversation.turns import ToolCall
from realtime_widgets.core.playback.ledger import Part, PlayedTo
from realtime_widgets.core.session import SessionCore
from realtime_widgets.tools.execution.calls import RunningCall
from realtime_widgets.tools.execution.lifecycle import Admitted, Approved, Checked
from realtime_widgets.tools.execution.runner import ToolResult
from realtime_widgets.widgets.talk.entries import make_entries, tool_card
from tests.core import wire

CALL = ToolCall("c1", "f1", "r1", "double", '{"x": 2}')


def result(**fields: Any) -> ToolResult:
    return ToolResult(call_id="c1", name="double", version=1, arguments='{"x": 2}', seconds=0.5, **fields)


def spoken(core: SessionCore, heard_ms: int) -> None:
    for event in (
        wire.created("r1"),
        wire.output_added("r1", wire.message("a1")),
        wire.words("a1", "A long answer"),
        wire.audio("a1", 24000),
    ):
        core.receive(event)
    core.played([PlayedTo(Part("a1", 0), heard_ms * 24)])


def test_both_sides_stand_in_order_with_their_source() -> None:
    core = SessionCore()
    core.receive(wire.added(wire.message("s", "system", {"type": "input_text", "text": "hidden"})))
    core.receive(wire.added(wire.message("u1", "user", {"type": "input_text", "text": "Hi"}), "s"))
    core.receive(wire.added({"id": "o1", "type": "function_call_output", "call_id": "c", "output": "1"}, "u1"))
    spoken(core, 0)
    entries = make_entries(core, {}, closed=False)
    assert [(entry.id, entry.kind, entry.source) for entry in entries] == [
        ("u1", "user", "text"),
        ("a1", "assistant", "speech"),
    ]
    assert entries[0].heard_ms is None
    assert entries[1].text == "A long answer"
    assert entries[1].state == "in_progress"


def test_a_cut_answer_shows_how_far_it_was_heard() -> None:
    core = SessionCore()
    spoken(core, 300)
    [entry] = make_entries(core, {}, closed=False)
    assert (entry.cut, entry.heard_ms) == (False, None)
    core.interrupt()
    core.silenced([PlayedTo(Part("a1", 0), 420 * 24)])
    [entry] = make_entries(core, {}, closed=False)
    assert (entry.cut, entry.heard_ms) == (True, 420.0)


def test_an_answer_that_is_being_spoken_changes_its_line_with_its_words_only() -> None:
    core = SessionCore()
    spoken(core, 300)
    before = make_entries(core, {}, closed=False)
    core.receive(wire.audio("a1", 24000))
    core.played([PlayedTo(Part("a1", 0), 600 * 24)])
    assert make_entries(core, {}, closed=False) == before
    core.receive(wire.words("a1", " of many words"))
    assert make_entries(core, {}, closed=False) != before


def test_notices_stand_where_they_were_given() -> None:
    core = SessionCore()
    core.notice("notice", "before all")
    core.receive(wire.added(wire.message("u1", "user", {"type": "input_text", "text": "Hi"})))
    core.notice("error", "in between")
    core.receive(wire.added(wire.message("u2", "user", {"type": "input_text", "text": "Hm"}), "u1"))
    entries = make_entries(core, {}, closed=False)
    assert [entry.text for entry in entries] == ["before all", "Hi", "in between", "Hm"]
    assert [entry.kind for entry in entries] == ["notice", "user", "error", "user"]


def test_a_tool_call_is_a_card_in_its_place() -> None:
    core = SessionCore()
    core.receive(wire.added(wire.call("f1", "c1", arguments='{"x": 2}')))
    [entry] = make_entries(core, {}, closed=False)
    assert (entry.kind, entry.tool.state, entry.tool.name) == ("tool", "waiting", "double")
    running = RunningCall(CALL)
    for event, state in ((Checked(ask=True), "approval"), (Approved(), "waiting"), (Admitted(), "running")):
        running.life.step(event)
        [entry] = make_entries(core, {"c1": running}, closed=False)
        assert entry.tool.state == state
    assert entry.tool.arguments == '{\n  "x": 2\n}'


def test_the_card_of_a_call_that_ended_well() -> None:
    running = RunningCall(CALL, result(output='{"y": [1, "ä"]}', printed="counting\n"))
    card = tool_card(running, "double", '{"x": 2}', closed=True)
    assert (card.state, card.printed, card.seconds, card.error) == ("done", "counting\n", 0.5, "")
    assert card.result == '{\n  "y": [\n    1,\n    "ä"\n  ]\n}'


def test_the_card_of_a_call_that_failed_has_its_traceback() -> None:
    running = RunningCall(CALL, result(output='{"error": "boom"}', error="boom", traceback="Traceback…"))
    card = tool_card(running, "double", "{broken", closed=False)
    assert (card.state, card.result, card.error) == ("error", "", "boom")
    assert card.traceback == "Traceback…"
    assert card.arguments == "{broken"


def test_plain_results_are_shown_as_they_are() -> None:
    card = tool_card(RunningCall(CALL, result(output='"four"')), "double", "{}", closed=False)
    assert card.result == '"four"'


def test_a_closed_session_leaves_nothing_pending() -> None:
    core = SessionCore()
    spoken(core, 100)
    core.receive(wire.output_added("r1", wire.call("f1", "c1"), 1))
    core.receive(wire.output_added("r1", wire.call("f2", "c2"), 2))
    answer, running, waiting = make_entries(core, {"c1": RunningCall(CALL)}, closed=True)
    assert answer.state == "incomplete"
    for entry in (running, waiting):
        assert entry.tool.state == "error"
        assert "session ended" in entry.tool.error


def test_no_sound_is_in_the_lines() -> None:
    core = SessionCore()
    part = {"type": "input_audio", "audio": base64.b64encode(b"sound" * 50).decode(), "transcript": "Hello"}
    core.receive(wire.added(wire.message("u1", "user", part)))
    assert "c291bmRzb3VuZ" not in str(make_entries(core, {}, closed=False))
