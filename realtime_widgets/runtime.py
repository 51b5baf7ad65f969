"""The I/O side of one session: connection, player, tools and the pure core between them.

Everything here runs on the I/O thread; `RealtimeSession` is its face on the other threads.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Literal

from realtime_widgets.background import BackgroundTasks
from realtime_widgets.clock import REAL_CLOCK
from realtime_widgets.core import SessionCore
from realtime_widgets.engine import shared_engine
from realtime_widgets.errors import ConnectionFailedError, RealtimeWidgetsError, SessionClosedError
from realtime_widgets.hosted_consent import HostedConsent
from realtime_widgets.link import Link, configure, connect
from realtime_widgets.local_start import LocalStart
from realtime_widgets.observing import Observable
from realtime_widgets.protocol import events as ev
from realtime_widgets.reconnect import ReconnectPolicy
from realtime_widgets.recovery import Recovery
from realtime_widgets.speakers import InstantSpeaker, Speaker
from realtime_widgets.timers import Timers
from realtime_widgets.tool_calls import PICTURE, RunningTool, ToolCalls, picture_item
from realtime_widgets.tools.announcement import Announcement
from realtime_widgets.turns import AskApproval, Command, Play, RunTool, Send, Silence, Turn, TurnEnded, Wake
from realtime_widgets.user_input import UserInput

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from realtime_widgets.accounts import Accounts
    from realtime_widgets.clock import Clock
    from realtime_widgets.journal import Journal
    from realtime_widgets.playback import PlayedTo
    from realtime_widgets.protocol.connection import Connection
    from realtime_widgets.protocol.endpoints import Endpoint
    from realtime_widgets.settings import SessionSettings
    from realtime_widgets.tool_calls import Decision
    from realtime_widgets.tools import ToolRegistry, ToolRunner

log = logging.getLogger(__name__)

State = Literal["idle", "connecting", "preparing", "listening", "thinking", "speaking", "reconnecting", "closed"]


class SessionRuntime(Observable):
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
        policy: ReconnectPolicy | None = None,
        clock: Clock = REAL_CLOCK,
    ) -> None:
        super().__init__()
        self.core = SessionCore(settings.false_interruption_timeout, endpoint.capabilities.truncate)
        self.endpoint = endpoint
        self.settings = settings
        self.journal = journal
        self.accounts = accounts
        self.clock = clock
        accounts.attach(self, stop=self.end)
        self.closed_reason = ""
        self.closed_by_person = False
        self.calls = ToolCalls(runner, self._tool_ended, self.changed, clock)
        self.tools = self.calls.by_id
        self.speaker: Speaker = InstantSpeaker()
        self._announcement = Announcement(registry)
        self._shutting: asyncio.Task[None] | None = None
        self._runner = runner
        self._phase: Literal["idle", "connecting", "open", "reconnecting", "closed"] = "idle"
        self.recovery = Recovery(self, policy or ReconnectPolicy())
        #: Why it connects again.
        self.lost_reason = ""
        self._local = LocalStart(self.changed)
        self._link: Link | None = None
        self._closing: list[asyncio.Task[None]] = []
        self._input = UserInput(self)
        self._starting: asyncio.Task[None] | None = None
        self._tasks = BackgroundTasks(self._failed)
        self._timers = Timers(clock, lambda timer_id: self.perform(self.core.wake(timer_id)))
        self._consent = HostedConsent(self.core, registry, clock, self.perform)
        self._turn_ends: dict[str, asyncio.Future[Turn]] = {}
        self.speaker.attach(self)

    @property
    def state(self) -> State:
        """What a person would see the session doing."""
        if self._phase != "open":
            return self._phase
        activity = self.core.activity
        return "preparing" if self._local.loading and activity == "listening" else activity

    @property
    def open(self) -> bool:
        """Whether there is a connection on which the session talks."""
        return self._phase == "open"

    @property
    def unsent(self) -> int:
        """Events that wait to be sent."""
        return self._link.unsent if self._link else 0

    def use_speaker(self, speaker: Speaker) -> Speaker:
        """Play through `speaker` from now on; gives the one before it."""
        before, self.speaker = self.speaker, speaker
        if before is not speaker:
            before.detach()
            speaker.attach(self)
        return before

    async def start(self) -> None:
        """Connect and configure; returns at once where that is done or being done by somebody else.

        Raises
        ------
        ConnectionFailedError, ConfigurationError, LocalEndpointError
            Where the endpoint cannot be reached, refuses the settings, or lacks what it needs.
        """
        if self._phase == "reconnecting":
            await self.until(lambda: self._phase != "reconnecting")
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
        """End the session in an orderly way, also where who asks is given up, as a tool that it ends."""
        if self._shutting is None:
            self._shutting = asyncio.create_task(self._shut())
        await asyncio.shield(self._shutting)

    async def _shut(self) -> None:
        self.closed_by_person |= self._phase != "closed"
        if self._starting and not self._starting.done():
            self._starting.cancel()
        self.end("it was closed")
        await self._tasks.wait()
        await self.calls.wait()
        await asyncio.gather(*self._closing)

    def perform(self, commands: list[Command]) -> None:
        """Carry out what the core decided, in order."""
        for command in commands:
            match command:
                case Send(event):
                    self.send(event)
                case Play(block):
                    self.speaker.play(block)
                case Silence():
                    self.speaker.silence()
                case Wake() if self._phase != "closed":
                    self._timers.set(command)
                case RunTool(call):
                    self.calls.begin(call, *self._announcement.to_run(call.name))
                case AskApproval(request):
                    self._consent.ask(request)
                case TurnEnded(turn):
                    end = self._turn_ends.pop(turn.id, None)
                    if end and not end.done():
                        end.set_result(turn)
        self.changed()

    def decide(self, decision: Decision, call_id: str, reason: str = "") -> None:
        """Take the person's word on a call, of a tool here or of one that the service calls."""
        if call_id not in self.core.approvals.requests:
            self.calls.decide(decision, call_id, reason)
        elif self._phase == "open":
            self._consent.decide(decision, call_id, reason)

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
        self._input.hear(pcm)

    def press(self) -> None:
        """Push-to-talk was pressed."""
        self._input.press()

    def release(self) -> None:
        """Push-to-talk was released."""
        self._input.release()

    def warm_up(self) -> None:
        """Get a local endpoint ready before it is needed: its models take a second or two to load."""
        if self._phase == "idle" and self.endpoint.local:
            self.run(self._start_local())

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

        self.spawn(reporting())

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

    def send(self, event: ev.ClientEvent) -> None:
        """Send an event, where there is a connection."""
        # What is decided while there is no connection is kept by the core, which puts it into the next one.
        if self._link and self._phase == "open" and self.endpoint.capabilities.takes(event):
            self.journal.record("client", event)
            self._announcement.sent(event)
            self._link.send(event)

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a coroutine until the session ends; its failure ends the session."""
        return self._tasks.spawn(coroutine)

    def _failed(self, error: BaseException) -> None:
        log.error("the session's I/O failed", exc_info=error)
        self.end(f"an error in the package: {type(error).__name__}: {error}")

    async def _open(self) -> None:
        self._phase = "connecting"
        self.changed()
        try:
            if self.endpoint.local:
                await self._start_local()
            await self._connect()
            self.spawn(self.accounts.watch())
        except RealtimeWidgetsError as error:
            self.end(str(error))
            raise
        except Exception as error:
            self._failed(error)
            raise
        if self.endpoint.local:
            self.run(self._local.watch())

    async def _connect(self) -> None:
        try:
            await self.attach(await connect(self.endpoint))
        except ConnectionFailedError as error:
            if not self.endpoint.ask_again(error.close_code):
                raise
            await self._connect()

    async def _start_local(self) -> None:
        self.endpoint = await self._local.start(self.endpoint)

    async def attach(self, connection: Connection) -> None:
        """Talk over this connection from now on: put the talk into it; raises as `configure` does."""
        first = self._phase == "connecting"
        link = self._link = Link(connection, self)
        link.begin()
        config = self.settings.session(self._announcement.restart(), self.endpoint.heard_by)
        try:
            await configure(link, self, config)
        except RealtimeWidgetsError:
            self._close_link(link)
            raise
        self._phase = "open"
        if first:
            shared_engine().responsiveness.acquire()
        self.update_tools()
        self.perform(self.core.resume())
        self._input.deliver()
        self.spawn(self.recovery.hand_over(self.core.settings.get("expires_at")))
        self.changed()

    async def change(self, settings: SessionSettings) -> None:
        """Change the settings; raises as `configure` does where the endpoint refuses them."""
        changes = settings.changes_from(self.settings)
        if self._link and self._phase == "open" and len(changes) > 1:
            await configure(self._link, self, changes, self.core.new_id("change"))
        self.settings = settings
        self.core.barge_in.limit_s = settings.false_interruption_timeout
        self.changed()

    def detach(self) -> Callable[[], None]:
        """Stop talking over the present connection; gives what closes it."""
        link, self._link = self._link, None
        self._phase = "reconnecting"
        self.perform(self.core.lost())
        return lambda: self._close_link(link)

    def link_lost(self, link: Link) -> None:
        """Take note that a connection is gone: another one is tried, or the session ends."""
        self.changed()
        if link is not self._link or self._phase != "open" or link.error is None:
            return
        if not self.recovery.recoverable(link):
            self.end(str(link.error))
            return
        self.lost_reason = str(link.error)
        self.tell(f"{self.lost_reason[0].upper()}{self.lost_reason[1:]}; connecting again.")
        self.detach()()
        self.spawn(self.recovery.reconnect(link.error))

    def _close_link(self, link: Link | None) -> None:
        if link:
            self._closing = [closing for closing in self._closing if not closing.done()]
            self._closing.append(asyncio.create_task(link.close()))

    def tell(self, text: str) -> None:
        """Tell the person something that is no error."""
        log.info("%s", text)
        self.core.notice("notice", text)
        self.changed()

    def received(self, event: ev.AnyServerEvent) -> None:
        """Take an event of the server."""
        self.journal.record("server", event)
        self.accounts.receive(event)
        try:
            commands = self.core.receive(event)
        except Exception:
            # One event of a shape nobody foresaw must not end the talk.
            log.exception("the event %s could not be used", event.type)
            self.problem(f"The server's event {event.type} could not be used; it was left out.")
            return
        if self._announcement.received(event):
            self.update_tools()
        self.perform(commands)
        self.accounts.check()

    def _tool_ended(self, running: RunningTool) -> None:
        if running.result and self._phase != "closed":
            commands = self.core.tool_finished(running.call.call_id, running.result.output)
            if commands and running.result.images:
                seen = self.endpoint.capabilities.images
                item = picture_item(self.core.new_id(PICTURE), running.result.images, seen)
                commands.insert(1, self.core.put(item))
            self.perform(commands)

    def end(self, reason: str) -> None:
        """End the session now; whoever waits is told the reason."""
        if self._phase == "closed":
            return
        if self._phase in ("open", "reconnecting"):
            shared_engine().responsiveness.release()
        self._phase, self.closed_reason = "closed", reason
        if not self.closed_by_person:
            self.problem(f"The session ended: {reason}{'' if reason.endswith(('.', '?')) else '.'}")
        self.perform(self.core.fail_open_turns(reason))
        self.calls.stop("the session ended before the tool did")
        self._consent.stop()
        self._timers.stop()
        self._tasks.cancel()
        self._runner.close()
        self._close_link(self._link)
