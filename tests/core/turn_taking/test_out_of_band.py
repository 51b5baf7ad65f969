"""Questions beside the conversation."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets.core.conversation.commands import Send, TurnEnded
from realtime_widgets.core.session import SessionCore
from realtime_widgets.errors import ConfigurationError, ResponseFailedError
from realtime_widgets.protocol import events as ev
from realtime_widgets.testing import ScriptedServer, Talk, expect, stall
from realtime_widgets.testing.scripted_server import shapes
from realtime_widgets.testing.scripted_server.steps import Emit
from tests.core import wire
from tests.core.client import QUESTION

if TYPE_CHECKING:
    from tests.conftest import Open


def answer(text: str, status: str = "completed", **details: Any) -> list[Any]:
    """An out-of-band response to the last request."""

    def side(status: str, *output: Any, **fields: Any) -> Any:
        return lambda matched: shapes.response(
            "side",
            status,
            output,
            conversation_id=None,
            metadata=matched[-1]["response"]["metadata"],
            **fields,
        )

    item = shapes.message("side_item", "assistant", {"type": "output_text", "text": text}, status="completed")
    done = {"status_details": details} if details else {}
    events = [
        shapes.response_created(side("in_progress")),
        shapes.output_item_added("side", shapes.message("side_item")),
        shapes.text_delta(shapes.place("side", "side_item"), text),
        shapes.output_item_done("side", item),
        shapes.response_done(side(status, item, **done)),
    ]
    return [Emit(event) for event in events]


async def test_an_aside_knows_the_conversation_and_leaves_no_trace_in_it(connect: Open) -> None:
    talk = Talk()
    aside = expect(
        "response.create",
        response={"conversation": "none", "output_modalities": ["text"], "tool_choice": "none"},
    )
    steps = [*talk.start(), *talk.text_turn("Hi", "Hello"), aside, *answer("greeting")]
    async with ScriptedServer([*steps, *talk.text_turn("And?", "Yes")]) as server:
        session = connect(server)
        await session.ask("Hi")
        reply = await session.ask("Topic in one word?", aside=True, metadata={"purpose": "topic"})
        assert (reply.text, reply.question, reply.tool_calls) == ("greeting", "Topic in one word?", [])
        assert (await session.ask("And?")).text == "Yes"
        assert session.transcript == "user: Hi\nassistant: Hello\nuser: And?\nassistant: Yes"
        assert [line.text for line in session.conversation] == ["Hi", "Hello", "And?", "Yes"]
        request = server.received_of("response.create")[1]["response"]
        assert request["metadata"]["purpose"] == "topic"
        *references, question = request["input"]
        assert [reference["type"] for reference in references] == ["item_reference"] * 2
        assert question["content"][0]["text"] == "Topic in one word?"


async def test_an_aside_runs_beside_the_answer(connect: Open) -> None:
    talk = Talk()
    turn = talk.text_turn("Tell me a story", "Once upon a time")
    middle = next(index for index, step in enumerate(turn) if "delta" in str(step))
    steps = [*turn[:middle], stall(), expect("response.create"), *answer("a story"), *turn[middle:]]
    async with ScriptedServer([*talk.start(), *steps]) as server:
        session = connect(server)
        asking = asyncio.create_task(session.ask("Tell me a story"))
        await server.stalled()
        server.resume()
        reply = await session.ask("What is this?", aside=True, context=False, instructions="Be brief.")
        assert reply.text == "a story"
        assert (await asking).text == "Once upon a time"
        request = server.received_of("response.create")[1]["response"]
        assert len(request["input"]) == 1
        assert request["instructions"] == "Be brief."


async def test_an_aside_that_fails_raises_and_one_that_cannot_be_is_refused(connect: Open) -> None:
    error = {"code": "server_error", "message": "No."}
    failing = answer("", "failed", type="failed", error=error)
    async with ScriptedServer([*Talk().start(), expect("response.create"), *failing]) as server:
        session = connect(server)
        with pytest.raises(ResponseFailedError, match="No"):
            await session.ask("Well?", aside=True)
        for wrong in ({"spoken": True}, {"context": False}, {"metadata": {}}):
            with pytest.raises(ConfigurationError, match="aside=True"):
                await session.ask("Well?", **wrong)  # type: ignore[arg-type]
        for metadata in ({"request": "mine"}, {"k" * 65: "v"}, {"k": 3}, {str(n): "" for n in range(16)}):
            with pytest.raises(ConfigurationError, match="metadata"):
                await session.ask("Well?", aside=True, metadata=metadata)  # type: ignore[arg-type]
        with pytest.raises(ConfigurationError, match="by text"):
            await session.ask(audio=b"", aside=True)


def test_a_spoken_aside_is_not_played() -> None:
    core = SessionCore()
    turn, [request] = core.ask_aside(QUESTION, settings={"output_modalities": ["audio"]})
    assert isinstance(request, Send)
    # A server that does not say that the response stands outside the conversation.
    core.receive(wire.created("r1", {"request": request.event.event_id}))
    core.receive(wire.output_added("r1", wire.message("a1")))
    assert core.receive(wire.audio("a1", 240)) == []
    assert core.activity == "listening"
    assert core.receive(wire.finished("r1", wire.message("a1"))) == [TurnEnded(turn)]
    assert len(turn.audio) == 480
    assert core.conversation.order == []


def test_a_refused_aside_ends_its_turn_only() -> None:
    core = SessionCore()
    other, _ = core.ask(QUESTION)
    turn, [request] = core.ask_aside(QUESTION)
    assert isinstance(request, Send)
    assert isinstance(request.event, ev.ResponseCreate)
    assert core.receive(wire.error("invalid_value", request.event.event_id, "no")) == [TurnEnded(turn)]
    assert (turn.error, other.done) == ("no", False)
