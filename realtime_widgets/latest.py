"""Which session was made last, for those who do not name one."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from realtime_widgets.session import RealtimeSession

_made: list[weakref.ref[RealtimeSession]] = []


def note_session(session: RealtimeSession) -> None:
    """Note a session that was just made; it is not kept alive."""
    _made[:] = [each for each in _made if each() is not None]
    _made.append(weakref.ref(session))


def latest_session() -> RealtimeSession | None:
    """Return the session made last that is not over, else the one made last; None where there is none."""
    sessions = [session for each in reversed(_made) if (session := each()) is not None]
    return next((session for session in sessions if session.state != "closed"), sessions[0] if sessions else None)
