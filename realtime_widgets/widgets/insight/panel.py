"""`InsightPanel`: time, events, money, tools and settings of a session, while somebody looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import traitlets

from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.concurrency.tasks import BackgroundTasks
from realtime_widgets.core.settings import SessionSettings, changed
from realtime_widgets.errors import RealtimeWidgetsError
from realtime_widgets.runtime.as_code import session_as_code
from realtime_widgets.widgets import messages as msg
from realtime_widgets.widgets.base import RealtimeWidget, SessionReference, bundle
from realtime_widgets.widgets.insight.as_test import talk_as_test
from realtime_widgets.widgets.insight.events import EventList, payload
from realtime_widgets.widgets.insight.money import money_of
from realtime_widgets.widgets.insight.search import search
from realtime_widgets.widgets.insight.settings import changes_of, shown_settings
from realtime_widgets.widgets.insight.tools import tool_rows, tried
from realtime_widgets.widgets.insight.turns import turn_detail, turn_row
from realtime_widgets.widgets.sound.port import port_id_of, port_of

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from realtime_widgets.runtime.session_runtime import SessionRuntime
    from realtime_widgets.widgets.base import ShownSession

#: How often what is looked at is brought up to date, in seconds.
REFRESH_S = 0.25


class InsightPanel(RealtimeWidget):
    """Shows what happens in a session; it sends nothing unless a page shows it.

    Parameters
    ----------
    session : RealtimeSession
        The session to look into.

    Attributes
    ----------
    tab : str
        The part that is shown: ``"time"``, ``"events"``, ``"money"``, ``"tools"`` or ``"settings"``.
    turn : int
        Number of the turn whose time is shown; 0 is the newest one.
    on_close : callable
        Called when the user closes it.
    """

    _esm = bundle("insight.js")
    port_id = traitlets.Unicode().tag(sync=True)
    tab = traitlets.Enum(list(get_args(msg.InsightTab)), "time").tag(sync=True)
    turn = traitlets.Int(0).tag(sync=True)

    def __init__(self, session: ShownSession) -> None:
        self._session = SessionReference(session)
        self._engine = shared_engine()
        self.on_close: Callable[[], object] = lambda: None
        #: What each page shows, by the page's id.
        self._watching: dict[str, str] = {}
        self._events = EventList()
        self._tasks = BackgroundTasks()
        #: Searches that go on, by the page's id: a page's next one takes the place of the one before.
        self._seeking: dict[str, asyncio.Task[None]] = {}
        self._turns_seen = 0
        self._last: dict[str, msg.Message] = {}
        #: Number of the call by hand of which the page wants to know.
        self._tried = 0
        self._timer: asyncio.TimerHandle | None = None
        super().__init__(port_id=port_id_of(session))
        self._listen(msg.InsightReport, self._hand_over)

    def stop(self) -> None:
        """Send nothing more until a page shows it again."""
        self._engine.call(self._watching.clear)

    def _hand_over(self, report: msg.InsightReport, buffers: list[Any]) -> None:
        if isinstance(report, msg.ClosePanel):
            self.stop()
            self.on_close()
        else:
            self._engine.call(self._obey, report)

    def _obey(self, report: msg.InsightReport) -> None:
        session = self._session.get()
        if session is None:
            return
        runtime = session.runtime
        match report:
            case msg.Ping():
                self._command(msg.Pong(report.page_id, report.number))
            case msg.WatchTab():
                self._watch(report)
            case msg.AskTurn():
                if turn := runtime.timeline.turn(report.number):
                    self._command(turn_detail(turn))
            case msg.AskPayload():
                self._command(msg.EventPayload(report.number, payload(runtime.journal, report.number)))
            case msg.SearchEvents():
                if seeking := self._seeking.pop(report.page_id, None):
                    seeking.cancel()
                self._seeking[report.page_id] = self._tasks.spawn(self._search(runtime, report))
            case msg.SwitchTool():
                self._trying(runtime, self._switch, session, report)
            case msg.TryTool():
                self._trying(runtime, self._try, runtime, report)
            case msg.ChangeSettings():
                runtime.spawn(self._change(runtime, report.changes))
            case msg.AskCode():
                self._command(msg.SessionCode(self._code(session, runtime)))
            case msg.AskTest():
                self._command(msg.TestText(talk_as_test(runtime.core.conversation, list(session.tools))))

    async def _search(self, runtime: SessionRuntime, wanted: msg.SearchEvents) -> None:
        rows, until = await search(runtime.journal, runtime.timeline, wanted.text, wanted.since)
        self._command(msg.EventsFound(wanted.page_id, wanted.text, rows, wanted.since, until))

    @staticmethod
    def _code(session: ShownSession, runtime: SessionRuntime) -> str:
        names = [name for name, tool in session.tools.items() if not tool.origin]
        assert isinstance(runtime.settings, SessionSettings)  # a talk's
        return session_as_code(runtime.settings, runtime.endpoint, names, runtime.accounts.limits)

    @staticmethod
    def _switch(session: ShownSession, report: msg.SwitchTool) -> None:
        if report.name in session.tools:
            (session.tools.enable if report.on else session.tools.disable)(report.name)

    def _try(self, runtime: SessionRuntime, report: msg.TryTool) -> None:
        self._tried = runtime.by_hand.run(report.name, report.arguments).number

    @staticmethod
    def _trying(runtime: SessionRuntime, action: Callable[..., object], *arguments: Any) -> None:
        try:
            action(*arguments)
        except RealtimeWidgetsError as error:
            runtime.problem(str(error))

    async def _change(self, runtime: SessionRuntime, page: dict[str, Any]) -> None:
        """Change settings; what is wrong is told to the page that shows the fields."""
        problem, before = "", runtime.settings
        assert isinstance(before, SessionSettings)  # a talk's
        try:
            settings = changed(before, changes_of(page, before))
            runtime.endpoint.capabilities.check(settings.session([], runtime.endpoint.heard_by))
            await runtime.change(settings)
        except RealtimeWidgetsError as error:
            problem = str(error)
        self._last.pop("settings", None)  # a refused field shows what is in effect again
        self._command(msg.SettingsAnswer(list(page), problem))

    def _watch(self, report: msg.WatchTab) -> None:
        self._watching.pop(report.page_id, None)
        if not report.tab:
            return
        self._watching[report.page_id] = report.tab
        # The page knows nothing: all is sent again, to the others too.
        self._last.clear()
        self._turns_seen = 0
        self._events.restart()
        if self._timer is None:
            self._refresh()

    def _refresh(self) -> None:
        self._timer = None
        session = self._session.get()
        if session is None or not self._watching:
            return
        runtime, tabs = session.runtime, set(self._watching.values())
        if "events" in tabs:
            rows, whole = self._events.news(runtime.journal, runtime.timeline)
            if rows or whole:
                self._command(msg.EventRows(rows, whole))
        if "time" in tabs:
            turns, self._turns_seen = runtime.timeline.changed_since(self._turns_seen)
            if turns:
                self._command(msg.TurnRows([turn_row(turn) for turn in turns]))
        if "tools" in tabs:
            self._send_if_new("tools", msg.ToolRows(tool_rows(session.tools, runtime)))
            if run := runtime.by_hand.all.get(self._tried):
                self._send_if_new("tried", tried(run))
        if "settings" in tabs and isinstance(runtime.settings, SessionSettings):
            self._send_if_new("settings", shown_settings(runtime.settings, runtime))
        if "money" in tabs:
            self._send_if_new("money", money_of(runtime))
        self._send_if_new("health", self._health(session, runtime))
        if runtime.state != "closed" or self._events.behind(runtime.journal):
            self._timer = self._engine.loop.call_later(REFRESH_S, self._refresh)

    def _send_if_new(self, name: str, message: msg.Message) -> None:
        if self._last.get(name) != message:
            self._last[name] = message
            self._command(message)

    @staticmethod
    def _health(session: ShownSession, runtime: SessionRuntime) -> msg.Health:
        if runtime.endpoint.call_id:  # its sound is elsewhere
            return msg.Health(None, 0, 0, 0, 0, None, 0, True)
        port = port_of(session)
        playback, cell_s = port.playback, port.cell_s
        return msg.Health(
            queued_ms=round(playback.queued_ms) if playback and port.audible else None,
            startup_ms=round(playback.startup_ms) if playback else 0,
            underruns=playback.underruns if playback else 0,
            dropped=playback.dropped if playback else 0,
            lost=port.statistics.lost,
            lane_ms=port.round_trip_ms,
            cell_s=round(cell_s),
            heard=port.hears,
        )
