"""A script step by step: what it expects, sends and reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from realtime_widgets.testing import Script, close, cut, emit, expect, expect_any_order, reconnect, stall
from realtime_widgets.testing.scripted_server.steps import Close, Cut, Send

if TYPE_CHECKING:
    from realtime_widgets.testing.scripted_server.steps import Action

ASK = {"type": "response.create"}
REFUSED = [Close(1008, "the script was not followed")]


def sent(actions: list[Action]) -> list[str]:
    return [action.event["type"] if isinstance(action, Send) else str(action) for action in actions]


def test_steps_are_played_in_order():
    script = Script([emit("a"), expect("response.create"), emit("b", x=1), emit("c")])
    assert sent(script.connect()) == ["a"]
    assert not script.finished
    actions = script.receive(ASK)
    assert [action.event for action in actions if isinstance(action, Send)] == [
        {"event_id": "event_2", "type": "b", "x": 1},
        {"event_id": "event_3", "type": "c"},
    ]
    assert script.finished
    assert script.received == [ASK]
    assert script.report() == "all 4 steps of the script were played"


def test_what_comes_early_is_matched_in_its_turn():
    script = Script([stall(), expect("one"), emit("a"), expect("two"), emit("b")])
    script.connect()
    assert script.receive({"type": "one"}) == []
    assert script.receive({"type": "two"}) == []
    assert sent(script.resume()) == ["a", "b"]


def test_another_event_is_reported():
    script = Script([expect("session.update"), expect("response.create", response={"tools": []})])
    script.connect()
    script.receive({"type": "session.update"})
    assert script.receive({"type": "response.cancel", "response_id": "resp_1"}) == REFUSED
    assert not script.finished
    assert script.report().splitlines() == [
        "step 2 of 2 of the script was not followed",
        "  expected: response.create {response: {tools: []}}",
        '  came:     response.cancel {response_id: "resp_1"}',
        "  received in all: session.update, response.cancel",
    ]
    assert script.receive(ASK) == []  # what follows changes nothing
    assert "came:     response.cancel" in script.report()


def test_a_differing_field_is_named():
    script = Script([expect("conversation.item.truncate", item_id="item_2", audio_end_ms=500)])
    script.connect()
    script.receive({"type": "conversation.item.truncate", "item_id": "item_2", "audio_end_ms": 480})
    assert "  differs:  audio_end_ms: expected 500, came 480" in script.report()


def test_long_values_are_cut_in_reports():
    script = Script([expect("a")])
    script.connect()
    script.receive({"type": "b", "audio": "A" * 1_000_000})
    assert "(1000002 characters)" in script.report()
    assert len(script.report()) < 400


def test_more_than_the_script_holds_is_reported():
    script = Script([expect("response.create")])
    script.connect()
    assert script.receive(ASK) == []
    assert script.receive(ASK) == REFUSED
    assert "expected: nothing more" in script.report()


def test_sound_is_matched_only_where_it_is_waited_for():
    append = {"type": "input_audio_buffer.append", "audio": ""}
    script = Script([expect("response.create"), expect(append["type"], audio=""), emit("heard")])
    script.connect()
    assert script.receive(append) == []
    script.receive(ASK)
    assert sent(script.receive(append)) == ["heard"]
    assert script.receive(append) == []
    assert script.finished
    assert len(script.received) == 4


def test_any_order():
    steps = [expect_any_order(expect("a", n=1), expect("a", n=2).then(emit("two"))), expect("b"), emit("end")]
    for order in ([1, 2], [2, 1]):
        script = Script(steps)
        script.connect()
        actions = [action for n in order for action in script.receive({"type": "a", "n": n})]
        assert sent(actions) == ["two"]
        assert sent(script.receive({"type": "b"})) == ["end"]
        assert script.finished


def test_any_order_takes_each_once():
    script = Script([expect_any_order(expect("a", n=1), expect("a", n=2))])
    script.connect()
    script.receive({"type": "a", "n": 1})
    assert "expected: in any order: a {n: 2}" in script.report()
    assert script.receive({"type": "a", "n": 1}) == REFUSED
    assert "differs:  n: expected 2, came 1" in script.report()


def test_events_made_of_what_came():
    script = Script(
        [
            expect("a").then(emit("b", copies=[{"of": lambda matched: matched[-1]["n"]}])),
            expect("a"),
            emit("c", all=lambda matched: [event["n"] for event in matched]),
        ]
    )
    script.connect()
    first = script.receive({"type": "a", "n": 1})
    second = script.receive({"type": "a", "n": 2})
    assert [action.event for action in (*first, *second) if isinstance(action, Send)] == [
        {"event_id": "event_1", "type": "b", "copies": [{"of": 1}]},
        {"event_id": "event_2", "type": "c", "all": [1, 2]},
    ]


def test_cut_and_reconnect():
    script = Script([emit("a"), cut(), reconnect(), expect("b"), emit("c"), close(1001, "bye")])
    assert sent(script.connect()) == ["a", str(Cut())]
    assert script.receive({"type": "late"}) == []  # on the dead connection
    assert script.disconnect() == []
    assert not script.finished
    assert "expected: a new connection" in script.report()
    assert script.connect() == []
    assert script.receive({"type": "b"})[1:] == [Close(1001, "bye")]
    assert script.disconnect() == []
    assert script.finished


def test_a_client_that_leaves_or_comes_twice():
    script = Script([expect("a")])
    script.connect()
    script.disconnect()
    assert "came:     the end of the connection" in script.report()
    script = Script([expect("a")])
    script.connect()
    assert script.connect() == REFUSED
    assert "came:     a new connection" in script.report()
    script = Script([expect("a"), reconnect()])
    script.connect()
    script.receive({"type": "a"})
    assert script.disconnect() == []
    script.connect()
    assert script.finished


def test_stalls():
    script = Script([stall(), emit("a"), stall(), emit("b"), stall()])
    assert script.connect() == []
    assert script.stalled
    assert sent(script.resume()) == ["a"]
    assert script.stalled
    assert not script.finished
    assert sent(script.resume()) == ["b"]
    assert script.finished  # the last one lasts for ever
    script = Script([expect("a")])
    script.connect()
    with pytest.raises(RuntimeError, match="not stalled"):
        script.resume()


def test_steps_that_cannot_be():
    with pytest.raises(ValueError, match=r"only reconnect\(\) can follow"):
        Script([cut(), emit("a")])
