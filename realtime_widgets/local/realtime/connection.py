"""The WebSocket of a session: frames in, frames out, and the end of the session's time."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import WSCloseCode, WSMsgType

from realtime_widgets.local.api.errors import RequestRefusedError, log_failure
from realtime_widgets.local.realtime.session import ServerSession

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from aiohttp import web

    from realtime_widgets.local.inference.workers import Inference
    from realtime_widgets.local.realtime.responses.rate_limits import SessionLimits

    Emit = Callable[[dict[str, Any]], None]

#: Number of bytes waiting to be sent above which nothing more is made.
_HIGH_WATER = 1024 * 1024


class Outbox:
    """Server events on their way to one client, in order.

    Parameters
    ----------
    socket
        The prepared WebSocket.
    """

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket
        self._frames: deque[str] = deque()
        self._size = 0
        self._changed = asyncio.Event()
        self._drained = asyncio.Event()
        self._drained.set()

    def put(self, event: dict[str, Any]) -> None:
        """Queue an event."""
        frame = msgspec.json.encode(event).decode()
        self._frames.append(frame)
        self._size += len(frame)
        self._changed.set()
        if self._size > _HIGH_WATER:
            self._drained.clear()

    @property
    def waiting(self) -> int:
        """Number of bytes that wait to be sent."""
        return self._size

    async def drained(self) -> None:
        """Wait until little is waiting to be sent."""
        await self._drained.wait()

    async def run(self) -> None:
        """Send until cancelled or until the client is gone."""
        try:
            while True:
                await self._changed.wait()
                self._changed.clear()
                while self._frames:
                    await self._socket.send_str(self._frames[0])
                    self._size -= len(self._frames.popleft())
                    if self._size <= _HIGH_WATER:
                        self._drained.set()
        except ConnectionError:
            # The reading side ends the session; nobody may wait here meanwhile.
            self._drained.set()

    async def flush(self) -> None:
        """Send what waits, as far as the client still accepts it."""
        with contextlib.suppress(ConnectionError):
            while self._frames and not self._socket.closed:
                await self._socket.send_str(self._frames.popleft())


async def serve_session(
    socket: web.WebSocketResponse,
    inference: Inference,
    limits: SessionLimits,
    config: dict[str, Any] | None = None,
    *,
    watch: Callable[[Emit], Emit] = lambda emit: emit,
) -> None:
    """Run one session over a prepared WebSocket until either side ends it.

    Parameters
    ----------
    socket
        The prepared WebSocket.
    inference, config, limits
        As in `ServerSession`.
    watch
        Returns the function that receives the server events; it passes them on to the function that it is given.
    """
    outbox = Outbox(socket)
    session = ServerSession(inference, watch(outbox.put), outbox.drained, config, limits=limits)
    sender = asyncio.create_task(outbox.run())
    code, reason = WSCloseCode.OK, ""
    try:
        async with asyncio.timeout(limits.seconds):
            await session.start()
            await _read(socket, session, outbox)
    except TimeoutError:
        code = WSCloseCode.GOING_AWAY
        reason = limits.expiry_reason
        session.refuse(RequestRefusedError("session_expired", reason))
    except Exception as error:
        log_failure("a session", error)
        code, reason = WSCloseCode.INTERNAL_ERROR, "The session failed; see the server's log."
    finally:

        async def end() -> None:
            await session.close()
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)
            await outbox.flush()
            await socket.close(code=code, message=reason.encode())

        await _to_its_end(end())


#: Ends of sessions that are under way.
_ending: set[asyncio.Task[None]] = set()


async def _to_its_end(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine, to its end also if who waits is cancelled: the server does that once the client is gone."""

    async def run() -> None:
        try:
            await coroutine
        except Exception as error:  # nobody may be left who would be told
            log_failure("the end of a session", error)

    task = asyncio.create_task(run())
    _ending.add(task)
    task.add_done_callback(_ending.discard)
    await asyncio.shield(task)


async def _read(socket: web.WebSocketResponse, session: ServerSession, outbox: Outbox) -> None:
    async for message in socket:
        if message.type is WSMsgType.TEXT:
            await session.handle(message.data)
        else:
            refusal = RequestRefusedError("invalid_event", "Binary frames are not supported; send JSON as text.")
            session.refuse(refusal)
        # A client that does not read is not read from either.
        await outbox.drained()
