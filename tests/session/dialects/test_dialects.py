"""Whole conversations with servers that deviate from the protocol, each behind a real WebSocket."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from websockets.asyncio.client import connect as dial
from websockets.asyncio.server import ServerConnection, serve

from realtime_widgets.errors import ConfigurationError, ResponseFailedError
from realtime_widgets.protocol import events as ev
from realtime_widgets.testing import Call, ScriptedServer, Talk, emit, expect, tone
from realtime_widgets.widgets.talk.entries import make_entries
from tests.session.dialects.other_shapes import Server2024, ServerXai, speaking
from tests.session.watching import HEARD, SOUND, hears

if TYPE_CHECKING:
    from tests.conftest import Open

SHAPES = [Server2024, ServerXai]


def three_turns() -> list[Any]:
    talk = Talk()
    call = Call("double", {"x": 21}, output="42")
    return [
        *talk.start(),
        *talk.text_turn("Hi", "Hello there!"),
        HEARD,
        *talk.spoken_turn("How late?", "Noon.", tone(60)),
        *talk.function_call_turn("Twice 21?", [call], "That is 42.", preamble="One moment.", spoken=True),
    ]


@pytest.mark.parametrize("shapes", SHAPES)
async def test_a_written_a_spoken_and_a_tool_turn(connect: Open, shapes: Any) -> None:
    received: list[Any] = []
    async with ScriptedServer(three_turns()) as server, speaking(shapes(), server, received) as url:
        session = connect(url, voice="marin")

        @session.tool
        def double(x: int) -> int:
            """Double it."""
            return 2 * x

        hello = await session.ask("Hi")
        assert (hello.text, hello.question) == ("Hello there!", "Hi")
        [noon] = await session.talk(SOUND, rate=24000)
        assert (noon.text, noon.question, noon.pcm) == ("Noon.", "How late?", tone(60))
        twice = await session.ask("Twice 21?")
        assert twice.text == "One moment. That is 42."
        assert [call.output for call in twice.tool_calls] == ["42"]
        assert session.transcript.splitlines() == [
            "user: Hi",
            "assistant: Hello there!",
            "user: How late?",
            "assistant: Noon.",
            "user: Twice 21?",
            "assistant: One moment.",
            "assistant: That is 42.",
        ]
        assert {line.state for line in session.conversation} == {"completed"}
        await session.close()
        assert {entry.state for entry in make_entries(session.runtime.core, {}, closed=True)} == {"completed"}
        [update] = [event for event in received if event["type"] == "session.update"]
        assert update["session"]["voice"] == "marin"
        assert update["session"]["turn_detection"] == {"type": "server_vad"}
        known = set(ev.SERVER_EVENTS)
        came = {record.event["type"] for record in session.journal if record.sender == "server"}
        assert came - known <= {"ping"}
        assert "ek_secret" not in json.dumps([record.event for record in session.journal])


async def test_push_to_talk_stays_push_to_talk(connect: Open) -> None:
    talk = Talk()
    steps = [
        *talk.start(),
        expect("input_audio_buffer.clear"),
        *talk.push_to_talk_turn("How late?", "Noon.", tone(60)),
    ]
    for shapes in SHAPES:
        async with ScriptedServer(steps) as server, speaking(shapes(), server, []) as url:
            [reply] = await connect(url, turn_detection="push_to_talk").talk(SOUND, rate=24000)
            assert (reply.text, reply.question) == ("Noon.", "How late?")


async def test_an_interrupted_answer_is_truncated_only_where_the_server_can(connect: Open) -> None:
    for truncates in (True, False):
        talk = Talk()
        turn = talk.barge_in_turn("Tell me", "A long story", "Stop", "Fine.", truncate=truncates)
        steps = [*talk.start(), HEARD, *turn]
        async with ScriptedServer(steps) as server, speaking(Server2024(), server, []) as url:
            session = connect(url, capabilities={"truncate": truncates})
            talking = asyncio.create_task(session.talk(SOUND, rate=24000))
            await server.stalled()
            await hears(session, 4800)
            server.resume()
            await server.finished()
            replies = await talking
            assert replies[0].interrupted
        assert bool(server.received_of("conversation.item.truncate")) is truncates


async def test_a_refused_question_is_told_to_who_asked_though_the_error_names_nobody(connect: Open) -> None:
    refused = emit(
        "error", error={"type": "invalid_request_error", "message": "too long", "param": "item.content"}
    )
    steps = [*Talk().start(), expect("conversation.item.create").then(refused), expect("response.create")]
    async with ScriptedServer(steps) as server, speaking(ServerXai(), server, []) as url:
        session = connect(url, capabilities={"event_id_echo": False})
        with pytest.raises(ResponseFailedError, match="too long"):
            await session.ask("Hi")


async def test_no_metadata_for_a_server_without(connect: Open) -> None:
    talk = Talk()
    async with ScriptedServer([*talk.start(), *talk.text_turn("Hi", "Hello!")]) as server:
        await connect(server, capabilities={"metadata_echo": False}).ask("Hi")
        assert all("metadata" not in event.get("response", {}) for event in server.received_of("response.create"))


async def test_who_asks_for_2024_where_it_is_gone_gets_the_protocol_of_today(connect: Open) -> None:
    """As the service does it: the upgrade succeeds, one error, close code 4000."""
    asked: list[str | None] = []
    talk = Talk()
    async with ScriptedServer([*talk.start(), *talk.text_turn("Hi", "Hello!")]) as server:

        async def refuse(connection: ServerConnection) -> None:
            assert connection.request
            asked.append(connection.request.headers.get("OpenAI-Beta"))
            if asked[-1]:
                error = {"type": "invalid_request_error", "code": "beta_api_shape_disabled", "message": "gone"}
                await connection.send(json.dumps({"type": "error", "event_id": "e1", "error": error}))
                await connection.close(4000, "invalid_request_error.beta_api_shape_disabled")
                return
            await pass_on(connection, server.url)

        async with serve(refuse, "127.0.0.1", 0, compression=None) as outer:
            port = next(iter(outer.sockets)).getsockname()[1]
            reply = await connect(f"http://127.0.0.1:{port}/v1", dialect="2024").ask("Hi")
            assert reply.text == "Hello!"
    assert asked == ["realtime=v1", None]


async def pass_on(connection: ServerConnection, url: str) -> None:
    async with dial(url, compression=None, proxy=None) as inner:

        async def down() -> None:
            async for frame in inner:
                await connection.send(frame)

        task = asyncio.create_task(down())
        async for frame in connection:
            await inner.send(frame)
        task.cancel()


async def test_what_an_endpoint_cannot_is_said_before_it_is_asked(connect: Open) -> None:
    with pytest.raises(ConfigurationError, match="semantic_vad") as caught:
        connect("https://api.x.ai/v1", api_key="xai-k", turn_detection="semantic_vad")
    assert "server_vad" in str(caught.value)
    session = connect(
        "https://api.x.ai/v1", api_key="xai-k", turn_detection="semantic_vad", capabilities={"semantic_vad": True}
    )
    assert session.state == "idle"
    with pytest.raises(ConfigurationError, match="semantic_vad"):
        connect("http://127.0.0.1:1/v1", capabilities={"semantics": True})


async def test_what_is_asked_later_is_held_against_the_endpoint_too(connect: Open) -> None:
    async with ScriptedServer(Talk().start()) as server:
        session = connect(server, capabilities={"semantic_vad": False, "metadata_echo": False})
        await session.start()
        with pytest.raises(ConfigurationError, match="semantic_vad"):
            await session.update(turn_detection="semantic_vad")
        with pytest.raises(ConfigurationError, match="out-of-band responses"):
            await session.ask("Sum up", aside=True)


async def test_a_server_that_never_tells_of_its_items_is_understood(connect: Open) -> None:
    def ended(response_id: str) -> Any:
        return emit("response.done", response={"id": response_id, "status": "completed", "output": []})

    def begun(response_id: str) -> Any:
        def response(matched: Any) -> dict[str, Any]:
            metadata = matched[-1]["response"].get("metadata")
            return {"id": response_id, "status": "in_progress", "output": [], "metadata": metadata}

        return emit("response.created", response=response)

    place = {"output_index": 0, "content_index": 0}
    call = {"call_id": "c1", "name": "double", "arguments": '{"x": 21}', "output_index": 0}
    answer = emit(
        "response.output_audio_transcript.done", item_id="a1", response_id="r2", transcript="42.", **place
    )
    steps = [
        *Talk().start(),
        *(expect("conversation.item.create"), expect("response.create"), begun("r1")),
        emit("response.function_call_arguments.done", item_id="f1", response_id="r1", **call),
        ended("r1"),
        expect("conversation.item.create", item={"type": "function_call_output", "call_id": "c1", "output": "42"}),
        *(expect("response.create"), begun("r2"), answer, ended("r2")),
    ]
    async with ScriptedServer(steps) as server:
        session = connect(server)

        @session.tool
        def double(x: int) -> int:
            """Double it."""
            return 2 * x

        reply = await session.ask("Twice 21?")
        assert (reply.text, [each.output for each in reply.tool_calls]) == ("42.", ["42"])
        assert session.conversation[-1].state == "completed"
