"""Translators between the protocol (GA) and the dialects of other servers, so that sessions see GA only. Pure.

Imports `protocol.events`, for its types.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

from realtime_widgets.protocol.dialects.shapes_2024 import EVENTS_2024, SESSION_FIELDS_2024, Shapes2024
from realtime_widgets.protocol.dialects.xai import XaiShapes

if TYPE_CHECKING:
    from realtime_widgets.protocol.events import AnyServerEvent, JsonObject

Dialect = Literal["auto", "ga", "2024", "xai"]
DIALECTS: tuple[Dialect, ...] = ("auto", "ga", "2024", "xai")


class Translator(Protocol):
    """Translates one connection's events, both ways; may keep state."""

    def outgoing(self, event: JsonObject) -> JsonObject:
        """Translate a GA client event into the dialect."""

    def incoming(self, event: JsonObject) -> list[JsonObject]:
        """Translate a server event of the dialect into GA events."""


def translator_of(dialect: Dialect) -> Translator | None:
    """Return a translator for a dialect; None for GA, which needs none."""
    if dialect == "2024":
        return Shapes2024()
    return XaiShapes() if dialect == "xai" else None


def detect(event: AnyServerEvent) -> Dialect | None:
    """Return the dialect that a server's event is in, or None if the event does not show it.

    An event name of 2024 shows it, and so does the session's shape: flat fields of 2024, or only the voice and the
    turn detection at the top level, as xAI has them. Both name their ``modalities``, and xAI only audio.
    """
    if event.type in EVENTS_2024:
        return "2024"
    if event.type not in ("session.created", "session.updated"):
        return None
    session = event.data.get("session") or {}
    modalities = session.get("modalities") or ()
    of_2024 = "text" in modalities or any(name in session for name in SESSION_FIELDS_2024)
    if "audio" not in session and of_2024:
        return "2024"
    if "voice" in session or "turn_detection" in session:
        return "xai"
    return "2024" if modalities and "audio" not in session else "ga"
