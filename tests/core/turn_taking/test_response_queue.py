from __future__ import annotations

import pytest

from realtime_widgets.core.turn_taking.response_queue import REQUEST_KEY, Request, ResponseQueue
from realtime_widgets.protocol import events as ev


def request(name: str) -> Request:
    return Request(name, f"turn of {name}")


def ids(events: list[ev.ClientEvent]) -> list[str]:
    assert all(isinstance(each, ev.ResponseCreate) for each in events)
    return [each.event_id for each in events]


@pytest.fixture
def sequencer() -> ResponseQueue:
    return ResponseQueue()


def test_a_request_goes_out_at_once_and_names_itself(sequencer: ResponseQueue) -> None:
    [create] = sequencer.request(Request("q", "t", {"instructions": "Be brief."}))
    assert isinstance(create, ev.ResponseCreate)
    assert (create.event_id, create.response) == (
        "q",
        {"instructions": "Be brief.", "metadata": {REQUEST_KEY: "q"}},
    )
    assert sequencer.busy


def test_requests_go_one_after_the_other(sequencer: ResponseQueue) -> None:
    assert ids(sequencer.request(request("a"))) == ["a"]
    assert ids(sequencer.request(request("b"))) == []
    assert ids(sequencer.request(request("c"))) == []
    assert sequencer.created("r1", "a") == request("a")
    assert ids(sequencer.done("r1")) == ["b"]
    assert sequencer.created("r2", "b") == request("b")
    assert ids(sequencer.done("r2")) == ["c"]
    sequencer.created("r3", "c")
    assert sequencer.done("r3") == []
    assert not sequencer.busy


@pytest.mark.parametrize("named", [True, False], ids=["error names our event", "error names none"])
def test_a_refusal_because_one_runs_sends_it_once_more_after_that(sequencer: ResponseQueue, named: bool) -> None:
    sequencer.request(request("a"))
    assert sequencer.requeue("a" if named else None) is None
    assert sequencer.user_speaking(False) == []
    assert sequencer.created("auto", "") is None
    assert ids(sequencer.done("auto")) == ["a"]
    assert sequencer.created("r1", "a") == request("a")
    assert sequencer.done("r1") == []


def test_a_refused_request_keeps_its_place(sequencer: ResponseQueue) -> None:
    sequencer.request(request("a"))
    sequencer.request(request("b"))
    sequencer.requeue("a")
    assert ids(sequencer.done("other")) == ["a"]


def test_a_refusal_of_something_else_changes_nothing(sequencer: ResponseQueue) -> None:
    sequencer.request(request("a"))
    sequencer.requeue("somebody else's")
    assert sequencer.refused("somebody else's") is None
    assert sequencer.refused(None) is None
    assert sequencer.created("r1", "a") == request("a")


def test_a_refused_request_is_named_and_forgotten(sequencer: ResponseQueue) -> None:
    sequencer.request(request("a"))
    assert sequencer.refused("a") == request("a")
    assert not sequencer.busy
    assert ids(sequencer.request(request("b"))) == ["b"]


def test_a_person_who_speaks_is_not_talked_over(sequencer: ResponseQueue) -> None:
    sequencer.user_speaking(True)
    assert sequencer.request(request("a")) == []
    assert sequencer.busy
    assert ids(sequencer.user_speaking(False)) == ["a"]


@pytest.mark.parametrize("metadata", ["", "somebody else's"])
def test_a_spoken_answer_in_between_takes_no_request(sequencer: ResponseQueue, metadata: str) -> None:
    sequencer.request(request("a"))
    assert sequencer.created("auto", metadata) is None
    assert sequencer.active_id == "auto"
    assert sequencer.done("auto") == []  # ours is still on its way
    assert sequencer.created("r1", "a") == request("a")


def test_a_server_that_names_no_request_answers_the_one_on_its_way(sequencer: ResponseQueue) -> None:
    sequencer.request(request("a"))
    assert sequencer.created("r1", None) == request("a")
    assert sequencer.created("r2", None) is None


def test_a_dropped_turn_asks_no_more(sequencer: ResponseQueue) -> None:
    sequencer.request(request("a"))
    sequencer.request(request("b"))
    assert sequencer.drop("turn of b")
    assert not sequencer.drop("turn of b")
    sequencer.created("r1", "a")
    assert sequencer.done("r1") == []


def test_the_end_of_another_response_does_not_end_the_running_one(sequencer: ResponseQueue) -> None:
    sequencer.created("r1", "")
    sequencer.request(request("a"))
    assert sequencer.done("r0") == []
    assert ids(sequencer.done("r1")) == ["a"]
