"""`RealtimeSession.events`: collects what happens on the I/O thread and hands it to the user's event loop."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import weakref
from collections import deque
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast, get_args

from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.core.playback.ledger import to_ms
from realtime_widgets.errors import ConfigurationError
from realtime_widgets.events import (
    Dropped,
    Heard,
    Notice,
    Problem,
    Received,
    Sent,
    SessionEvent,
    StateChanged,
    ToolCallChanged,
    TurnEnded,
    TurnStarted,
)
from realtime_widgets.runtime.tools.calls import SessionCalls
from realtime_widgets.session.talking.exchanges import answer_text

if TYPE_CHECKING:
    from collections.abc import Callable, Reversible

    from realtime_widgets.core.conversation.turns import Turn
    from realtime_widgets.core.playback.ledger import Part, PlayedTo
    from realtime_widgets.protocol import events as ev
    from realtime_widgets.runtime.journal import Sender
    from realtime_widgets.runtime.session_runtime import SessionRuntime

E_co = TypeVar("E_co", covariant=True)


class EventStream(Generic[E_co]):
    """An async iterator over what happens in a session; see `RealtimeSession.events`.

    It may be read on any event loop. Leaving the ``async for`` and dropping the stream ends it; to end it at once,
    use ``async with contextlib.aclosing(session.events()) as events``.

    Parameters
    ----------
    runtime
        The session's I/O side, which the stream keeps alive.
    kinds
        Classes of the events to yield; all if empty.
    limit
        Largest number of events that wait for the reader.

    Raises
    ------
    ConfigurationError
        If `limit` is not a whole number above 0, or a kind is not one of `SessionEvent`.
    """

    def __init__(self, runtime: SessionRuntime, kinds: tuple[type[Any], ...], limit: int) -> None:
        if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
            raise ConfigurationError(f"limit must be a whole number above 0, not {limit!r}")
        for kind in kinds:
            if kind not in get_args(SessionEvent):
                known = ", ".join(each.__name__ for each in get_args(SessionEvent))
                raise ConfigurationError(f"there are no events of the kind {kind!r}; there are {known}")
        self._runtime = runtime
        self._kinds = kinds
        self._lock = threading.Lock()
        self._waiting: deque[SessionEvent] = deque()
        self._limit = limit
        self._dropped: Dropped | None = None
        self._over = False
        self._readers: list[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = []
        self._tap: _Tap = shared_engine().run(_Tap, runtime, weakref.ref(self))

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> E_co:
        loop = asyncio.get_running_loop()
        while True:
            with self._lock:
                if self._dropped is not None:
                    dropped, self._dropped = self._dropped, None
                    return cast("E_co", dropped)
                if self._waiting:
                    return cast("E_co", self._waiting.popleft())
                if self._over:
                    raise StopAsyncIteration
                wake: asyncio.Future[None] = loop.create_future()
                self._readers.append((loop, wake))
            await wake

    async def aclose(self) -> None:
        """End the stream; what waits to be read is dropped."""
        shared_engine().call(self._tap.close)
        with self._lock:
            self._waiting.clear()
            self._dropped = None
        self.end()

    def put(self, event: SessionEvent) -> None:
        """Add an event, from any thread; the oldest one is dropped if too many wait."""
        if self._kinds and not isinstance(event, self._kinds):
            return
        with self._lock:
            if self._over:
                return
            if len(self._waiting) == self._limit:
                self._waiting.popleft()
                self._dropped = Dropped(self._dropped.count + 1 if self._dropped else 1, event.at)
            self._waiting.append(event)
        self._wake()

    def end(self) -> None:
        """End the stream after the events that wait, from any thread."""
        with self._lock:
            self._over = True
        self._wake()

    def _wake(self) -> None:
        with self._lock:
            readers, self._readers = self._readers, []
        for loop, wake in readers:
            with contextlib.suppress(RuntimeError):  # the reader's loop is closed
                loop.call_soon_threadsafe(_wake_up, wake)


def _wake_up(wake: asyncio.Future[None]) -> None:
    if not wake.done():
        wake.set_result(None)


class _Tap:
    """Watches a session for one stream, until the session or the stream is over; on the I/O thread."""

    def __init__(self, runtime: SessionRuntime, stream: weakref.ref[EventStream[Any]]) -> None:
        self._runtime = runtime
        self._core = runtime.core
        self._stream = stream
        self._calls = SessionCalls(runtime, self._core.approvals.requests)
        self._state = runtime.state
        self._turns = set(self._core.turns)
        self._open_turns: dict[str, Turn] = {}
        self._known_calls, self._known_requests = set(runtime.tools), set(self._core.approvals.requests)
        self._open_calls: dict[str, tuple[object, ...]] = dict.fromkeys(self._calls, ())
        self._notices = len(self._core.notices)
        self._heard: dict[Part, int] = {}
        self._ending = False
        for turn in self._core.turns.values():
            if not turn.done:
                self._open_turns[turn.id] = turn
        for call_id in list(self._open_calls):
            self._follow_call(call_id, tell=False)
        runtime.journal.listeners.append(self._recorded)
        runtime.on_positions.append(self._played)
        self._unobserve: Callable[[], object] = runtime.observe(self._look, "state", "conversation", "calls")
        self._end_if_over()

    def close(self) -> None:
        """Stop watching; harmless when it has stopped."""
        self._unobserve()
        with contextlib.suppress(ValueError):
            self._runtime.journal.listeners.remove(self._recorded)
            self._runtime.on_positions.remove(self._played)

    def _put(self, make: Callable[..., SessionEvent], *values: Any) -> None:
        stream = self._stream()
        if stream is None:
            # Not at once: the lists that are to be changed are being gone through.
            shared_engine().loop.call_soon(self.close)
        else:
            stream.put(make(*values, at=self._runtime.journal.now))

    def _recorded(self, sender: Sender, event: ev.ClientEvent | ev.AnyServerEvent) -> None:
        self._put(Sent if sender == "client" else Received, event)

    def _played(self, positions: list[PlayedTo]) -> None:
        for part, samples in positions:
            if self._heard.get(part) != samples:
                self._heard[part] = samples
                self._put(Heard, part.item_id, part.content_index, float(to_ms(samples)))

    def _look(self) -> None:
        """Tell what is different since the last look."""
        for turn_id in _new(self._core.turns, self._turns):
            turn = self._open_turns[turn_id] = self._core.turns[turn_id]
            self._put(TurnStarted, turn_id, turn.spoken)
        for call_id in _new(self._runtime.tools, self._known_calls):
            self._open_calls[call_id] = ()
        for request_id in _new(self._core.approvals.requests, self._known_requests):
            self._open_calls[request_id] = ()
        for call_id in list(self._open_calls):
            self._follow_call(call_id)
        for notice in self._core.notices[self._notices :]:
            is_problem = notice.kind == "error" or notice.text == self._runtime.ending
            self._put(Problem if is_problem else Notice, notice.text)
        self._notices = len(self._core.notices)
        for turn in list(self._open_turns.values()):
            if turn.done or turn.id not in self._core.turns:  # or the service makes its answer anew
                del self._open_turns[turn.id]
                self._put(TurnEnded, turn.id, *self._end_of(turn))
        if self._runtime.state != self._state:
            self._state = self._runtime.state
            self._put(StateChanged, self._state)
        self._end_if_over()

    def _end_of(self, turn: Turn) -> tuple[str, str, bool, str]:
        interrupted = turn.interrupted or not turn.done
        return self._core.question_of(turn), answer_text(self._core.conversation, turn), interrupted, turn.error

    def _follow_call(self, call_id: str, *, tell: bool = True) -> None:
        call = self._calls[call_id]
        seen = (call.phase, call.note)
        if seen != self._open_calls[call_id] and tell:
            self._put(ToolCallChanged, call)
        self._open_calls[call_id] = seen
        if call.phase == "ended":
            del self._open_calls[call_id]

    def _end_if_over(self) -> None:
        if self._runtime.state == "closed" and not self._ending:
            self._ending = True
            # Not at once: the session is still telling how it ends.
            shared_engine().loop.call_soon(self._end)

    def _end(self) -> None:
        self._look()
        self.close()
        if stream := self._stream():
            stream.end()


def _new(ids: Reversible[str], known: set[str]) -> list[str]:
    """Return the last ids up to the first known one, in their order, and note them."""
    found = list(takewhile(lambda each: each not in known, reversed(ids)))[::-1]
    known.update(found)
    return found
