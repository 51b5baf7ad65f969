"""The audio port: an internal widget that transports only audio, positions and commands.

Twin of `js/src/widgets/sound/port.ts`; the messages are in `messages/port.py`. Its comm handlers only pass
messages to the I/O thread, where everything else here runs. `core/presence/pages.py` decides which page plays and
captures.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from weakref import WeakKeyDictionary, WeakMethod, ref

import ipywidgets
import traitlets
from msgspec import UNSET

from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.core.playback.ledger import Part, PlayedTo
from realtime_widgets.core.presence.pages import (
    PAGE_SIGN_S,
    TICK_S,
    MicrophoneLost,
    Name,
    Pages,
    PresenceCommand,
    Roll,
    ViewsChanged,
)
from realtime_widgets.runtime.sound.speakers import InstantSpeaker, SpeakerListener
from realtime_widgets.widgets import messages as msg
from realtime_widgets.widgets.base import RealtimeWidget, SessionReference, asking_client, bundle
from realtime_widgets.widgets.running_cell import running_cell
from realtime_widgets.widgets.sound.lanes import PageLanes
from realtime_widgets.widgets.sound.silence_check import TONE_ITEM, SilenceCheck

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.concurrency.clock import Timer
    from realtime_widgets.core.playback.pacing import Block
    from realtime_widgets.runtime.session_runtime import SessionRuntime
    from realtime_widgets.widgets.base import HearingSession

#: Length of a captured block, in milliseconds.
BLOCK_MS = 20.0
#: Longest message of the microphone during speech, in milliseconds; shorter ones cost the kernel more than they
#: save.
GROUP_MS = 60.0
#: How late a block of the first answer may arrive, in milliseconds; for later answers the page measures the
#: jitter.
STARTUP_MS = 40.0
#: The same two on the direct lane, whose messages cost next to nothing, in milliseconds.
LANE_GROUP_MS = 20.0
LANE_STARTUP_MS = 20.0
#: How long a page may take to load the port, or to come back, before audio is played without a page, in seconds.
PAGE_GRACE_S = 5.0
#: How long a page may take to report where it stopped, in seconds.
CLEAR_TIMEOUT_S = 1.0
#: How long a page may be silent while it should be playing, in seconds.
PAGE_SILENT_S = 4.0
#: A cell has to run this long before the page says that nobody hears meanwhile, in seconds.
BUSY_AFTER_S = 1.0


class _WeakListener:
    """Passes a speaker's reports to a session without keeping it alive."""

    def __init__(self, listener: SpeakerListener) -> None:
        self._listener = ref(listener)

    def played(self, positions: list[PlayedTo]) -> None:
        """Pass on the samples of each part that were heard so far."""
        if listener := self._listener():
            listener.played(positions)

    def silenced(self, positions: list[PlayedTo]) -> None:
        """Pass on where each part stopped."""
        if listener := self._listener():
            listener.silenced(positions)


@dataclass
class PortStatistics:
    """What went wrong with pages, and was made up for.

    Attributes
    ----------
    silences_unanswered
        Times a page did not say in time where it fell silent; its last known position was used.
    stalls
        Times a page that lives did not play what it got; the rest counted as read.
    moves
        Times the sound moved from one page to another.
    lost
        Messages of captured sound that did not come, of up to 100 ms each.
    """

    silences_unanswered: int = 0
    stalls: int = 0
    moves: int = 0
    lost: int = 0


