"""Translators between the protocol (GA) and what deviating servers speak; sessions see GA only. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

from realtime_widgets.protocol.dialects.shapes_2024 import EVENTS_2024, SESSION_FIELDS_2024, Shapes2024
from realtime_widgets.protocol.dialects.xai import XaiShapes

if TYPE_CHECKING:
    from realtime_widgets.protocol.events import AnyServerEvent, JsonObject

Dialect = Literal["auto", "ga", "2024", "xai"]
DIALECTS: tuple[Dialect, ...] = ("auto", "ga", "2024", "xai")


class Translator(Protocol):
    """Translates one connection's events, both ways; may remember what went by."""

    def outgoing(self, event: JsonObject) -> JsonObject:
        """Translate a client event of GA."""

    def incoming(self, event: JsonObject) -> list[JsonObject]:
        """Translate a server's event into those of GA."""


def translator_of(dialect: Dialect) -> Translator | None:
    """Make the translator of a dialect; none is needed for GA."""
    if dialect == "2024":
        return Shapes2024()
    return XaiShapes() if dialect == "xai" else None


def detect(event: AnyServerEvent) -> Dialect | None:
    """Tell a server's dialect by one of its events; None where that one does not say.

    Names of 2024 say it, and the session's shape: flat fields of 2024, or only the voice and the turn
    detection on top, as xAI has it.
    """
    if event.type in EVENTS_2024:
        return "2024"
    if event.type not in ("session.created", "session.updated"):
        return None
    session = event.data.get("session") or {}
    if "audio" not in session and any(name in session for name in SESSION_FIELDS_2024):
        return "2024"
    return "xai" if "voice" in session or "turn_detection" in session else "ga"
