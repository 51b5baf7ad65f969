"""Core and settings of a session that is attached to a call: sound, memory and end are the call's. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from realtime_widgets.core.conversation.commands import Command, Send
from realtime_widgets.core.session import SessionCore
from realtime_widgets.core.settings import SessionSettings
from realtime_widgets.errors import ConfigurationError
from realtime_widgets.protocol import events as ev

if TYPE_CHECKING:
    from realtime_widgets.protocol.endpoint.endpoint import Endpoint
    from realtime_widgets.protocol.events import JsonObject


#: Why nothing is said into a call from here, and what to do.
SOUND_IS_ELSEWHERE = (
    "this session is attached to a call, whose own microphone and speaker have the sound: ask by text, or speak "
    "in the call"
)
#: The settings of a session for which the user gave none.
_PLAIN = SessionSettings(turn_detection="server_vad")


@dataclass(frozen=True)
class CallSettings(SessionSettings):
    """Settings of a running call: only those that differ from the defaults are sent to it."""

    def session(self, tools: list[JsonObject], heard_by: str | None) -> JsonObject:
        """Return what to change of the call's configuration, with its type; no tools leave it those it has."""
        changes = self.changes_from(_PLAIN, heard_by)
        return {**changes, **({"tools": tools} if tools else {})}


class CallCore(SessionCore):
    """Follows a call and steers it; the talk lives in the call, whether or not this session is attached."""

    def lost(self, repeats: int = 0) -> list[Command]:
        """End what waits: what the call answers meanwhile is not seen here, so nothing is asked again."""
        return super().lost(0)

    def resume(self) -> list[Command]:
        """Go on with a call that has kept its conversation."""
        self._changed.update(("state", "conversation"))
        self.resumption.own.take()
        return self._send_all(self._queue.reconnected())

    def interrupt(self) -> list[Command]:
        """Stop what is being said or made, and what the call has still to play of it."""
        return [Send(ev.OutputClear(event_id=self.new_id("clear"))), *super().interrupt()]


def attached(endpoint: Endpoint, call_id: object, history: object) -> Endpoint:
    """Return the endpoint for a session that joins a call.

    Raises
    ------
    ConfigurationError
        If this is no id of a call, or the endpoint cannot have a call of it.
    """
    if not isinstance(call_id, str) or not call_id.strip() or not call_id.isprintable():
        raise ConfigurationError(f'call_id must be the id of a running call, such as "rtc_...", not {call_id!r}')
    if endpoint.local:
        raise ConfigurationError("the local endpoint of this process has no calls: name the endpoint= of the call")
    if endpoint.service == "xai":
        raise ConfigurationError("xAI has no calls that a session could join")
    if history is not None:
        raise ConfigurationError("a call has its own conversation: leave out history=")
    capabilities = replace(endpoint.capabilities, truncate=False)  # the call itself knows what was heard
    return replace(endpoint, call_id=call_id.strip(), capabilities=capabilities)
