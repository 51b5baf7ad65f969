"""A session core driven by hand: what is given to it, and what the commands that it returns say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realtime_widgets.core.conversation.commands import Command, RunTool, Send, TurnEnded
from realtime_widgets.core.session import SessionCore
from tests.core import wire
from tests.core.client import QUESTION

if TYPE_CHECKING:
    from realtime_widgets.core.conversation.turns import Turn
    from realtime_widgets.protocol import events as ev

MS = 24  # samples


def sent(commands: list[Command]) -> list[ev.ClientEvent]:
    return [command.event for command in commands if isinstance(command, Send)]


def types(commands: list[Command]) -> list[str]:
    return [event.type for event in sent(commands)]


def ended(commands: list[Command]) -> list[Turn]:
    return [command.turn for command in commands if isinstance(command, TurnEnded)]


def calls(commands: list[Command]) -> list[str]:
    return [command.call.call_id for command in commands if isinstance(command, RunTool)]


def receive(core: SessionCore, *events: ev.AnyServerEvent) -> list[Command]:
    return [command for event in events for command in core.receive(event)]


def core_with(detection: dict[str, Any] | None) -> SessionCore:
    core = SessionCore()
    core.receive(wire.event("session.created", session={"audio": {"input": {"turn_detection": detection}}}))
    return core


def answering(core: SessionCore, *, seconds: float = 1.0, response: str = "r1", item: str = "a1") -> Turn:
    """Ask, and let the answer begin with some sound."""
    turn, commands = core.ask(QUESTION)
    request = sent(commands)[-1].event_id
    receive(
        core,
        wire.created(response, {"request": request}),
        wire.output_added(response, wire.message(item)),
        wire.words(item, "Well", response),
        wire.audio(item, int(seconds * 24000), response),
    )
    return turn


def calling(core: SessionCore, *call_ids: str) -> tuple[Turn, list[Command]]:
    """Ask, and let the answer be nothing but calls."""
    turn, commands = core.ask(QUESTION)
    items = [wire.call(f"f_{call_id}", call_id, status="completed") for call_id in call_ids]
    out = receive(core, wire.created("r1", {"request": sent(commands)[-1].event_id}))
    for index, item in enumerate(items):
        out += receive(core, wire.output_added("r1", item, index), wire.output_done("r1", item, index))
    return turn, out + receive(core, wire.finished("r1", *items))
