"""A page that reaches the port over the direct lane: nothing is lost or repeated, whatever happens to the lane."""

from __future__ import annotations

import asyncio
import json
import random
import threading
from typing import TYPE_CHECKING, Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.lane.frames import pack, unpack
from realtime_widgets.widgets.sound.port import LANE_GROUP_MS, AudioPort, port_of
from tests.widgets.page import PAGE, problems, send

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

    from realtime_widgets import RealtimeSession


class PlayedPage:
    """What a page does to reach a lane, and what it hears over the comm and over lanes."""

    def __init__(self, session: RealtimeSession, monkeypatch: pytest.MonkeyPatch) -> None:
        self.port = port_of(session)
        self.socket: ClientConnection | None = None
        self.heard_by_kernel: list[bytes] = []
        self.plain: list[dict[str, Any]] = []
        #: Numbered commands by number: over which way each came first, and the command.
        self.numbered: dict[int, tuple[str, dict[str, Any]]] = {}
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Condition()
        self._next = 0
        self._unacknowledged: dict[int, tuple[dict[str, Any], bytes]] = {}
        self._reading: asyncio.Task[None] | None = None
        monkeypatch.setattr(self.port, "send", self._over_comm)
        monkeypatch.setattr(session.runtime, "hear", self.heard_by_kernel.append)
        self.say({"type": "hello", "page_id": PAGE, "views": 1, "sound": "ready"})

    @property
    def received(self) -> int:
        """Numbered commands that came without a gap."""
        return next(n for n in range(len(self.numbered) + 1) if n not in self.numbered)

    def say(self, content: dict[str, Any], *buffers: bytes) -> None:
        """Send over the comm."""
        send(self.port, content, *buffers)

    async def until(self, true: Any) -> None:
        """Wait until something is true of what came."""
        async with self._changed:
            await self._changed.wait_for(true)

    async def offer(self) -> dict[str, Any]:
        """Ask for a lane and return the offer."""
        before = sum(each["type"] == "lane_offer" for each in self.plain)
        self.say({"type": "lane_ask", "page_id": PAGE})
        await self.until(lambda: sum(each["type"] == "lane_offer" for each in self.plain) > before)
        return next(each for each in reversed(self.plain) if each["type"] == "lane_offer")

    async def join(self, page_id: str = PAGE) -> ClientConnection:
        """Open a lane."""
        offer = await self.offer()
        socket = await connect(f"ws://127.0.0.1:{offer['port']}/lane")
        await self.frame(socket, {"type": "lane_join", "page_id": page_id, "token": offer["token"]})
        answer = await socket.recv()
        assert isinstance(answer, bytes)
        assert json.loads(unpack(answer)[0]) == {"type": "lane_welcome"}
        return socket

    async def move(self, first: bool) -> None:
        """Go on over a new lane."""
        socket = await self.join()
        if first:
            self.say({"type": "lane_move", "page_id": PAGE})
        self.socket = socket
        await self.frame(socket, {"type": "lane_use", "page_id": PAGE, "round_trip_ms": 2.5})
        self._reading = asyncio.create_task(self._read(socket))
        await self._resend()

    async def cut(self) -> None:
        """Lose the lane, with what is on its way."""
        assert self.socket is not None
        self.socket.transport.abort()
        self.socket = None
        await self._resend()

    async def report(self, message: dict[str, Any], payload: bytes = b"") -> None:
        """Send a numbered report over whichever way there is."""
        self._unacknowledged[self._next] = (message, payload)
        self._next += 1
        await self._pass(self._next - 1)

    async def frame(self, socket: ClientConnection, message: dict[str, Any], payload: bytes = b"") -> None:
        """Send a frame."""
        await socket.send(pack(json.dumps(message).encode(), payload))

    async def _resend(self) -> None:
        for number in list(self._unacknowledged):
            await self._pass(number)

    async def _pass(self, number: int) -> None:
        message, payload = self._unacknowledged[number]
        numbered = {
            "type": "numbered",
            "page_id": PAGE,
            "number": number,
            "received": self.received,
            "message": message,
        }
        if self.socket is not None:
            try:
                return await self.frame(self.socket, numbered, payload)
            except ConnectionClosed:
                self.socket = None
        self.say(numbered, *([payload] if payload else []))

    async def _read(self, socket: ClientConnection) -> None:
        try:
            async for frame in socket:
                assert isinstance(frame, bytes)
                await self._hear("lane", json.loads(unpack(frame)[0]))
        except ConnectionClosed:
            return

    def _over_comm(self, content: dict[str, Any], buffers: Any = None) -> None:
        assert threading.current_thread() is not threading.main_thread()
        asyncio.run_coroutine_threadsafe(self._hear("comm", content), self._loop)

    async def _hear(self, way: str, content: dict[str, Any]) -> None:
        async with self._changed:
            if content["type"] in ("numbered", "acknowledged"):
                for number in [n for n in self._unacknowledged if n < content["received"]]:
                    del self._unacknowledged[number]
            if content["type"] == "numbered":
                self.numbered.setdefault(content["number"], (way, content["message"]))
            else:
                self.plain.append(content)
            self._changed.notify_all()


