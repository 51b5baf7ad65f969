"""The console: status, transcript, microphone and player of one session, as one card."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import ipywidgets

from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.widgets.base import SessionReference
from realtime_widgets.widgets.microphone import Microphone
from realtime_widgets.widgets.player import AudioPlayer
from realtime_widgets.widgets.status import SessionStatus
from realtime_widgets.widgets.transcript import Transcript

if TYPE_CHECKING:
    from realtime_widgets.widgets.base import ShownSession


class RealtimeConsole(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
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
    height : str or None
        Height as above; a new value counts at once.
    """

    def __init__(self, session: ShownSession, *, height: str | None = None) -> None:
        self._session = SessionReference(session)
        self.status = SessionStatus(session)
        self.transcript = Transcript(session)
        self.player: AudioPlayer | None = None
        self.microphone: Microphone | None = None
        parts = [self.status, self.transcript]
        if not session.runtime.endpoint.call_id:
            self.player, self.microphone = AudioPlayer(session), Microphone(session)
            controls = ipywidgets.HBox([self.microphone, self.player])
            controls.add_class("rw-controls")
            parts.append(controls)
        super().__init__(parts)
        self.add_class("rw-console")
        self.height = height
        shared_engine().call(session.runtime.warm_up)

    @property
    def height(self) -> str | None:
        """Height as in CSS; None is as high as the window allows."""
        height: str | None = self.layout.height
        return height

    @height.setter
    def height(self, height: str | None) -> None:
        self.layout.height = height

    @property
    def session(self) -> ShownSession | None:
        """The session that it shows; None if the session is over and nobody else holds it."""
        return self._session.get()

    def _ipython_display_(self) -> None:
        self.transcript.show(self)


_consoles: WeakKeyDictionary[ShownSession, RealtimeConsole] = WeakKeyDictionary()


def console_of(session: ShownSession) -> RealtimeConsole:
    """Return the session's console, which is made at the first call."""
    console = _consoles.get(session)
    if console is None:
        console = _consoles[session] = RealtimeConsole(session)
    return console
