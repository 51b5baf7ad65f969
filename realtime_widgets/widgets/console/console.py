"""The console: status, transcript, microphone and player of one session, as one card."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.widgets.base import SessionReference
from realtime_widgets.widgets.card import Card
from realtime_widgets.widgets.console.status import SessionStatus
from realtime_widgets.widgets.sound.microphone import Microphone
from realtime_widgets.widgets.sound.player import AudioPlayer
from realtime_widgets.widgets.sound.port import port_of
from realtime_widgets.widgets.talk.transcript import Transcript

if TYPE_CHECKING:
    from realtime_widgets.widgets.base import RealtimeWidget, ShownSession
    from realtime_widgets.widgets.console.dock import DockBar
    from realtime_widgets.widgets.insight.panel import InsightPanel
    from realtime_widgets.widgets.messages import DockPlace, InsightTab, MicrophoneReport, ShowPanel
    from realtime_widgets.widgets.page.link import PageLink

#: Problems of a microphone that another page does not have: it is on plain http, or in a frame without the right.
NO_MICROPHONE_HERE = ("insecure", "policy", "worklet")


class RealtimeConsole(Card):
    """Status, transcript, microphone and player of a session; a session shows itself as this.

    A session that is attached to a call has neither microphone nor player: its sound is in the call.

    Parameters
    ----------
    session : RealtimeSession
        The session to show.
    height : str or None
        Height as in CSS (``"30rem"``, ``"80vh"``); None is as high as the window allows, at most 30rem.

    Attributes
    ----------
    status, transcript, microphone, player
        The parts of the console, each a separate widget; the last two are None in a call.
    insight
        The panel of `show_panel`; None until it was shown.
    height : str or None
        Height as above; a new value counts at once.
    """

    def __init__(self, session: ShownSession, *, height: str | None = None) -> None:
        self._session = SessionReference(session)
        self.status = SessionStatus(session)
        self.transcript = Transcript(session)
        self.status.on_panel = self.transcript.on_panel = self._show_panel
        self.status.on_dock = self._show_dock
        self.insight: InsightPanel | None = None
        self._dock: DockBar | None = None
        self._page_link: PageLink | None = None
        self.player: AudioPlayer | None = None
        self.microphone: Microphone | None = None
        controls: list[RealtimeWidget] = []
        if not session.runtime.endpoint.call_id:
            self.player, self.microphone = AudioPlayer(session), Microphone(session)
            controls = [self.microphone, self.player]
            port_of(session).on_microphone.append(self._offer_page)
        super().__init__([self.status, self.transcript], controls, port_of(session) if controls else None)
        self.height = height
        shared_engine().call(session.runtime.warm_up)

    @property
    def session(self) -> ShownSession | None:
        """The session that it shows; None if the session is over and nobody else holds it."""
        return self._session.get()

    def show_panel(self, tab: InsightTab = "time", turn: int = 0) -> None:
        """Show where the time goes, the events, money and limits, the tools or the settings, above the transcript.

        Parameters
        ----------
        tab
            ``"time"``, ``"events"``, ``"money"``, ``"tools"`` or ``"settings"``.
        turn
            Number of the turn whose time is shown; 0 is the newest one.
        """
        if (session := self.session) is None:
            return
        if self.insight is None:
            from realtime_widgets.widgets.insight.panel import InsightPanel  # most consoles never need it

            self.insight = InsightPanel(session)
            self.insight.on_close = self.hide_panel
        self.insight.tab, self.insight.turn = tab, turn
        self._arrange(insight=True)

    def dock(self, shown: bool = True, place: DockPlace = "panel") -> None:
        """Show the console beside the code or take it away; see `RealtimeSession.dock`."""
        if (session := self.session) is None:
            return
        if self._dock is None:
            from realtime_widgets.widgets.console.dock import DockBar  # most consoles never need it

            self._dock = DockBar(session, self.model_id or "")
        with self._dock.hold_sync():
            self._dock.place, self._dock.shown = place, shown

    def hide_panel(self) -> None:
        """Hide what `show_panel` shows."""
        if self.insight is not None:
            self.insight.stop()
            self._arrange(insight=False)

    def _arrange(self, insight: bool) -> None:
        parts = [self.status, self.insight if insight else None, self.transcript, self._page_link]
        self.parts = [part for part in parts if part is not None]

    def _offer_page(self, report: MicrophoneReport) -> None:
        """Show the link to a page of its own if this page may use no microphone, and take it away again."""
        code = report.problem.code if report.problem else ""
        if code in NO_MICROPHONE_HERE and self._page_link is None:
            from realtime_widgets.widgets.page.link import PageLink  # most consoles never need it

            self._page_link = PageLink(self, reason="A page of its own can use the microphone.")
        elif report.state == "on" and self._page_link is not None:
            self._page_link = None
        else:
            return
        self._arrange(self.insight in self.parts)

    def _show_panel(self, wanted: ShowPanel) -> None:
        self.show_panel(wanted.tab, wanted.turn or 0)

    def _show_dock(self, place: DockPlace) -> None:
        if (session := self.session) is None or session.runtime.state == "closed":
            return
        if self.player is None:
            problem = "the console of a session in a call stays where it is: its sound is in the call"
            shared_engine().call(session.runtime.problem, problem)
        else:
            self.dock(place=place)

    def _ipython_display_(self) -> None:
        self.transcript.show(self)


_consoles: WeakKeyDictionary[ShownSession, RealtimeConsole] = WeakKeyDictionary()


def console_of(session: ShownSession) -> RealtimeConsole:
    """Return the session's console, which is made at the first call."""
    console = _consoles.get(session)
    if console is None:
        console = _consoles[session] = RealtimeConsole(session)
    console.reopen()
    return console