class AudioPort(RealtimeWidget):
    """Sound between one session and the pages that show it; a `Speaker` of the session.

    Parameters
    ----------
    session
        The session that talks through it.

    Attributes
    ----------
    idle_off_s, hidden_off_s
        After how long without speech, or with the tab hidden, the microphone closes by itself, in seconds; None is
        never. `configure` sends them.
    on_microphone
        Called on the I/O thread with each report of the microphone.
    on_views
        Called on the I/O thread with the number of views, when it has changed.
    playback
        The page's last report of its player: counters, queue, start-up buffer.
    statistics
        What went wrong with pages.
    """

    _esm = bundle("port.js")
    port_id = traitlets.Unicode(read_only=True).tag(sync=True)

    def __init__(self, session: HearingSession) -> None:
        self._session = SessionReference(session)
        self._engine = shared_engine()
        self._clock = session.runtime.clock
        self._id = port_id_of(session)
        self._listener: SpeakerListener | None = None
        self._pages = Pages()
        #: The page that gets the sound; None if no page would play it.
        self._player: str | None = None
        self._generation = 0
        #: Blocks for a page that is about to come.
        self._waiting: list[Block] = []
        #: Blocks that the page has, and that were not heard to their end, in order.
        self._with_page: deque[Block] = deque()
        self._nobody = InstantSpeaker()
        self._alone = False
        self._grace: Timer | None = None
        self._clearing: Timer | None = None
        #: Silences that the page has not answered.
        self._unanswered = 0
        self._watch: Timer | None = None
        self._beating: Timer | None = None
        #: Whether the microphone sends: it is on, and not muted.
        self._sends = False
        #: Whether sound is dropped until the page numbers it from 0 again: what it sent before comes late.
        self._deaf = False
        #: Number of the next message of sound.
        self._next_sound = 0
        #: Whether messages of pages wait for the running cell, because the front end has no subshells.
        self._in_shell = False
        self._check = SilenceCheck(self._clock, self._command, self._next_generation)
        self._lanes = PageLanes(self._clock, super()._command, self._report, self._lane_changed, self._tell_misfit)
        self.idle_off_s: float | None = None
        self.hidden_off_s: float | None = None
        self.on_microphone: list[Callable[[msg.MicrophoneReport], None]] = []
        self.on_views: list[Callable[[int], object]] = []
        self.playback: msg.Playback | None = None
        self.statistics = PortStatistics()
        super().__init__()
        self._listen(msg.CommReport, self._hand_over)
        self._engine.run(self._open_port, session.runtime)

    @traitlets.default("port_id")
    def _new_port_id(self) -> str:
        return self._id

    @property
    def audible(self) -> bool:
        """Whether a page plays."""
        return self._player is not None

    @property
    def capturing(self) -> bool:
        """Whether a page's microphone sends."""
        return self._sends

    @property
    def views(self) -> int:
        """How many views of the session are in pages that live."""
        return self._pages.views

    def attach(self, listener: SpeakerListener) -> None:
        """Begin to serve a session."""
        self._listener = _WeakListener(listener)
        self._nobody.attach(self._listener)

    def detach(self) -> None:
        """Stop."""
        self._listener = None
        self._nobody.detach()

    def play(self, block: Block) -> None:
        """Send a block to the page. Without a page it waits a little, and then counts as read."""
        self._check.give_way()
        if self._player is not None:
            self._send_block(block)
        elif self._alone:
            self._nobody.play(block)
        else:
            self._waiting.append(block)

    def silence(self) -> None:
        """Silence the page; it answers with its final positions."""
        self._check.give_way()
        self._waiting.clear()
        self._with_page.clear()
        self._generation += 1
        if self._player is None:
            self._nobody.silence()
            return
        self._command(msg.Clear(self._generation))
        self._unanswered += 1
        if self._clearing is None:
            self._clearing = self._clock.call_later(CLEAR_TIMEOUT_S, self._not_cleared)

    def close_microphone(self, reason: msg.CloseReason = "user") -> None:
        """Close the page's microphone."""
        self._command(msg.CloseMicrophone(reason))

    def configure(self, input_mode: msg.InputMode) -> None:
        """Send the port's settings to the page."""
        direct = self.round_trip_ms is not None
        group_ms, startup_ms = (LANE_GROUP_MS, LANE_STARTUP_MS) if direct else (GROUP_MS, STARTUP_MS)
        settings = (BLOCK_MS, group_ms, startup_ms, input_mode, self.idle_off_s, self.hidden_off_s)
        self._command(msg.Configure(*settings))

    def asked_by(self, client: str) -> None:
        """Let the page of a client have the sound: its user typed, or ran a cell that asks.

        Parameters
        ----------
        client
            Id of the front end's connection to the kernel, of the header of its messages.
        """
        if session := self._session.get():
            talking = session.runtime.core.user_speaking
            self._obey(session.runtime, self._pages.asked_by(client, self._clock.time(), talking))

    def _open_port(self, runtime: SessionRuntime) -> None:
        runtime.use_speaker(self)
        runtime.on_asked.append(_weakly(self._asked))
        runtime.observe(_weakly(self._look_for_end), "state")
        self._wait_for_page()

    def _look_for_end(self) -> None:
        session = self._session.get()
        if session and self._pages.capturing and session.runtime.state == "closed":
            self.close_microphone("closed")

    def _asked(self) -> None:
        """Note who asks; on the thread that asks."""
        if client := asking_client():
            self._engine.call(self.asked_by, client)

    def _hand_over(self, report: msg.CommReport, buffers: list[Any]) -> None:
        # Runs on the thread on which the kernel handles comms, so it only passes the report on.
        self._in_shell = threading.current_thread() is threading.main_thread()
        match report:
            case msg.Hello():
                self._engine.call(self._hello, report, asking_client())
            case msg.LaneAsk() | msg.LaneMove() | msg.NumberedReport() | msg.Acknowledged():
                self._engine.call(self._lanes.hear, report, buffers)
            case _:
                self._engine.call(self._report, report, buffers)

    def _command(self, command: msg.Message, buffers: list[bytes] | None = None) -> None:
        """Send to the page that sounds, or to all, each over its lane if it has one."""
        if isinstance(command, msg.Configure | msg.Play | msg.End | msg.Clear):
            sounding = self._pages.sounding
            if sounding is not None and self._lanes.send(sounding, command, buffers):
                return
        elif isinstance(command, msg.Beat):
            self._lanes.send_all(msg.Beat())  # what comes on a lane waits for no cell
            if self._pages.ids <= self._lanes.numbered:
                return
        elif isinstance(command, msg.Activate | msg.CloseMicrophone | msg.Roll):
            self._lanes.send_all(command)
        super()._command(command, buffers)

    def _lane_changed(self, page_id: str) -> None:
        session = self._session.get()
        if session is not None and page_id == self._pages.sounding:
            self.configure("open" if session.runtime.settings.hands_free else "push_to_talk")

    def _hello(self, report: msg.Hello, client: str) -> None:
        self._lanes.forget(report.page_id)
        if session := self._session.get():
            now = self._clock.time()
            commands = self._pages.hello(report.page_id, report.views, report.sound, now, client)
            self._obey(session.runtime, commands)

    def _report(self, report: msg.PortReport, buffers: list[Any]) -> None:
        session = self._session.get()
        if session is None:
            return
        runtime, pages, now = session.runtime, self._pages, self._clock.time()
        match report:
            case msg.Here(page_id, views, sound):
                return self._obey(runtime, pages.here(page_id, views, sound, now))
            case msg.Bye(page_id):
                self._lanes.forget(page_id)
                return self._obey(runtime, pages.bye(page_id, now))
            case msg.Claim(page_id):
                return self._obey(runtime, pages.claim(page_id, now))
        if commands := pages.sign(report.page_id, now):
            self._obey(runtime, commands)
        if report.page_id != pages.sounding:
            return
        match report:
            case msg.Audio():
                self._deaf = self._deaf and report.sequence > 0
                self.statistics.lost += max(0, report.sequence - self._next_sound) if report.sequence else 0
                self._next_sound = report.sequence + 1
                if not self._deaf:
                    runtime.hear(bytes(buffers[0]))
                if report.playback is not UNSET:
                    self._played(report.playback)
            case msg.Playback():
                self._played(report)
            case msg.Cleared():
                # Otherwise it is late, or nothing of the talk was cleared.
                if self._unanswered and report.generation != self._check.cleared:
                    self._cleared(report.positions)
            case msg.Interrupt():
                self._interrupted(runtime)
            case msg.Talk():
                (runtime.press if report.pressed else runtime.release)()
            case msg.CheckSilence(page_id, step):
                self._check_silence(runtime, page_id, step)
            case msg.MicrophoneReport():
                self._microphone(runtime, report)

    # Which page plays

    def _obey(self, runtime: SessionRuntime, commands: list[PresenceCommand]) -> None:
        for command in commands:
            match command:
                case MicrophoneLost(reason):
                    self._lose_microphone(runtime, reason)
                case Name(page_id, begins):
                    self._name(runtime, page_id, begins)
                case Roll():
                    self._command(msg.Roll())
                    self._clock.call_later(PAGE_SIGN_S, self._look)
                case ViewsChanged(views):
                    for listener in list(self.on_views):
                        listener(views)
        if self._player != self._pages.player:
            self._move(runtime)
        if self._beating is None and self._pages.watched:
            self._beat()

    def _name(self, runtime: SessionRuntime, page_id: str, begins: bool) -> None:
        self._command(msg.Activate(page_id))
        if not begins:
            return
        self.configure("open" if runtime.settings.hands_free else "push_to_talk")
        self._move(runtime)

    def _move(self, runtime: SessionRuntime) -> None:
        """Play where the sound is now, from where the last page was heard; without a page, count as read."""
        self._check.give_way()
        before, self._player = self._player, self._pages.player
        self.statistics.moves += None not in (before, self._player) and before != self._player
        self._stop_watch()
        rest = [*self._with_page, *self._waiting]
        self._with_page.clear()
        self._waiting.clear()
        self._generation += bool(before)  # a page that wakes up later must not play what it still holds
        if self._pages.sounding is not None:
            self._stop_waiting()
            self._alone = self._player is None
            if self._generation:
                self._command(msg.Clear(self._generation))
        elif before is not None:
            self._wait_for_page()
        for block in rest:
            self.play(block)
        while self._unanswered:
            self._cleared([])

    def _wait_for_page(self) -> None:
        self._stop_waiting()
        self._alone = False
        self._grace = self._clock.call_later(PAGE_GRACE_S, self._no_page_came)

    def _stop_waiting(self) -> None:
        if self._grace is not None:
            self._grace.cancel()
            self._grace = None

    def _no_page_came(self) -> None:
        self._grace = None
        self._alone = True
        for block in self._waiting:
            self._nobody.play(block)
        self._waiting.clear()

    def _beat(self) -> None:
        """Tell the pages that the kernel lives, and look which of them do."""
        self._beating = None
        if self._session.get() is None:
            return self._lanes.close()
        if not self._pages.watched:
            return
        self._beating = self._clock.call_later(TICK_S, self._beat)
        self._deaf = self._deaf or not self.hears
        self._lanes.check()
        self._command(msg.Beat(heard=self.hears))
        self._look()

    def _look(self) -> None:
        if session := self._session.get():
            self._obey(session.runtime, self._pages.tick(self._clock.time(), self.hears))

    @property
    def hears(self) -> bool:
        """Whether messages of pages come now: without subshells they wait for the running cell."""
        return not self._in_shell or self.cell_s < BUSY_AFTER_S or self.round_trip_ms is not None

    @property
    def round_trip_ms(self) -> float | None:
        """The way to the page that sounds and back on the direct lane, in milliseconds; None if it has no lane."""
        return self._lanes.round_trip_ms(self._pages.sounding)

    @property
    def cell_s(self) -> float:
        """For how long a cell has been running, in seconds."""
        return running_cell().seconds

    # Playing

    def _send_block(self, block: Block) -> None:
        item_id, content_index = block.part
        if block.pcm:
            self._command(msg.Play(self._generation, item_id, content_index, block.start), [block.pcm])
            self._expect_word()
        if block.last:
            self._command(msg.End(self._generation, item_id, content_index))
        self._with_page.append(block)

    def _played(self, report: msg.Playback) -> None:
        self.playback = report
        positions = _played_to([each for each in report.positions if each.item_id != TONE_ITEM])
        if report.generation == self._generation:
            self._drop_heard(dict(positions))
            if self._listener and self._clearing is None:
                self._listener.played(positions)
        self._stop_watch()
        if report.playing:
            self._expect_word()

    def _drop_heard(self, played: dict[Part, int]) -> None:
        """Forget what the page has played, up to the middle of a block; it plays the parts in order."""
        if not any(block.part in played for block in self._with_page):
            return
        while self._with_page[0].part not in played:
            self._with_page.popleft()
        while self._with_page and (first := self._with_page[0]).part in played:
            if (rest := first.unheard(played[first.part])) is not None:
                self._with_page[0] = rest
                return
            self._with_page.popleft()

    def _cleared(self, positions: list[msg.Position]) -> None:
        self._unanswered = max(0, self._unanswered - 1)
        if self._clearing is not None and not self._unanswered:
            self._clearing.cancel()
            self._clearing = None
        self._stop_watch()
        if self._listener:
            self._listener.silenced(_played_to(positions))

    def _not_cleared(self) -> None:
        self._clearing = None
        self.statistics.silences_unanswered += 1
        while self._unanswered:
            self._cleared([])

    def _interrupted(self, runtime: SessionRuntime) -> None:
        before = self._generation
        runtime.perform(runtime.core.interrupt())
        if self._generation == before:
            # Nothing was left to cut, but the page waits for a new generation.
            self._generation += 1
            self._command(msg.Clear(self._generation))

    def _next_generation(self) -> int:
        self._generation += 1
        return self._generation

    def _check_silence(self, runtime: SessionRuntime, page_id: str, step: Literal["tone", "cut"]) -> None:
        """Play the test tone if nothing of the talk is played or about to be, or interrupt it."""
        if step == "cut":
            self._check.cut()
        elif self._player == page_id and runtime.core.quiet() and not self._unanswered and not self._check.running:
            self._check.begin(page_id, self._generation)
        else:
            self._check.refuse(page_id)

    def _expect_word(self) -> None:
        if self._watch is None:
            self._watch = self._clock.call_later(PAGE_SILENT_S, self._stalled)

    def _stop_watch(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def _stalled(self) -> None:
        """Let what the page does not play count as read: it is asleep, or waits for a click and did not say so."""
        self._watch = None
        if not self.hears:
            return self._expect_word()
        self.statistics.stalls += 1
        if session := self._session.get():
            self._obey(session.runtime, self._pages.stalled(self._clock.time()))

    # The microphone

    def _microphone(self, runtime: SessionRuntime, report: msg.MicrophoneReport) -> None:
        self._pages.microphone(report.page_id, report.state in ("opening", "on"), self._clock.time())
        sent, self._sends = self._sends, report.state == "on" and not report.muted
        if report.notice is not UNSET:
            runtime.tell(report.notice)
        if report.state == "on":
            runtime.start_soon()
        if sent and not self._sends:
            runtime.microphone_closed("muted" if report.state == "on" else report.reason or "user")
        for listener in self.on_microphone:
            listener(report)

    def _lose_microphone(self, runtime: SessionRuntime, reason: msg.CloseReason) -> None:
        """Do what the page cannot do any more: report that its microphone is closed."""
        self._deaf = True
        self._microphone(runtime, msg.MicrophoneReport(self._pages.sounding or "", "off", reason=reason))


_ports: WeakKeyDictionary[HearingSession, AudioPort] = WeakKeyDictionary()


def port_reference() -> Any:
    """Return a trait by which a widget brings its session's port into every page that shows the widget.

    The port has no view, and several front ends make only the models that what they show refers to.
    """
    trait: Any = traitlets.Instance(AudioPort, allow_none=True)
    return trait.tag(sync=True, **ipywidgets.widget_serialization)


def port_id_of(session: HearingSession) -> str:
    """Return the id of the session's port, by which its widgets find each other in a page; it opens none."""
    return session.runtime.id


def port_of(session: HearingSession) -> AudioPort:
    """Return the session's audio port, which is opened at the first call; all widgets of a session share it."""
    port = _ports.get(session)
    if port is None:
        port = _ports[session] = AudioPort(session)
    port.reopen()
    return port


def _weakly(method: Callable[[], None]) -> Callable[[], None]:
    """Return a function that calls `method` as long as its object lives."""
    weak = WeakMethod(method)

    def call() -> None:
        if found := weak():
            found()

    return call


def _played_to(positions: list[msg.Position]) -> list[PlayedTo]:
    return [PlayedTo(Part(each.item_id, each.content_index), each.played) for each in positions]
