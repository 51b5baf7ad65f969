"""The I/O side of one session: connection, player, tools and the pure core between them.

Everything here runs on the I/O thread; `RealtimeSession` is its face on the other threads.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Literal

from realtime_widgets.concurrency.clock import REAL_CLOCK
from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.concurrency.observable import Observable
from realtime_widgets.concurrency.tasks import BackgroundTasks
from realtime_widgets.concurrency.timers import Timers
from realtime_widgets.core.conversation.commands import (
    AskApproval,
    Command,
    RunCheck,
    RunTool,
    Send,
    TurnEnded,
    Wake,
)
from realtime_widgets.core.conversation.function_calls import MAX_ROUNDS
from realtime_widgets.core.conversation.picture_item import PICTURE, picture_item
from realtime_widgets.core.playback.commands import Play, Silence
from realtime_widgets.core.reconnect.connection import CONNECTION_PHASES, ConnectionEvent, ConnectionPhase
from realtime_widgets.core.reconnect.policy import ReconnectPolicy
from realtime_widgets.core.reconnect.restoration import quoted
from realtime_widgets.core.session import SessionCore
from realtime_widgets.core.usage.meter import COUNTED
from realtime_widgets.errors import (
    ConnectionFailedError,
    RealtimeWidgetsError,
    SessionClosedError,
)
from realtime_widgets.protocol import events as ev
from realtime_widgets.protocol.secrets import masked
from realtime_widgets.runtime.local_endpoint import LocalStart
from realtime_widgets.runtime.reconnector import Reconnector
from realtime_widgets.runtime.safety.checked_talk import CheckedTalk
from realtime_widgets.runtime.safety.checks import CheckRunner
from realtime_widgets.runtime.safety.consent import COMPLETE, SPOKEN, Consent
from realtime_widgets.runtime.sound.kept_sound import KeptSound
from realtime_widgets.runtime.sound.speakers import InstantSpeaker, Speaker
from realtime_widgets.runtime.sound.user_input import UserInput
from realtime_widgets.runtime.tools.announcements import Announcements
from realtime_widgets.runtime.tools.by_hand import HandRuns
from realtime_widgets.runtime.transport import SettingsRefusedError, Transport, connect
from realtime_widgets.timeline.builder import TimelineBuilder
from realtime_widgets.tools.execution.calls import CallScheduler, RunningCall
from realtime_widgets.tools.service_view import ServiceView

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from realtime_widgets.concurrency.clock import Clock
    from realtime_widgets.core.captions.settings import CaptionSettings
    from realtime_widgets.core.conversation.history import EarlierTalk
    from realtime_widgets.core.conversation.turns import Turn
    from realtime_widgets.core.playback.ledger import PlayedTo
    from realtime_widgets.core.playback.pacing import Block
    from realtime_widgets.core.settings import SessionSettings
    from realtime_widgets.protocol.endpoint.endpoint import Endpoint
    from realtime_widgets.protocol.wire.connection import Connection
    from realtime_widgets.runtime.accounting import Accounts
    from realtime_widgets.runtime.journal import Journal
    from realtime_widgets.tools import ToolRegistry, ToolRunner
    from realtime_widgets.tools.execution.calls import Decision

log = logging.getLogger(__name__)

#: How long an endpoint may take to answer the first settings, in seconds.
CONFIGURE_TIMEOUT_S = 15.0
#: How long settings may still come into effect after an error that does not say what it is about, in seconds.
UNNAMED_REFUSAL_S = 1.0
#: Event id of the settings with which a session begins.
CONFIGURE_ID = "rw_configure"
#: Tools that services take in one session (documented by OpenAI; more are refused with the whole settings).
MAX_TOOLS = 128
#: Events after which an update of the tools may be due.
_TOOLS_DUE = (ev.ResponseCreated, ev.ResponseDone, ev.ErrorEvent, ev.SessionUpdated)

State = Literal["idle", "connecting", "preparing", "listening", "thinking", "speaking", "reconnecting", "closed"]


@dataclass
class Taps:
    """Who follows a session's sound and its end.

    Attributes
    ----------
    captured
        Called with each block of captured sound, PCM16, as long as the session takes it.
    play
        Called with each block of an answer that is handed to the speaker.
    end
        Called when the session ends; `SessionRuntime.close` waits for what they do.
    replaced
        Called with the session, and its tools, that takes the place of this one in the notebook.
    """

    captured: list[Callable[[bytes], object]] = field(default_factory=list)
    play: list[Callable[[Block], object]] = field(default_factory=list)
    end: list[Callable[[], Coroutine[Any, Any, None]]] = field(default_factory=list)
    replaced: list[Callable[[SessionRuntime, ToolRegistry], object]] = field(default_factory=list)


class SessionRuntime(Observable):
    """Connects one session's core with the network, the speaker, the tools and the user; made by the session.

    `core` is the class of its core. Of what is captured while there is no connection, the last `hold_s` seconds
    are sent to the next one; None is as much as a talk needs.
    """

    #: Whether the user was told that there are more tools than the service takes.
    _too_many = False
    #: Why it connects again.
    lost_reason = ""
    #: Why a connection was lost last; None if none was.
    loss: ConnectionFailedError | None = None

    def __init__(
        self,
        endpoint: Endpoint,
        settings: SessionSettings | CaptionSettings,
        registry: ToolRegistry,
        runner: ToolRunner,
        journal: Journal,
        *,
        accounts: Accounts,
        policy: ReconnectPolicy | None = None,
        max_rounds: int = MAX_ROUNDS,
        clock: Clock = REAL_CLOCK,
        core: type[SessionCore] = SessionCore,
        hold_s: float | None = None,
    ) -> None:
        super().__init__()
        self._hold_s = hold_s
        self._make_core = partial(core, truncates=endpoint.capabilities.truncate, max_rounds=max_rounds)
        self.core: SessionCore = self._make_core(settings.false_interruption_timeout)
        #: Names the session to its pages.
        self.id = uuid.uuid4().hex
        #: The id of the session that took this one's place; empty if none did.
        self.successor = ""
        self.endpoint = endpoint
        self.settings = settings
        self.journal = journal
        journal.on_problem = self.problem
        self._timeline = TimelineBuilder()
        self._sounds = KeptSound(self._timeline.speech_of)
        journal.batched += [self._timeline.receive, self._sounds.receive]
        self.accounts = accounts
        self.clock = clock
        accounts.attach(self._warn, lambda: self.changed("money"), self.end)
        self.closed_reason = ""
        self.closed_by_person = False
        self.calls = CallScheduler(runner, self._tool_ended, lambda: self.changed("calls"), clock)
        self.tools = self.calls.by_id
        self.checks = CheckRunner(
            self.id,
            lambda: self.core,
            clock,
            problem=self.problem,
            tell=self.tell,
            end=self.end,
            changed=lambda: self.changed("state"),
        )
        #: Takes to the checks what the user writes, and what tools get and return.
        self.checked = CheckedTalk(self.checks, self.calls, lambda: self.core, self.perform)
        self.speaker: Speaker = InstantSpeaker()
        #: Called with a speaker that is to be used from now on.
        self.on_speaker: list[Callable[[Speaker], object]] = []
        self.taps = Taps()
        #: Called with each report of the speaker.
        self.on_positions: list[Callable[[list[PlayedTo]], object]] = []
        #: Called with the name of a tool whose images go to the model, and the id of their item.
        self.on_tool_images: list[Callable[[str, str], object]] = []
        #: Called when the user asks or says something by code or by typing, on the thread that does so.
        self.on_asked: list[Callable[[], object]] = []
        self._service_view = ServiceView(registry)
        #: Called with the name of each tool that the service refuses and a text; returns whether it is printed.
        self.print_refusal: Callable[[str, str], bool] = lambda _name, _text: False
        self._shutting: asyncio.Task[None] | None = None
        self._runner = runner
        #: Calls of tools that the user makes by hand.
        self.by_hand = HandRuns(registry, runner, self.spawn, lambda: self.changed("calls"))
        self._phase: ConnectionPhase = CONNECTION_PHASES.initial
        #: What the user was told of its end, if it did not end by the user's wish.
        self.ending = ""
        #: Why it ended, if only who waited for its start got to know that.
        self._unlogged = ""
        self.reconnector = Reconnector(policy or ReconnectPolicy(), clock)
        self._local = LocalStart(lambda: self.changed("state"))
        self._transport: Transport | None = None
        self._closing: list[asyncio.Task[None]] = []
        self._input = self._new_input()
        self._starting: asyncio.Task[None] | None = None
        self._tasks = BackgroundTasks(self._failed)
        self._timers = Timers(clock, lambda timer_id: self.perform(self.core.wake(timer_id)))
        self._registry = registry
        self.consent = self._new_consent()
        self.observe(self._follow_player, "state")
        self._announcements = Announcements(self)
        self._turn_ends: dict[str, asyncio.Future[Turn]] = {}
        self.speaker.attach(self)

    @property
    def timeline(self) -> TimelineBuilder:
        """What happened when in each turn, up to now."""
        self.journal.flush()
        self._timeline.audible = self.speaker.audible
        return self._timeline

    @property
    def sounds(self) -> KeptSound:
        """The sound of the talk's items, up to now."""
        self.journal.flush()
        return self._sounds

    @property
    def state(self) -> State:
        """What a user would see the session doing."""
        if self._phase != "open":
            return self._phase
        activity = self.core.activity
        return "preparing" if self._local.loading and activity == "listening" else activity

    def use_speaker(self, speaker: Speaker) -> Speaker:
        """Play through `speaker` from now on; returns the one before it."""
        before, self.speaker = self.speaker, speaker
        if before is not speaker:
            before.detach()
            speaker.attach(self)
        for listener in self.on_speaker:
            listener(speaker)
        return before

    async def start(self) -> None:
        """Connect and configure; returns at once if that is done, waits if it is being done.

        Raises
        ------
        ConnectionFailedError, ConfigurationError, LocalEndpointError
            If the endpoint cannot be reached, refuses the settings, or lacks what it needs.
        """
        if self._phase == "reconnecting":
            await self.until(lambda: self._phase != "reconnecting", topics=("state",))
        if self._phase == "open":
            return
        if self._phase == "closed":
            raise SessionClosedError(
                f"this session is over: {self.closed_reason}; "
                "await session.restart(), or make a new RealtimeSession"
            )
        if self._starting is None:
            self._starting = asyncio.create_task(self._open())
        try:
            await asyncio.shield(self._starting)
        except asyncio.CancelledError:
            if not self._starting.cancelled():
                raise
            raise SessionClosedError(f"this session is over: {self.closed_reason}") from None

    async def close(self, reason: str = "it was closed") -> None:
        """End the session in an orderly way, even if the caller is cancelled (as a tool that closes it is)."""
        if self._shutting is None:
            self._shutting = asyncio.create_task(self._shut(reason))
        await asyncio.shield(self._shutting)

    async def _shut(self, reason: str) -> None:
        self.closed_by_person |= self._phase != "closed"
        if self._starting and not self._starting.done():
            self._starting.cancel()
        self.end(reason)
        await self._tasks.wait()
        await self.calls.wait()
        await asyncio.gather(*self._closing)

    def reopen(self, keep_talk: bool) -> None:
        """Make a session that was closed ready to be started again; close it before, and wait for that.

        Parameters
        ----------
        keep_talk
            Whether the talk so far is put into the new connection, as text; otherwise it begins empty.
        """
        if keep_talk:
            self.perform(self.core.reopen())
        else:
            self.core = self._make_core(self.settings.false_interruption_timeout, ids=self.core.ids)
            self.calls.by_id.clear()
            self.sounds.clear()
            self.checks.attach()
        self.closed_reason, self.closed_by_person = "", False
        self._shutting = self._starting = None
        self._input = self._new_input()
        self.consent = self._new_consent()
        self._runner.reopen()
        self.calls.reopen()
        self._step("reopen")
        how = "and the talk so far is put back as text" if keep_talk else "from the beginning"
        self.tell(f"Started again {how}.")
        self.changed()

    def _follow_player(self) -> None:
        self.consent.follow_player()

    def _new_consent(self) -> Consent:
        return Consent(self.core, self._registry, self.calls, self.clock, self.perform)

    def _new_input(self) -> UserInput:
        return UserInput(self._send_sound, self.start_soon, self.tell, self.clock.time, self._hold_s)

    def perform(self, commands: list[Command]) -> None:
        """Execute the core's commands in order, and notify observers of what has changed."""
        plays = False
        for command in commands:
            match command:
                case Send(event):
                    self.send(event)
                case Play(block):
                    for listener in self.taps.play:
                        listener(block)
                    self.speaker.play(block)
                    plays = True
                case Silence():
                    self.speaker.silence()
                case Wake(timer_id, seconds) if self._phase != "closed":
                    self._timers.set(timer_id, seconds)
                case RunTool(call):
                    tool = (None, call.refused) if call.refused else self._service_view.to_run(call.name)
                    if self.checks.at("tool_arguments") and not call.refused:
                        self.spawn(self.checked.begin(call, *tool))
                    else:
                        self.calls.begin(call, *tool)
                case RunCheck(check_id, checked):
                    self.spawn(self.checked.decide(check_id, checked))
                case AskApproval(request):
                    self.consent.ask(request)
                case TurnEnded(turn):
                    end = self._turn_ends.pop(turn.id, None)
                    if end and not end.done():
                        end.set_result(turn)
        topics = self.core.take_changes()
        if "state" in topics and self._phase != "closed":
            for limit in self.core.begin_limits():
                self._timers.set(limit.id, limit.seconds)
        if plays:
            topics.add("playback")
        if topics:
            self.changed(*topics)

    def decide(self, decision: Decision, call_id: str, reason: str = "") -> None:
        """Apply the user's decision to a tool call, of a tool here or of one that the service calls."""
        self.consent.decide(decision, call_id, reason)

    def turn_end(self, turn: Turn) -> asyncio.Future[Turn]:
        """Return a future that is done with `turn`; if it is cancelled, nothing more is asked for the turn."""
        end: asyncio.Future[Turn] = asyncio.get_running_loop().create_future()
        turn.awaited = True
        if turn.done:
            end.set_result(turn)
        else:
            self._turn_ends[turn.id] = end
            end.add_done_callback(lambda end: self.perform(self.core.give_up(turn)) if end.cancelled() else None)
        return end

    def hear(self, pcm: bytes) -> None:
        """Pass on a block of captured sound; it starts the session if that has not begun."""
        if self._phase != "closed":
            for listener in self.taps.captured:
                listener(pcm)
        self._input.hear(pcm)

    def press(self) -> None:
        """Push-to-talk was pressed."""
        self.consent.pressed()
        self._input.do(lambda: self.perform(self.core.press()))

    def release(self) -> None:
        """Push-to-talk was released."""
        self._input.do(
            lambda: self.perform(self.core.release()), stale=lambda: self.perform(self.core.release(ask=False))
        )

    def microphone_closed(self, reason: str) -> None:
        """The microphone was closed or muted, or its page is gone: what is being said ends.

        Parameters
        ----------
        reason
            A reason of the page's report, ``"muted"``, or ``"page"`` if the page is gone.
        """
        self._input.do(lambda: self.perform(self.core.microphone_closed(reason)), connects=False)

    def say(self, text: str, action: Callable[[], None]) -> None:
        """Do what puts a written text into the conversation, once there is a connection, or say that it is lost.

        Parameters
        ----------
        text
            The text.
        action
            Puts it in.
        """
        self._input.do(action, text)
        self.changed("conversation")

    def begin_with(self, talk: EarlierTalk) -> None:
        """Put an earlier talk into the conversation, as text, once there is a connection; it asks for nothing."""
        self.tell(f"This talk goes on with an earlier one: {talk}.")
        self._input.do(lambda: self.perform([self.core.put(item) for item in talk.items]), connects=False)

    def forget(self, item_id: str) -> None:
        """Have the model forget an own item, once there is a connection."""
        self._input.do(lambda: self.perform(self.core.forget(item_id)), connects=False)

    def delete_item(self, item_id: str) -> None:
        """Take a message out of the talk; raises as `Editing.delete` does, and if the service cannot."""
        self.endpoint.capabilities.check_editing()
        self.perform([*self.core.editing.delete(item_id)])
        self.changed("conversation")

    def edit_item(self, item_id: str, text: str) -> None:
        """Put other words in the place of a message; raises as `Editing.edit` does, and if the service cannot."""
        self.endpoint.capabilities.check_editing()
        self.perform([*self.core.editing.edit(item_id, text)])
        self.changed("conversation")

    def give_result(self, number: int) -> None:
        """Give the model the result of a call by hand in place of the one that it has.

        Raises
        ------
        ConfigurationError
            If there is no such result, or the service deletes nothing.
        """
        self.endpoint.capabilities.check_editing()
        run = self.by_hand.all.get(number)
        output = run.result.output if run and run.result else ""
        commands = self.core.editing.replace_output(run.call_id if run else "", output)
        self.by_hand.give(number)
        self.perform([*commands])
        self.changed("calls", "conversation")

    @property
    def unsent(self) -> list[str]:
        """Texts that wait for a connection."""
        return self._input.texts

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
                if self._phase != "closed" or self.closed_reason not in str(error):
                    self.problem(str(error))
                elif unlogged := self._unlogged:  # the user was told of it
                    self._unlogged = ""
                    log.error("%s", unlogged)

        self.spawn(reporting())

    def problem(self, text: str) -> None:
        """Report an error to the user, in the transcript and in the log."""
        text = masked(text)
        log.error("%s", text)
        self.core.notice("error", text)
        self.perform([])

    def _left_out(self, text: str) -> None:
        """Tell the user of an event that could not be used."""
        log.log(logging.ERROR if self.core.notices.left_out(text) else logging.DEBUG, "%s", text)
        self.perform([])

    def played(self, positions: list[PlayedTo]) -> None:
        """Apply the speaker's positions."""
        self.journal.played(positions)
        for listener in self.on_positions:
            listener(positions)
        self.perform(self.core.played(positions))

    def silenced(self, positions: list[PlayedTo]) -> None:
        """Apply the speaker's final positions after a stop."""
        self.journal.played(positions)
        for listener in self.on_positions:
            listener(positions)
        self.perform(self.core.silenced(positions))

    def update_tools(self) -> None:
        """Send the current tools to the service, if an update is due; see `ServiceView`."""
        if self._phase == "open" and self._service_view.due:
            event_id = self.core.new_id("tools")
            session = {"type": "realtime", "tools": self._counted(self._service_view.announce(event_id))}
            self.send(ev.SessionUpdate(event_id=event_id, session=session))
        self.changed("state")

    async def tools_told(self, limit_s: float) -> None:
        """Wait until the service has answered for the current tools; at once if there is no connection."""
        await self.until(lambda: self._phase != "open" or self._service_view.settled, limit_s, topics=("state",))

    def _tell_refused_tools(self) -> None:
        for name, text in self._service_view.take_news():
            if self.print_refusal(name, text):
                self.tell(text)
            else:
                self.problem(text)

    def _counted(self, tools: list[ev.JsonObject]) -> list[ev.JsonObject]:
        """Return tools, and tell the user once if they are more than services take."""
        many, self._too_many = self._too_many, len(tools) > MAX_TOOLS
        if self._too_many and not many and not self.endpoint.local:
            self.problem(
                f"The session has {len(tools)} tools, and services take {MAX_TOOLS} at most: they may refuse all "
                "of them. Disable some, as by session.tools.disable(name), or add fewer of an MCP server."
            )
        return tools

    def send(self, event: ev.ClientEvent) -> None:
        """Send an event, if there is a connection."""
        # Without a connection the core keeps its decisions, and applies them to the next one.
        if self._transport and self._phase == "open":
            self.journal.record("client", event)
            if isinstance(event, ev.ResponseCreate):
                self._service_view.sent(event)
            elif isinstance(event, ev.ItemCreate):
                self.accounts.sent(event)
            self._transport.send(event)

    def _send_sound(self, pcm: bytes) -> None:
        # A block changes nothing that the user sees, so observers are not notified.
        if self.checks.keep_sound:
            self.checks.heard(pcm)
        if self._transport and self._transport.has_room():
            self.perform(self.core.hear(pcm))
        else:
            self.core.missed(len(pcm))

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a coroutine until the session ends; its failure ends the session."""
        return self._tasks.spawn(coroutine)

    def _failed(self, error: BaseException) -> None:
        self.end(f"an error in the package: {type(error).__name__}: {error}", error)

    def _step(self, event: ConnectionEvent) -> None:
        self._phase = CONNECTION_PHASES[self._phase, event]
        self.changed("state")

    async def _open(self) -> None:
        self._step("start")
        shared_engine().end_with_process(self)
        try:
            if self.endpoint.local:
                await self._start_local()
            await self._connect()
            self.spawn(self.accounts.watch())
        except RealtimeWidgetsError as error:
            self.end(str(error), raised=True)
            raise
        except Exception as error:
            self._failed(error)
            raise
        if self.endpoint.local:
            self.run(self._local.watch())

    async def _connect(self) -> None:
        try:
            await self._attach_new()
        except ConnectionFailedError as error:
            if not self.endpoint.ask_again(error.close_code):
                raise
            await self._connect()

    async def _start_local(self) -> None:
        self.endpoint = await self._local.start(self.endpoint)

    async def _attach_new(self) -> None:
        await self._attach(await connect(self.endpoint))

    async def _attach(self, connection: Connection) -> None:
        """Talk over this connection from now on: put the talk into it; raises as `_configure` does."""
        first = self._phase == "connecting"
        transport = self._transport = Transport(
            connection, self._came, self._jammed, self._transport_lost, self.spawn
        )
        try:
            await self._configure_all(transport)
        except RealtimeWidgetsError:
            self._close_transport(transport)
            raise
        self._step("opened")
        if first:
            shared_engine().responsiveness.acquire()
        self.update_tools()
        self.perform(self.core.resume())
        self._input.open()
        self.spawn(
            self.reconnector.hand_over(
                self.core.settings.get("expires_at"),
                lambda limit_s: self.until(self.core.quiet, limit_s, topics=("state",)),
                lambda: connect(self.endpoint),
                self._move,
            )
        )

    async def _configure_all(self, transport: Transport) -> None:
        """Put all settings into effect, but no tools that the endpoint refuses; raises as `_configure` does."""
        view, event_id = self._service_view, CONFIGURE_ID
        tools: list[ev.JsonObject] | None = self._counted(view.restart())
        while tools is not None:
            try:
                config = self.settings.session(tools, self.endpoint.heard_by)
                await self._configure(transport, config, event_id)
            except SettingsRefusedError as refusal:
                if (tools := view.refused(refusal.detail)) is None:
                    raise
            else:
                tools = view.accepted()
            event_id = self.core.new_id("tools")
        self._tell_refused_tools()

    async def _configure(self, transport: Transport, config: ev.JsonObject, event_id: str = CONFIGURE_ID) -> None:
        """Send settings over a connection, and wait until they are in effect.

        Raises
        ------
        ConnectionFailedError, ConfigurationError
            If it is lost or never answers, or if the endpoint refuses the settings.
        """
        core, updates, title = self.core, self.core.updates, self.endpoint.title
        core.errors.pop(event_id, None)
        transport.unnamed_refusal = None
        event = ev.SessionUpdate(event_id=event_id, session=config)
        self.journal.record("client", event)
        transport.send(event)

        def answered() -> bool:
            over = transport.error or self.closed_reason
            return bool(core.updates > updates or event_id in core.errors or over)

        # Before a session is open there is nothing else that an error can be about.
        alone = self._phase != "open"
        await self.until(
            lambda: answered() or (alone and transport.unnamed_refusal is not None),
            CONFIGURE_TIMEOUT_S,
            topics=("state",),
        )
        if alone and not answered():
            await self.until(answered, UNNAMED_REFUSAL_S, topics=("state",))
        refusal = core.errors.get(event_id)
        if not answered():
            refusal = transport.unnamed_refusal
        if not (answered() or refusal):
            raise ConnectionFailedError(
                f"{title} took the connection and then did not answer for {CONFIGURE_TIMEOUT_S:g} s;"
                " does it speak the Realtime protocol (GA)?",
                unreachable=True,
            )
        if refusal:
            raise SettingsRefusedError(title, refusal)
        if (error := transport.error) and (said := transport.unnamed_refusal) and alone:
            raise ConnectionFailedError(
                f"{error}; before that it said: {said.message or said.code}", close_code=error.close_code
            )
        if transport.error:
            raise transport.error
        if self.closed_reason:
            raise ConnectionFailedError(self.closed_reason)

    async def change(self, settings: SessionSettings | CaptionSettings) -> None:
        """Change the settings.

        Raises
        ------
        ConnectionFailedError, ConfigurationError
            If the connection is lost meanwhile, or if the endpoint refuses the settings.
        """
        before: Any = self.settings  # of the same kind
        changes = settings.changes_from(before, self.endpoint.heard_by)
        if self._transport and self._phase == "open" and len(changes) > 1:
            await self._configure(self._transport, changes, self.core.new_id("change"))
        self.settings = settings
        self.core.interruptions.limit_s = settings.false_interruption_timeout
        self.changed("state")

    def _detach(self) -> Callable[[], None]:
        """Stop talking over the present connection; returns what closes it."""
        transport, self._transport = self._transport, None
        self._step("lost")
        self._input.hold()
        self.perform(self.core.lost(self.reconnector.policy.repeats))
        return lambda: self._close_transport(transport)

    def _transport_lost(self, transport: Transport) -> None:
        """Try another connection, or end the session."""
        self.changed("state")  # its settings may still be waited for
        error = transport.error
        if transport is not self._transport or self._phase != "open" or error is None:
            return
        self.loss = error
        for response in self.core.running_responses():
            self.accounts.cut_off(response, self.core.conversation, self.core.ledger)
        if not self.reconnector.policy.recoverable(error, transport.expired, self.endpoint.local):
            self.end(str(error))
            return
        if not self.accounts.check():
            return
        self.lost_reason = str(error)
        self.passing("connection", f"{self.lost_reason[0].upper()}{self.lost_reason[1:]}; connecting again.")
        self._detach()()
        self.spawn(self._reconnect(error))

    async def _reconnect(self, loss: ConnectionFailedError) -> None:
        failure = await self.reconnector.reconnect(self._attach_new, loss, self.endpoint.local)
        if failure:
            self.end(failure)
        else:
            self.passed("connection", f"Connected again ({loss}); the conversation so far was put back as text.")

    async def _move(self, connection: Connection) -> None:
        """Talk over another connection before the present one ends."""
        close = self._detach()
        try:
            await self._attach(connection)
        except ConnectionFailedError as failed:
            await self._reconnect(failed)
        except RealtimeWidgetsError as failed:
            self.end(str(failed))
        else:
            self.tell("Moved to a new connection before the session's time was over; the talk goes on.")
        close()

    def _close_transport(self, transport: Transport | None) -> None:
        if transport:
            self._closing = [closing for closing in self._closing if not closing.done()]
            self._closing.append(asyncio.create_task(transport.close()))

    def tell(self, text: str) -> None:
        """Tell the user something that is not an error."""
        text = masked(text)
        log.info("%s", text)
        self._warn(text)

    def passing(self, subject: str, text: str, kind: Literal["notice", "error"] = "notice") -> None:
        """Tell the user of a state that will pass, until `passed`; see `Notices.passing`."""
        text = masked(text)
        log.info("%s", text)
        self.core.notices.passing(subject, kind, text)
        self.perform([])

    def passed(self, subject: str, text: str = "") -> None:
        """Take back what was told of a state that has passed; with `text` that is told in its place."""
        self.core.notices.passed(subject, masked(text))
        self.perform([])

    def _jammed(self, jammed: bool) -> None:
        if jammed:
            self.passing("network", "The connection is too slow: what you say now is lost.", "error")
        else:
            self.passed("network", "The connection was too slow for a while: some of what you said is lost.")

    def _warn(self, text: str) -> None:
        self.core.notice("notice", text)
        self.perform([])

    def _came(self, event: ev.AnyServerEvent | ValueError) -> None:
        if isinstance(event, ValueError):
            self._left_out(f"{event}; it was left out.")
        else:
            self.received(event)

    def received(self, event: ev.AnyServerEvent) -> None:
        """Apply an event of the server."""
        kind = type(event)
        self.journal.record("server", event)
        if kind in SPOKEN:
            self.consent.hears(event)
        if self.checks.keep_sound and isinstance(event, ev.OutputAudioDelta):
            self.checks.spoken(event)
        try:
            commands = self.core.receive(event)
        except Exception:
            # One event of a shape nobody foresaw must not end the talk.
            log.exception("the event %s could not be used", event.type)
            self._left_out(f"The server's event {event.type} could not be used; it was left out.")
            commands = []
        if kind in COUNTED:
            self.accounts.receive(event)  # by now a response without an id has one
            if isinstance(event, ev.ResponseDone) and event.response.get("status") == "completed":
                self.reconnector.lasts()
        if kind in _TOOLS_DUE and self._service_view.received(event):
            self._tell_refused_tools()
            self.update_tools()
        self.perform(commands)
        if kind in COMPLETE:
            self.consent.settle()
        if kind in COUNTED:
            self.accounts.check()

    def _tool_ended(self, running: RunningCall) -> None:
        if self._phase != "closed" and (self.checks.at("tool_result") or self.checks.at("picture")):
            self.spawn(self._deliver_checked(running))
        else:
            self._deliver(running)

    async def _deliver_checked(self, running: RunningCall) -> None:
        await self.checked.result(running)
        self._deliver(running)
        self.changed("calls")

    def _deliver(self, running: RunningCall) -> None:
        if running.result and self._phase != "closed":
            commands = self.core.tool_finished(running.call.call_id, running.result.output)
            if commands and running.result.images:
                seen = self.endpoint.capabilities.images
                item = picture_item(self.core.new_id(PICTURE), running.result.images, seen)
                commands.insert(1, self.core.put(item))
                for listener in self.on_tool_images:
                    listener(running.call.name, str(item["id"]))
            self.perform(commands)

    def end(self, reason: str, error: BaseException | None = None, *, raised: bool = False) -> None:
        """End the session now; waiting callers receive the reason.

        Parameters
        ----------
        reason
            Why, as the user reads it.
        error
            What went wrong in the package, if that is why.
        raised
            Whether somebody waits who receives the reason as an error, so that it need not be logged.
        """
        if self._phase == "closed":
            return
        if self._phase in ("open", "reconnecting"):
            shared_engine().responsiveness.release()
        self.closed_reason = reason = masked(reason)
        self._step("end")
        self._tell_unsent(self._input.close())
        self.core.notices.all_passed()
        if not self.closed_by_person:
            text = f"The session ended: {reason}{'' if reason.endswith(('.', '?')) else '.'}"
            self._unlogged = text if raised else ""
            log.log(logging.INFO if raised else logging.ERROR, "%s", text, exc_info=error)
            self.ending = text
            self._warn(text)  # the status has it as the problem that it is, beside the way on
        self.perform(self.core.fail_open_turns(reason))
        self.calls.stop("the session ended before the tool did")
        self.consent.stop()
        self._timers.stop()
        self._tasks.cancel()
        self._runner.close()
        self.checks.close()
        self._close_transport(self._transport)
        self._closing += [asyncio.create_task(leave()) for leave in self.taps.end]
        self.changed()

    def _tell_unsent(self, texts: list[str]) -> None:
        if texts:
            say = self.tell if self.closed_by_person else self.problem
            say(f"Not sent, because there was no connection: {', '.join(map(quoted, texts))}.")
