"""The calls of the model: each runs once, is answered once, and its response is followed up once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_widgets.core.conversation.commands import RunTool
from tests.core import wire
from tests.core.client import QUESTION
from tests.core.driving import calling, calls, ended, receive, sent, types

if TYPE_CHECKING:
    from realtime_widgets.core.session import SessionCore


def test_all_calls_of_a_response_are_answered_before_it_is_followed_up(core: SessionCore) -> None:
    turn, commands = calling(core, "c1", "c2")
    assert calls(commands) == ["c1", "c2"]
    assert core.activity == "thinking"
    first = core.tool_finished("c2", '"two"')
    assert types(first) == ["conversation.item.create"]
    second = core.tool_finished("c1", '"one"')
    assert types(second) == ["conversation.item.create", "response.create"]
    assert sent(second)[0].item == {"type": "function_call_output", "call_id": "c1", "output": '"one"'}  # type: ignore[attr-defined]
    assert core.tool_finished("c1", '"again"') == []
    assert not turn.done


def test_a_call_that_ends_before_its_response_waits_for_it(core: SessionCore) -> None:
    turn, commands = core.ask(QUESTION)
    item = wire.call("f1", "c1", status="completed")
    receive(core, wire.created("r1", {"request": sent(commands)[-1].event_id}), wire.output_done("r1", item))
    assert types(core.tool_finished("c1", "1")) == ["conversation.item.create"]
    assert types(receive(core, wire.finished("r1", item))) == ["response.create"]
    assert not turn.done


def test_calls_only_named_in_the_end_of_a_response_run(core: SessionCore) -> None:
    _, commands = core.ask(QUESTION)
    receive(core, wire.created("r1", {"request": sent(commands)[-1].event_id}))
    item = wire.call("f1", "c1", arguments='{"x": 1}', status="completed")
    [run] = receive(core, wire.finished("r1", item))
    assert isinstance(run, RunTool)
    assert (run.call.name, run.call.arguments) == ("double", '{"x": 1}')


def test_half_a_call_does_not_run(core: SessionCore) -> None:
    turn, commands = core.ask(QUESTION)
    item = wire.call("f1", "c1", arguments='{"x', status="incomplete")
    out = receive(
        core,
        wire.created("r1", {"request": sent(commands)[-1].event_id}),
        wire.output_done("r1", item),
        wire.finished("r1", item, status="cancelled"),
    )
    assert calls(out) == []
    assert ended(out) == [turn]
    assert turn.interrupted


def test_a_call_without_ids_is_left_out(core: SessionCore) -> None:
    receive(core, wire.created("r1"))
    broken = {"type": "function_call", "call_id": "c1", "status": "completed"}
    assert receive(core, wire.output_done("r1", broken), wire.output_done("r1", {**broken, "call_id": None})) == []
