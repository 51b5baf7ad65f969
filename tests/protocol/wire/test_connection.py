"""What a server answers to a session that connects, and frames that make no sense."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from realtime_widgets.errors import ConnectionFailedError, SessionClosedError
from realtime_widgets.testing import ScriptedServer, Talk, close, emit
from tests.session.watching import notices

if TYPE_CHECKING:
    from tests.conftest import Open


async def test_a_bad_key_is_told_without_the_key(connect: Open) -> None:
    from http import HTTPStatus

    from websockets.asyncio.server import serve

    async def never(connection: object) -> None:
        raise AssertionError

    def refuse(connection: object, request: object) -> object:
        return connection.respond(HTTPStatus.UNAUTHORIZED, "bad key sk-secret\n")  # type: ignore[attr-defined]

    async with serve(never, "127.0.0.1", 0, process_request=refuse) as server:  # type: ignore[arg-type]
        port = server.sockets[0].getsockname()[1]
        session = connect(f"http://127.0.0.1:{port}/v1", api_key="sk-secret")
        with pytest.raises(ConnectionFailedError, match="API key is wrong") as caught:
            await session.ask("Hi")
    assert session.state == "closed"
    shown = [str(caught.value), repr(session), *notices(session)]
    assert not any("sk-secret" in text for text in shown)
    with pytest.raises(SessionClosedError, match="API key"):
        await session.ask("Hi again")


async def test_an_endpoint_that_is_not_there(connect: Open) -> None:
    import socket

    with socket.socket() as taken:  # bound and not listening: refused
        taken.bind(("127.0.0.1", 0))
        session = connect(f"http://127.0.0.1:{taken.getsockname()[1]}/v1")
        with pytest.raises(ConnectionFailedError, match="cannot be reached"):
            await session.start()
    assert session.state == "closed"


async def test_an_endpoint_that_does_not_speak_websocket(connect: Open) -> None:
    async def other(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(other, "127.0.0.1", 0)
    async with server:
        session = connect(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1")
        with pytest.raises(ConnectionFailedError, match="does not speak WebSocket"):
            await session.start()


async def test_no_proxy_stands_before_this_machine(connect: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    async with ScriptedServer(Talk().start()) as server:
        await connect(server).start()


async def test_frames_that_make_no_sense_are_told_and_left_out(connect: Open) -> None:
    from websockets.asyncio.server import ServerConnection, serve

    async def babble(connection: ServerConnection) -> None:
        await connection.recv()
        frames: list[str | bytes] = [
            "no json",
            "[]",
            b"\xff",
            '{"type": []}',
            '{"type": "response.done"}',
            '{"type": "error"}',
        ]
        frames += ['{"type": "response.created", "response": {"id": ["x"]}}', '{"type": "later.invented"}']
        for frame in [*frames, '{"type": "session.updated", "session": {"audio": 3}}']:
            await connection.send(frame)
        await connection.wait_closed()

    async with serve(babble, "127.0.0.1", 0) as server:
        session = connect(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1")
        await session.start()
        assert session.state != "closed"
        assert sum("left out" in text for text in notices(session)) >= 5
        await session.close()


async def test_the_service_says_why_it_closes(connect: Open) -> None:
    talk = Talk()
    last = emit("error", error={"code": "session_expired", "message": "Your session hit 60 minutes."})
    async with ScriptedServer(
        [*talk.start(), *talk.text_turn("Hi", "")[:2], last, close(1001, "too long")]
    ) as server:
        session = connect(server, reconnect=False)
        with pytest.raises(ConnectionFailedError, match="1001: too long"):
            await session.ask("Hi")
        assert "Your session hit 60 minutes." in notices(session)