def _audio(sequence: int) -> dict[str, Any]:
    return {"type": "audio", "page_id": PAGE, "sequence": sequence}


async def _settled(port: AudioPort) -> None:
    """Wait until the I/O thread has done what it was given."""
    await asyncio.wrap_future(shared_engine().submit(asyncio.sleep(0)))


async def test_the_port_sends_smaller_messages_on_the_lane(
    session: RealtimeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = PlayedPage(session, monkeypatch)
    assert shared_engine().run(lambda: page.port.round_trip_ms) is None
    await page.move(first=True)
    await page.until(lambda: any(each["type"] == "configure" for _, each in page.numbered.values()))
    [(way, configure)] = [each for each in page.numbered.values() if each[1]["type"] == "configure"]
    assert way == "lane"
    assert configure["group_ms"] == LANE_GROUP_MS
    assert shared_engine().run(lambda: page.port.round_trip_ms) == 2.5
    page.say({"type": "bye", "page_id": PAGE})
    await _settled(page.port)
    assert shared_engine().run(lambda: page.port.round_trip_ms) is None


async def test_nothing_is_lost_or_repeated_when_the_lane_is_cut_a_hundred_times(
    session: RealtimeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = PlayedPage(session, monkeypatch)
    await page.move(first=True)
    dice = random.Random(5)
    said = []
    cuts = 0
    while cuts < 100:
        said.append(len(said).to_bytes(4, "little"))
        await page.report(_audio(len(said) - 1), said[-1])
        if dice.random() < 0.3:
            shared_engine().call(page.port.close_microphone)
        if page.socket is None:
            if dice.random() < 0.5:
                await page.move(first=False)
                shared_engine().call(page.port.close_microphone)
                before = len(page.numbered)
                await page.until(lambda before=before: len(page.numbered) > before)
        elif dice.random() < 0.3:
            await page.cut()
            cuts += 1
    await page.report({"type": "here", "page_id": PAGE, "views": 1, "sound": "ready"})
    await page.until(lambda: not page._unacknowledged)
    assert page.heard_by_kernel == said
    assert page.port.statistics.lost == 0
    commands = [message["type"] for _, message in sorted_by_number(page)]
    assert commands.count("microphone") >= 50
    assert {way for way, _ in page.numbered.values()} == {"lane", "comm"}


def sorted_by_number(page: PlayedPage) -> list[tuple[str, dict[str, Any]]]:
    """Return the numbered commands in order; fails if one is missing."""
    assert page.received == len(page.numbered)
    return [page.numbered[number] for number in range(page.received)]


async def test_a_page_cannot_speak_for_another_one(
    session: RealtimeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = PlayedPage(session, monkeypatch)
    offer = await page.offer()
    async with connect(f"ws://127.0.0.1:{offer['port']}/lane") as stranger:
        await page.frame(stranger, {"type": "lane_join", "page_id": "another", "token": offer["token"]})
        with pytest.raises(ConnectionClosed):
            await stranger.recv()


async def test_a_frame_that_cannot_be_read_is_told_and_the_next_one_counts(
    session: RealtimeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = PlayedPage(session, monkeypatch)
    await page.move(first=True)
    assert page.socket is not None
    await page.frame(page.socket, {"type": "numbered", "page_id": PAGE, "number": 0})
    await page.report(_audio(0), b"\1\0")
    await page.report(_audio(1))
    await page.report(_audio(2), b"\2\0")
    await page.until(lambda: not page._unacknowledged)
    assert page.heard_by_kernel == [b"\1\0", b"\2\0"]
    told = problems(session)
    assert "missing required field `received`" in told[0]
    assert "Audio came without its sound" in told[1]


async def test_a_page_that_is_loaded_again_begins_on_the_comm(
    session: RealtimeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = PlayedPage(session, monkeypatch)
    await page.move(first=True)
    await page.until(lambda: page.numbered)
    page.plain.clear()
    page.say({"type": "hello", "page_id": PAGE, "views": 1, "sound": "ready"})
    await page.until(lambda: any(each["type"] == "configure" for each in page.plain))
    page.say(_audio(0), b"\1\0")
    await _settled(page.port)
    assert page.heard_by_kernel == [b"\1\0"]
    assert page._reading is not None
    await page._reading  # its lane is closed
