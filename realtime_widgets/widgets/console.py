"""The console: status, transcript, microphone and player of one session, as one card."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import ipywidgets

from realtime_widgets.engine import shared_engine
from realtime_widgets.widgets.microphone import Microphone
from realtime_widgets.widgets.player import AudioPlayer
from realtime_widgets.widgets.status import SessionStatus
from realtime_widgets.widgets.transcript import Transcript

if TYPE_CHECKING:
    from realtime_widgets.session import RealtimeSession


class RealtimeConsole(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Everything a person needs to talk; a session shows itself as this.

    Parameters
    ----------
    session : RealtimeSession
        Which session.

    Attributes
    ----------
    status, transcript, microphone, player
        Its parts, each a widget of its own.
    """

    def __init__(self, session: RealtimeSession) -> None:
        self.session = session
        self.status = SessionStatus(session)
        self.transcript = Transcript(session)
        self.player = AudioPlayer(session)
        self.microphone = Microphone(session)
        controls = ipywidgets.HBox([self.microphone, self.player])
        controls.add_class("rw-controls")
        super().__init__([self.status, self.transcript, controls])
        self.add_class("rw-console")
        shared_engine().call(session.runtime.warm_up)


_consoles: WeakKeyDictionary[RealtimeSession, RealtimeConsole] = WeakKeyDictionary()


def console_of(session: RealtimeSession) -> RealtimeConsole:
    """Return the session's console, made at the first call."""
    if session not in _consoles:
        _consoles[session] = RealtimeConsole(session)
    return _consoles[session]
