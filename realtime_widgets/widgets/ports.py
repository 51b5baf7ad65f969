"""One audio port for each session, however many widgets show it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from realtime_widgets.widgets.port import AudioPort

if TYPE_CHECKING:
    from realtime_widgets.session import RealtimeSession

_ports: WeakKeyDictionary[RealtimeSession, AudioPort] = WeakKeyDictionary()


def port_of(session: RealtimeSession) -> AudioPort:
    """Return the session's audio port, opened at the first call."""
    if session not in _ports:
        _ports[session] = AudioPort(session.runtime)
    return _ports[session]
