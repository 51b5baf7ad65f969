"""The kernel's end of the lane: who is let in, and what happens to frames and connections."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from realtime_widgets.lane import directory
from realtime_widgets.lane.frames import MAX_FRAME_BYTES, pack, unpack
from realtime_widgets.lane.server import LaneServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from realtime_widgets.lane.server import LaneConnection


class User:
    """Notes what comes, and answers each frame with its payload."""

    def __init__(self, connection: LaneConnection) -> None:
        self.connection = connection
        self.frames: list[tuple[bytes, bytes]] = []
        self.ended = asyncio.Event()

    def arrived(self, header: bytes, payload: bytes) -> None:
        """Answer it."""
        self.frames.append((header, payload))
        self.connection.send(b"{}", payload)

    def closed(self) -> None:
        """Note it."""
        self.ended.set()


@pytest.fixture
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Jupyter's runtime folder."""
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    return tmp_path


@pytest_asyncio.fixture
async def server(runtime: Path) -> AsyncIterator[LaneServer]:
    """A server on loopback."""
    server = LaneServer()
    await server.start()
    yield server
    await server.close()


def _address(server: LaneServer, path: str = "/lane") -> str:
    return f"ws://127.0.0.1:{server.port}{path}"


def _join(token: str) -> bytes:
    return pack(json.dumps({"type": "lane_join", "page_id": "a", "token": token}).encode())


async def test_a_page_with_a_token_exchanges_frames(server: LaneServer) -> None:
    users: list[User] = []
    token = server.offer(lambda connection: users.append(User(connection)) or users[-1])
    async with connect(_address(server)) as page:
        await page.send(_join(token))
        await page.recv()
        await page.send(pack(b'{"n": 1}', b"\0\1\2"))
        answer = await page.recv()
        assert isinstance(answer, bytes)
        assert unpack(answer) == (b"{}", b"\0\1\2")
    [user] = users
    await user.ended.wait()
    assert json.loads(user.frames[0][0])["page_id"] == "a"
    assert user.frames[1] == (b'{"n": 1}', b"\0\1\2")


@pytest.mark.parametrize("token", ["", "guessed", "used"])
async def test_nobody_gets_in_without_a_token_that_counts(server: LaneServer, token: str) -> None:
    users: list[User] = []
    offered = server.offer(lambda connection: users.append(User(connection)) or users[-1])
    if token == "used":
        async with connect(_address(server)) as first:
            await first.send(_join(offered))
            await first.recv()
        token = offered
        users.clear()
    async with connect(_address(server)) as page:
        await page.send(_join(token))
        with pytest.raises(ConnectionClosed, match="no right to this lane"):
            await page.recv()
    assert not users


async def test_words_that_are_no_frame_close_the_connection(server: LaneServer) -> None:
    users: list[User] = []
    token = server.offer(lambda connection: users.append(User(connection)) or users[-1])
    async with connect(_address(server)) as stranger:
        await stranger.send("GET / HTTP/1.1")
        with pytest.raises(ConnectionClosed):
            await stranger.recv()
    async with connect(_address(server)) as page:
        await page.send(_join(token))
        await page.recv()
        await page.send(b"\xff\xff\xff\xff{}")
        with pytest.raises(ConnectionClosed):
            await page.recv()
    assert users[0].ended.is_set()


async def test_a_frame_that_is_too_large_closes_the_connection(server: LaneServer) -> None:
    token = server.offer(User)
    async with connect(_address(server)) as page:
        await page.send(_join(token))
        await page.recv()
        await page.send(pack(b"{}", bytes(MAX_FRAME_BYTES + 1)))
        with pytest.raises(ConnectionClosed):
            await page.recv()


async def test_a_page_hears_at_once_that_its_connection_is_cut(server: LaneServer) -> None:
    users: list[User] = []
    token = server.offer(lambda connection: users.append(User(connection)) or users[-1])
    async with connect(_address(server)) as page:
        await page.send(_join(token))
        await page.recv()
        server.cut()
        with pytest.raises(ConnectionClosed):
            await page.recv()
        await users[0].ended.wait()


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://localhost:8888", True),
        ("http://127.0.0.1:2718", True),
        ("https://evil.example", False),
        ("http://localhost.evil.example", False),
        ("null", False),
    ],
)
async def test_pages_of_other_hosts_are_refused(server: LaneServer, origin: str, allowed: bool) -> None:
    token = server.offer(User)
    if not allowed:
        with pytest.raises(InvalidStatus, match="403"):
            async with connect(_address(server), origin=origin):
                pass
        return
    async with connect(_address(server), origin=origin) as page:
        await page.send(_join(token))
        await page.recv()


async def test_there_is_nothing_but_the_lane(server: LaneServer) -> None:
    with pytest.raises(InvalidStatus, match="404"):
        async with connect(_address(server, "/")):
            pass


def test_the_jupyter_server_finds_a_lane_by_its_id_alone(runtime: Path) -> None:
    lane_id = directory.announce(4321)
    assert directory.find(lane_id) == 4321
    [file] = runtime.glob("realtime-widgets-lane-*")
    assert file.stat().st_mode & 0o077 == 0
    assert "token" not in file.read_text()
    for wrong in ("", "0" * 32, "../" + lane_id, lane_id + "/x"):
        assert directory.find(wrong) is None
    directory.withdraw(lane_id)
    assert directory.find(lane_id) is None


async def test_what_a_killed_kernel_left_is_tidied_away(runtime: Path) -> None:
    ended = await asyncio.create_subprocess_exec("true")
    await ended.wait()
    left = runtime / f"realtime-widgets-lane-{'0' * 32}.json"
    left.write_text(json.dumps({"port": 1, "pid": ended.pid}))
    directory.withdraw(directory.announce(1))
    assert not left.exists()
