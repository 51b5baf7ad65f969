from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, ConnectionClosedError

from realtime_widgets import RealtimeSession
from realtime_widgets.testing import (
    ManualClock,
    ScriptedServer,
    ScriptNotFollowedError,
    Talk,
    close,
    cut,
    delay,
    emit,
    expect,
    reconnect,
    stall,
)


async def send(socket: ClientConnection, type: str, **fields: Any) -> None:
    await socket.send(json.dumps({"type": type, **fields}))


async def receive(socket: ClientConnection) -> str:
    event = json.loads(await socket.recv())
    return str(event["type"])


async def test_a_script_over_a_real_socket():
    steps = [emit("hello"), expect("ask", n=1), emit("answer")]
    async with ScriptedServer(steps) as server, connect(f"{server.url}?model=m") as socket:
        assert await receive(socket) == "hello"
        await send(socket, "ask", n=1)
        assert await receive(socket) == "answer"
        await server.finished()
    assert server.received == [{"type": "ask", "n": 1}]
    assert server.received_of("ask") == server.received
    assert server.received_of("other") == []
    assert server.paths == ["/v1/realtime?model=m"]


async def test_a_whole_talk():
    talk = Talk()
    steps = [*talk.start(), *talk.text_turn("Hi", "Hello!")]
    async with ScriptedServer(steps) as server, connect(server.url) as socket:
        await send(socket, "session.update", session={"type": "realtime", "voice": "x"})
        content = [{"type": "input_text", "text": "Hi"}]
        await send(
            socket, "conversation.item.create", item={"type": "message", "role": "user", "content": content}
        )
        await send(socket, "response.create")
        types = [await receive(socket) for _ in range(15)]
    assert types[:3] == ["session.created", "session.updated", "conversation.item.added"]
    assert types[-2:] == ["response.done", "rate_limits.updated"]


async def test_another_event_ends_the_connection_and_the_block():
    with pytest.raises(
        ScriptNotFollowedError, match=r"(?s)expected: ask {n: 1}.*came:     ask {n: 2}.*differs:  n"
    ):
        async with ScriptedServer([expect("ask", n=1)]) as server, connect(server.url) as socket:
            await send(socket, "ask", n=2)
            with pytest.raises(ConnectionClosed, match="1008"):
                await socket.recv()


async def test_a_failing_client_is_told_what_the_script_says():
    with pytest.raises(ConnectionClosed) as caught:
        async with ScriptedServer([expect("ask")]) as server, connect(server.url) as socket:
            await send(socket, "other")
            await socket.recv()
    assert "expected: ask" in "".join(caught.value.__notes__)


async def test_a_client_that_leaves_too_early():
    with pytest.raises(ScriptNotFollowedError, match="came:     the end of the connection"):
        async with ScriptedServer([expect("ask")]) as server, connect(server.url):
            pass


async def test_a_client_that_never_comes():
    with pytest.raises(ScriptNotFollowedError, match=r"came:     nothing yet.*\n.*\n  waited:   0\.01 s"):
        async with ScriptedServer([expect("ask")], patience=0.01):
            pass


@pytest.mark.parametrize("frame", ["no json", "[1]", '{"kind": "no type"}', b"\x00\x01"])
async def test_frames_that_are_no_events(frame: str | bytes):
    with pytest.raises(ScriptNotFollowedError, match="a frame that is not a JSON object with a type"):
        async with ScriptedServer([expect("ask")]) as server, connect(server.url) as socket:
            await socket.send(frame)
            await server.finished()


async def test_a_cut_has_no_handshake_and_the_client_may_come_back():
    steps = [emit("one"), cut(), reconnect(), expect("again"), emit("two"), close(1001, "maximum duration")]
    async with ScriptedServer(steps) as server:
        async with connect(server.url) as socket:
            assert await receive(socket) == "one"
            with pytest.raises(ConnectionClosedError) as lost:
                await socket.recv()
            assert lost.value.rcvd is None
        async with connect(server.url) as socket:
            await send(socket, "again")
            assert await receive(socket) == "two"
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1001, "maximum duration")
    assert len(server.paths) == 2


async def test_a_stall_waits_for_the_test():
    steps = [emit("one"), stall(), emit("two"), stall()]
    async with ScriptedServer(steps) as server, connect(server.url) as socket:
        await server.stalled()
        assert await receive(socket) == "one"
        silent = asyncio.create_task(receive(socket))
        await send(socket, "input_audio_buffer.append", audio="")
        server.resume()
        assert await silent == "two"


async def test_a_step_that_fails_fails_the_test():
    steps = [expect("ask"), emit("answer", n=lambda matched: 1 / 0)]
    with pytest.raises(ZeroDivisionError):
        async with ScriptedServer(steps) as server, connect(server.url) as socket:
            await send(socket, "ask")
            await server.finished()
    with pytest.raises(TypeError, match="JSON"):
        async with ScriptedServer([emit("answer", n=object())]) as server, connect(server.url):
            await server.finished()


async def test_large_frames():
    sound = "A" * 15 * 2**20
    steps = [expect("input_audio_buffer.append", audio=sound)]
    async with ScriptedServer(steps) as server, connect(server.url) as socket:
        await send(socket, "input_audio_buffer.append", audio=sound)
        await server.finished()


async def test_a_delay_of_the_server_ends_with_the_clock() -> None:
    clock, talk = ManualClock(), Talk()
    asked, create, *answer = talk.text_turn("Hi", "Hello!")
    steps = [*talk.start(), asked, create, delay(3.0), *answer]
    async with ScriptedServer(steps, clock=clock) as server:
        session = RealtimeSession(endpoint=server.url, clock=clock)
        async with session:
            session.say("Hi")
            await server.delayed()
            await clock.advance(2.9)
            assert "Hello" not in session.transcript
            await clock.advance(0.1)
            await server.finished()
