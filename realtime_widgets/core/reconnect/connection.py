"""The life of a session's connection, as a table. Pure."""

from __future__ import annotations

from typing import Literal

from realtime_widgets.core.transitions import TransitionTable

#: Not begun; being opened for the first time; talking; lost or given up for another one, which is being opened;
#: over, until the session is started again.
ConnectionPhase = Literal["idle", "connecting", "open", "reconnecting", "closed"]
#: The session is started; a connection is configured; the connection is lost, or left before its time is over; the
#: session ends; it is to be used again.
ConnectionEvent = Literal["start", "opened", "lost", "end", "reopen"]

CONNECTION_PHASES = TransitionTable[ConnectionPhase, ConnectionEvent](
    "idle",
    {
        ("idle", "start"): "connecting",
        ("connecting", "opened"): "open",
        ("open", "lost"): "reconnecting",
        ("reconnecting", "opened"): "open",
        ("idle", "end"): "closed",
        ("connecting", "end"): "closed",
        ("open", "end"): "closed",
        ("reconnecting", "end"): "closed",
        ("closed", "reopen"): "idle",
    },
    strict=True,
)
