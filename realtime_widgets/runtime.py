"""The I/O side of one session: connection, player, tools and the pure core between them.

Everything here runs on the I/O thread; `RealtimeSession` is its face on the other threads.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from realtime_widgets.core import SessionCore
from realtime_widgets.engine import shared_engine
from realtime_widgets.errors import (
    ConfigurationError,
    ConnectionFailedError,
    RealtimeWidgetsError,
    SessionClosedError,
)
from realtime_widgets.protocol import events as ev
from realtime_widgets.protocol.connection import Connection
from realtime_widgets.protocol.endpoints import Endpoint, Secret
from realtime_widgets.speakers import InstantSpeaker, Speaker
from realtime_widgets.tool_calls import PICTURE, RunningTool, ToolCalls, picture_item
from realtime_widgets.tools.announcement import Announcement
from realtime_widgets.turns import Command, Play, RunTool, Send, Silence, Turn, TurnEnded

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from realtime_widgets.accounts import Accounts
    from realtime_widgets.journal import Journal
    from realtime_widgets.local.process import EmbeddedEndpoint
    from realtime_widgets.playback import PlayedTo
    from realtime_widgets.settings import SessionSettings
    from realtime_widgets.tools import ToolRegistry, ToolRunner

log = logging.getLogger(__name__)

State = Literal["idle", "connecting", "preparing", "listening", "thinking", "speaking", "closed"]

CONFIGURE_TIMEOUT_S = 15.0
#: Microphone sound held while connecting, in blocks of 20 ms: about 10 s.
HELD_BLOCKS = 500
#: Unsent events above which microphone sound is dropped: about 30 s of 20 ms blocks.
MAX_UNSENT = 1500
#: How often a local endpoint is asked whether its models are loaded.
READY_POLL_S = 0.25


class SessionRuntime:
    """Connects one session's core with the world; takes what the session was made with."""

    def __init__(
        self,
        endpoint: Endpoint,
        settings: SessionSettings,
        registry: ToolRegistry,
        runner: ToolRunner,
        journal: Journal,
        *,
        accounts: Accounts,
    ) -> None:
        self.core = SessionCore()
        self.endpoint = endpoint
        self.settings = settings
        self.journal = journal
        self.accounts = accounts
        accounts.attach(self, stop=self._end)
        self.closed_reason = ""
        self.closed_by_person = False
        self.calls = ToolCalls(runner, self._tool_ended, self.changed)
        self.tools = self.calls.by_id
        self.speaker: Speaker = InstantSpeaker()
        self._announcement = Announcement(registry)
        self._runner = runner
        self._phase: Literal["idle", "connecting", "open", "closed"] = "idle"
        self._preparing = False
        self._connection: Connection | None = None
        self._closing: asyncio.Task[None] | None = None
        self._embedded: EmbeddedEndpoint | None = None
        self._outgoing: asyncio.Queue[ev.ClientEvent] = asyncio.Queue()
        self._held: deque[Callable[[], None]] = deque(maxlen=HELD_BLOCKS)
        self._starting: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._turn_ends: dict[str, asyncio.Future[Turn]] = {}
        self._observers: list[Callable[[], None]] = []
        self._changed = asyncio.Event()
        self._dropping = False
        self.speaker.attach(self)

    @property
    def state(self) -> State:
        """What a person would see the session doing."""
        if self._phase != "open":
            return self._phase
        activity = self.core.activity
        return "preparing" if self._preparing and activity == "listening" else activity

    def observe(self, observer: Callable[[], None]) -> Callable[[], None]:
        """Call `observer` after every change; gives the function that ends that."""
        self._observers.append(observer)
        return lambda: self._observers.remove(observer) if observer in self._observers else None

    def use_speaker(self, speaker: Speaker) -> Speaker:
        """Play through `speaker` from now on; gives the one before it."""
        before, self.speaker = self.speaker, speaker
        if before is not speaker:
            before.detach()
            speaker.attach(self)
        return before

    async def until(self, condition: Callable[[], bool], limit_s: float | None = None) -> bool:
        """Wait until `condition` holds; False where `limit_s` seconds pass first."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                while not condition():
                    self._changed.clear()
                    await self._changed.wait()
        return condition()

    async def start(self) -> None:
        """Connect and configure; returns at once where that is done or being done by somebody else.

        Raises
        ------
        ConnectionFailedError, ConfigurationError, LocalEndpointError
            Where the endpoint cannot be reached, refuses the settings, or lacks what it needs.
        """
        if self._phase == "open":
            return
        if self._phase == "closed":
            raise SessionClosedError(f"this session is over: {self.closed_reason}; make a new RealtimeSession")
        if self._starting is None:
            self._starting = asyncio.create_task(self._open())
        try:
            await asyncio.shield(self._starting)
        except asyncio.CancelledError:
            if not self._starting.cancelled():
                raise
            raise SessionClosedError(f"this session is over: {self.closed_reason}") from None

    async def close(self) -> None:
        """End the session in an orderly way."""
        self.closed_by_person |= self._phase != "closed"
        if self._starting and not self._starting.done():
            self._starting.cancel()
        self._end("it was closed")
        current = asyncio.current_task()
        await asyncio.gather(*(task for task in self._tasks if task is not current), return_exceptions=True)
        await self.calls.wait()
        if self._closing:
            await self._closing

    def perform(self, commands: list[Command]) -> None:
        """Carry out what the core decided, in order."""
        for command in commands:
            match command:
                case Send(event):
                    self._send(event)
                case Play(block):
                    self.speaker.play(block)
                case Silence():
                    self.speaker.silence()
                case RunTool(call):
                    self.calls.begin(call, *self._announcement.to_run(call.name))
                case TurnEnded(turn):
                    end = self._turn_ends.pop(turn.id, None)
                    if end and not end.done():
                        end.set_result(turn)
        self.changed()

    def changed(self) -> None:
        """Tell everybody who watches that something is different."""
        self._changed.set()
        for observer in list(self._observers):
            observer()

    def turn_end(self, turn: Turn) -> asyncio.Future[Turn]:
        """Return a future that is done with `turn`."""
        end: asyncio.Future[Turn] = asyncio.get_running_loop().create_future()
        if turn.done:
            end.set_result(turn)
        else:
            self._turn_ends[turn.id] = end
        return end

    def hear(self, pcm: bytes) -> None:
        """Take a block of captured sound; it starts the session where that has not begun."""
        self._when_open(lambda: self._append(pcm))

    def press(self) -> None:
        """Push-to-talk was pressed."""
        self._when_open(lambda: self.perform(self.core.press()))

    def release(self) -> None:
        """Push-to-talk was released."""
        self._when_open(lambda: self.perform(self.core.release()))

    def _when_open(self, action: Callable[[], None]) -> None:
        if self._phase == "open":
            action()
        elif self._phase != "closed":
            self._held.append(action)
            self.start_soon()

    def _append(self, pcm: bytes) -> None:
        if self._outgoing.qsize() < MAX_UNSENT:
            self._dropping = False
            # Nothing a person sees changes with a block, so nobody is told.
            self._send(self.core.append_audio(pcm))
        elif not self._dropping:
            self._dropping = True
            self.problem("The connection is too slow for the microphone: what you say now is lost.")

    def warm_up(self) -> None:
        """Get a local endpoint ready before it is needed: its models take a second or two to load."""
        if self._phase == "idle" and self.endpoint.local:
            self.run(self._start_local_endpoint())

    def start_soon(self) -> None:
        """Start in the background; what goes wrong is shown as a problem."""
        if self._phase == "idle" and self._starting is None:
            self.run(self.start())

    def run(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine that nobody awaits; what goes wrong is shown as a problem."""

        async def reporting() -> None:
            try:
                await coroutine
            except RealtimeWidgetsError as error:
                if str(error) != self.closed_reason:  # that one has been told
                    self.problem(str(error))

        self._spawn(reporting())

    def problem(self, text: str) -> None:
        """Tell the person of an error, in the transcript and in the log."""
        log.error("%s", text)
        self.core.notice("error", text)
        self.changed()

    def played(self, positions: list[PlayedTo]) -> None:
        """Take the speaker's positions."""
        self.perform(self.core.played(positions))

    def silenced(self, positions: list[PlayedTo]) -> None:
        """Take the speaker's last word after a silence."""
        self.perform(self.core.silenced(positions))

    def update_tools(self) -> None:
        """Tell the service of the tools as they are now, where that is due; see `Announcement`."""
        if self._phase == "open" and self._announcement.due:
            session = {"type": "realtime", "tools": self._announcement.take()}
            event_id = self.core.new_id("tools")
            self.perform([Send(ev.SessionUpdate(event_id=event_id, session=session))])
        self.changed()

    def _send(self, event: ev.ClientEvent) -> None:
        if self._phase == "closed":
            return
        self.journal.record("client", event)
        self._announcement.sent(event)
        self._outgoing.put_nowait(event)

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("the session's I/O failed", exc_info=error)
            self._end(f"an error in the package: {type(error).__name__}: {error}")

    async def _open(self) -> None:
        self._phase = "connecting"
        self.changed()
        try:
            if self.endpoint.local:
                await self._start_local_endpoint()
            self._connection = await Connection.open(self.endpoint)
            self._spawn(self._receive(self._connection))
            self._spawn(self._deliver(self._connection))
            await self._configure(self._announcement.take())
            self._spawn(self.accounts.watch())
        except RealtimeWidgetsError as error:
            self._end(str(error))
            raise
        except Exception as error:
            self._end(f"an error in the package: {type(error).__name__}: {error}")
            raise
        self._phase = "open"
        shared_engine().responsiveness.acquire()
        self.update_tools()
        while self._held:
            self._held.popleft()()
        if self._embedded:
            self.run(self._watch_loading(self._embedded))
        self.changed()

    async def _start_local_endpoint(self) -> None:
        from realtime_widgets.local.process import EmbeddedEndpoint

        embedded = await asyncio.to_thread(EmbeddedEndpoint.shared)
        self._embedded = embedded
        self.endpoint = replace(self.endpoint, base_url=embedded.url, api_key=Secret(embedded.api_key))

    async def _configure(self, definitions: list[ev.JsonObject]) -> None:
        session = self.settings.session(definitions, self.endpoint.transcription)
        self._send(ev.SessionUpdate(event_id="rw_configure", session=session))

        def answered() -> bool:
            return bool(self.core.updates or "rw_configure" in self.core.refusals or self._phase == "closed")

        if not await self.until(answered, CONFIGURE_TIMEOUT_S):
            raise ConnectionFailedError(
                f"{self.endpoint.title} took the connection and then did not answer for {CONFIGURE_TIMEOUT_S:g} s;"
                " does it speak the Realtime protocol (GA)?"
            )
        if refusal := self.core.refusals.get("rw_configure"):
            raise ConfigurationError(f"{self.endpoint.title} refused the session's settings: {refusal.message}")
        if self._phase == "closed":
            raise ConnectionFailedError(self.closed_reason)

    async def _watch_loading(self, embedded: EmbeddedEndpoint) -> None:
        """Say while a local endpoint still loads its speech models."""
        while True:
            loading = await asyncio.to_thread(embedded.loading)
            if bool(loading) != self._preparing:
                self._preparing = bool(loading)
                self.changed()
            if not loading:
                return
            await asyncio.sleep(READY_POLL_S)

    async def _receive(self, connection: Connection) -> None:
        while True:
            try:
                event = await connection.receive()
            except ConnectionFailedError as error:
                self._end(str(error))
                return
            except ValueError as error:
                self.problem(f"{error}; it was left out.")
                continue
            self.journal.record("server", event)
            self.accounts.receive(event)
            try:
                commands = self.core.receive(event)
            except Exception:
                # One event of a shape nobody foresaw must not end the talk.
                log.exception("the event %s could not be used", event.type)
                self.problem(f"The server's event {event.type} could not be used; it was left out.")
                continue
            if self._announcement.received(event):
                self.update_tools()
            self.perform(commands)
            self.accounts.check()

    async def _deliver(self, connection: Connection) -> None:
        while True:
            try:
                await connection.send(await self._outgoing.get())
            except ConnectionFailedError:
                return  # `_receive` ends the session once it has read what the server said last

    def _tool_ended(self, running: RunningTool) -> None:
        if running.result and self._phase != "closed":
            commands = self.core.tool_finished(running.call.call_id, running.result.output)
            if commands and running.result.images:
                item = picture_item(self.core.new_id(PICTURE), running.result.images)
                commands.insert(1, Send(ev.ItemCreate(event_id=self.core.new_id("item"), item=item)))
            self.perform(commands)

    def _end(self, reason: str) -> None:
        if self._phase == "closed":
            return
        if self._phase == "open":
            shared_engine().responsiveness.release()
        self._phase, self.closed_reason = "closed", reason
        if not self.closed_by_person:
            self.problem(f"The session ended: {reason}{'' if reason.endswith(('.', '?')) else '.'}")
        self.perform(self.core.fail_open_turns(reason))
        self.calls.stop("the session ended before the tool did")
        current = asyncio.current_task()
        for task in self._tasks:
            if task is not current:
                task.cancel()
        self._runner.close()
        if self._connection:
            self._closing = asyncio.create_task(self._connection.close())
