"""Sessions that join a running call: what they may be, and how a call is ended from here."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from realtime_widgets.chat.service import Service, http_client
from realtime_widgets.errors import ConfigurationError

if TYPE_CHECKING:
    from realtime_widgets.protocol.endpoint.endpoint import Endpoint

#: Why nothing is said into a call from here, and what to do.
SOUND_IS_ELSEWHERE = (
    "this session is attached to a call, whose own microphone and speaker have the sound: ask by text, or speak "
    "in the call"
)


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


async def hang_up(endpoint: Endpoint) -> None:
    """End the call.

    Raises
    ------
    ConfigurationError
        If the session is attached to none.
    ConnectionFailedError, ResponseFailedError
        If the endpoint cannot be reached, or knows no such call.
    """
    if not endpoint.call_id:
        raise ConfigurationError("this session is not attached to a call: close() ends it")
    service = Service(endpoint, None, None, job="answer")
    path = f"realtime/calls/{endpoint.call_id}/hangup"
    async with http_client() as http, service.post(http, path, json={}):
        pass
