"""Consent for tools that the service calls: one answer a request, and never two responses to it."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets.core.conversation.commands import AskApproval, Command, Send, TurnEnded
from realtime_widgets.core.session import SessionCore
from realtime_widgets.protocol import events as ev
from realtime_widgets.widgets.talk.entries import make_entries
from tests.core import wire
from tests.core.client import QUESTION

if TYPE_CHECKING:
    from realtime_widgets.core.conversation.turns import Turn


def request(item_id: str = "m1", **fields: Any) -> dict[str, Any]:
    return {
        "id": item_id,
        "type": "mcp_approval_request",
        "server_label": "docs",
        "name": "search",
        "arguments": '{"q": "x"}',
        **fields,
    }


def hosted_call(**fields: Any) -> dict[str, Any]:
    call = {"id": "c1", "type": "mcp_call", "server_label": "docs", "name": "search", "arguments": "{}"}
    return {**call, "approval_request_id": "m1", **fields}


def receive(core: SessionCore, *events: ev.AnyServerEvent) -> list[Command]:
    return [command for event in events for command in core.receive(event)]


def sent(commands: list[Command]) -> list[ev.ClientEvent]:
    return [command.event for command in commands if isinstance(command, Send)]


def creates(commands: list[Command]) -> list[str]:
    return [event.event_id for event in sent(commands) if isinstance(event, ev.ResponseCreate)]


def answers(commands: list[Command]) -> list[tuple[str, bool]]:
    items = [event.item for event in sent(commands) if isinstance(event, ev.ItemCreate)]
    return [
        (item["approval_request_id"], item["approve"]) for item in items if item["type"] == "mcp_approval_response"
    ]


def ended(commands: list[Command]) -> list[Turn]:
    return [command.turn for command in commands if isinstance(command, TurnEnded)]


def asking(*ids: str) -> tuple[SessionCore, Turn]:
    """Bring a core to where the response `r1` has asked for consent and still runs."""
    core = SessionCore()
    detection = {"type": "server_vad"}
    core.receive(wire.event("session.created", session={"audio": {"input": {"turn_detection": detection}}}))
    turn, commands = core.ask(QUESTION)
    receive(core, wire.created("r1", {"request": creates(commands)[0]}))
    for item_id in ids or ("m1",):
        receive(core, wire.output_added("r1", request(item_id)), wire.added(request(item_id)))
    return core, turn


def echoed(commands: list[Command]) -> list[ev.AnyServerEvent]:
    """What the service sends for the items it takes."""
    items = [event.item for event in sent(commands) if isinstance(event, ev.ItemCreate)]
    return [event for item in items for event in (wire.added(item), wire.done(item))]


def closing(*ids: str) -> ev.AnyServerEvent:
    return wire.finished("r1", *(request(item_id) for item_id in ids or ("m1",)))


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_a_request_is_asked_once_in_whatever_way_it_is_told(order: tuple[int, ...]) -> None:
    core, _ = SessionCore(), None
    core.receive(wire.created("r1"))
    ways = [
        wire.output_added("r1", request()),
        wire.added(request()),
        wire.done(request()),
        wire.output_done("r1", request()),
    ]
    commands = receive(core, *(ways[index] for index in order), closing())
    [asked] = [command.request for command in commands if isinstance(command, AskApproval)]
    assert (asked.id, asked.response_id, asked.server_label, asked.name) == ("m1", "r1", "docs", "search")


def test_a_request_told_by_nothing_but_the_responses_end_is_asked() -> None:
    core = SessionCore()
    commands = receive(core, wire.created("r1"), closing())
    assert [command.request.id for command in commands if isinstance(command, AskApproval)] == ["m1"]


def test_an_answer_within_the_response_needs_no_other() -> None:
    core, turn = asking()
    commands = core.decide_approval("m1", approve=True)
    assert (answers(commands), creates(commands)) == ([("m1", True)], [])
    said = wire.message("a1", "assistant", {"type": "output_text", "text": "Found."})
    call = hosted_call(output="found")
    commands = receive(
        core,
        wire.output_added("r1", call, 1),
        wire.output_done("r1", call, 1),
        wire.output_done("r1", said, 2),
        wire.finished("r1", request(), call, said),
    )
    assert creates(commands) == []
    assert ended(commands) == [turn]


@pytest.mark.parametrize("approve", [True, False])
def test_an_answer_after_the_response_asks_for_the_next(approve: bool) -> None:
    core, turn = asking()
    assert receive(core, closing()) == []
    assert core.activity == "thinking"
    commands = core.decide_approval("m1", approve, "" if approve else "not now")
    assert answers(commands) == [("m1", approve)]
    [event_id] = creates(commands)
    commands = receive(core, wire.created("r2", {"request": event_id}), wire.finished("r2"))
    assert creates(commands) == []
    assert ended(commands) == [turn]
    assert turn.response_ids == ["r1", "r2"]


def test_an_answer_that_crosses_the_responses_end_asks_for_the_next() -> None:
    core, _ = asking()
    core.decide_approval("m1", approve=True)
    assert len(creates(receive(core, closing()))) == 1


def test_an_answer_that_the_service_repeats_before_the_responses_end_asks_for_the_next() -> None:
    core, _ = asking()
    receive(core, *echoed(core.decide_approval("m1", approve=True)))
    assert len(creates(receive(core, closing()))) == 1


def test_a_reason_goes_with_a_refusal() -> None:
    core, _ = asking()
    [event] = sent(core.decide_approval("m1", approve=False, reason="too dear"))
    assert isinstance(event, ev.ItemCreate)
    assert event.item["reason"] == "too dear"
    assert event.item["id"].startswith("rw_approval_")


def test_all_requests_of_a_response_are_answered_before_it_goes_on() -> None:
    core, _ = asking("m1", "m2")
    receive(core, closing("m1", "m2"))
    assert creates(core.decide_approval("m2", approve=True)) == []
    assert len(creates(core.decide_approval("m1", approve=False))) == 1


def test_a_second_answer_and_an_unknown_request_change_nothing() -> None:
    core, _ = asking()
    receive(core, closing())
    core.decide_approval("m1", approve=False)
    assert core.decide_approval("m1", approve=True) == []
    assert core.decide_approval("m9", approve=True) == []


#: What happens where the service goes on by itself: its response, then the refusal of ours, or the reverse.
def refusal(event_id: str) -> ev.AnyServerEvent:
    return wire.error("conversation_already_has_active_response", event_id)


@pytest.mark.parametrize("refused_first", [True, False])
def test_a_service_that_goes_on_by_itself_is_not_asked_again(refused_first: bool) -> None:
    core, turn = asking()
    receive(core, closing())
    [event_id] = creates(core.decide_approval("m1", approve=True))
    both = [wire.created("r2"), refusal(event_id)]
    commands = receive(core, *(reversed(both) if refused_first else both))
    call = hosted_call(output="found")
    commands += receive(core, wire.output_done("r2", call), wire.finished("r2", call))
    assert creates(commands) == []
    assert ended(commands) == [turn]
    assert turn.response_ids == ["r1", "r2"]
    assert core.quiet()


def test_an_answer_to_what_is_said_meanwhile_takes_the_consent_in() -> None:
    core, turn = asking()
    receive(core, closing(), wire.speech_started("u1"))
    commands = core.decide_approval("m1", approve=True)
    assert (answers(commands), creates(commands)) == ([("m1", True)], []), "nobody is spoken over"
    [event_id] = creates(receive(core, wire.committed("u1")))
    commands = receive(core, wire.created("r2"), refusal(event_id), wire.finished("r2"))
    assert creates(commands) == []
    assert turn in ended(commands)
    assert core.quiet()


def test_what_a_lost_connection_asked_is_asked_anew_and_never_answered() -> None:
    core, turn = asking()
    receive(core, closing())
    assert sent(core.lost()) == []
    assert core.decide_approval("m1", approve=True) == []
    commands = core.resume()
    assert (answers(commands), len(creates(commands))) == ([], 1)
    assert all("mcp_" not in str(event) for event in sent(commands))
    assert any("search may run" in notice.text for notice in core.notices)
    core.receive(wire.event("session.created", session={}))
    commands = receive(core, wire.created("r2", {"request": creates(commands)[0]}), wire.finished("r2"))
    assert ended(commands) == [turn]


def test_an_answer_given_before_the_loss_is_not_given_again() -> None:
    core, _ = asking()
    receive(core, closing())
    core.decide_approval("m1", approve=True)
    core.lost()
    commands = core.resume()
    assert (answers(commands), len(creates(commands))) == ([], 1)


def test_a_response_cut_by_the_loss_is_asked_anew_once() -> None:
    core, turn = asking()
    core.lost()
    assert len(creates(core.resume())) == 1
    assert not turn.done


def test_the_card_shows_the_question_then_the_call() -> None:
    core, _ = asking()
    receive(core, closing())
    core.approvals.requests["m1"].limit_s = 60

    def card() -> Any:
        [entry] = [entry for entry in make_entries(core, {}, closed=False) if entry.kind == "tool"]
        return entry.tool

    assert (card().name, card().state, card().call_id) == ("docs.search", "approval", "m1")
    assert card().limit_s == 60
    receive(core, *echoed(core.decide_approval("m1", approve=True)))
    assert (card().state, card().call_id) == ("done", "")
    running = hosted_call(arguments="")
    arguments = {"response_id": "r2", "item_id": "c1", "output_index": 0}
    receive(
        core,
        wire.created("r2"),
        wire.output_added("r2", running),
        wire.event("response.mcp_call_arguments.delta", delta='{"q"', **arguments),
        wire.event("response.mcp_call_arguments.done", arguments='{"q": 1}', **arguments),
        wire.event("response.mcp_call.in_progress", item_id="c1", output_index=0),
    )
    assert (card().state, card().arguments) == ("running", '{\n  "q": 1\n}')
    receive(core, wire.output_done("r2", hosted_call(output='{"found": 3}')))
    assert (card().state, card().result) == ("done", '{\n  "found": 3\n}')


def test_the_card_shows_a_refusal_and_a_failure() -> None:
    core, _ = asking()
    receive(
        core, *echoed(core.decide_approval("m1", approve=False, reason="nobody allowed this call within 60 s"))
    )
    [entry] = [entry for entry in make_entries(core, {}, closed=False) if entry.kind == "tool"]
    assert (entry.tool.state, entry.tool.error) == ("error", "nobody allowed this call within 60 s")
    failed = hosted_call(error={"type": "http_error", "code": 502, "message": "Bad gateway"})
    receive(core, wire.event("response.mcp_call.failed", item_id="c1", output_index=1), wire.done(failed))
    [entry] = [entry for entry in make_entries(core, {}, closed=False) if entry.kind == "tool"]
    assert (entry.tool.state, entry.tool.error) == ("error", "Bad gateway")


@pytest.mark.parametrize(
    ("events", "kind", "text"),
    [
        (["in_progress"], "notice", "The service asks docs for its tools …"),
        (["in_progress", "completed", "done"], "notice", "The model can call tools of docs: search, read."),
        (["in_progress", "failed"], "error", "The service could not list the tools of docs: the service does not"),
    ],
)
def test_the_listing_of_a_servers_tools_is_told(events: list[str], kind: str, text: str) -> None:
    core = SessionCore()
    item = {"id": "l1", "type": "mcp_list_tools", "server_label": "docs"}
    receive(core, wire.added(item))
    for event in events:
        told = {**item, "tools": [{"name": "search"}, {"name": "read"}]}
        one = wire.done(told) if event == "done" else wire.event(f"mcp_list_tools.{event}", item_id="l1")
        receive(core, one)
    [entry] = make_entries(core, {}, closed=False)
    assert entry.kind == kind
    assert entry.text.startswith(text)
