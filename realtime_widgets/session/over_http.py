"""What a session asks of its service over HTTP: keys with a short life for a page, and the end of a call."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from realtime_widgets.chat.service import Service, http_client
from realtime_widgets.errors import ConfigurationError, ResponseFailedError
from realtime_widgets.protocol.secrets import Secret, without_locals

if TYPE_CHECKING:
    from realtime_widgets.protocol.endpoint.endpoint import Endpoint
    from realtime_widgets.protocol.events import JsonObject

#: Seconds for which the service lets such a key live.
SHORTEST_S, LONGEST_S = 10, 7200


@dataclass(frozen=True)
class ClientSecret:
    """A key with a short life, made by `RealtimeSession.client_secret`; neither its text nor its repr shows it.

    Attributes
    ----------
    value : Secret
        The key: ``secret.value.reveal()`` gives it away.
    expires_at : datetime
        When it opens no more sessions, in UTC; those that it has opened go on.
    """

    value: Secret = field(repr=False)
    expires_at: datetime


def lifetime(seconds: object) -> int:
    """Return for how many seconds a key is to live.

    Raises
    ------
    ConfigurationError
        If the service does not let one live so long.
    """
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not SHORTEST_S <= seconds <= LONGEST_S:
        raise ConfigurationError(
            f"expires_after must be whole seconds between {SHORTEST_S} and {LONGEST_S:,}, not {seconds!r}"
        )
    return seconds


@without_locals
async def make_client_secret(endpoint: Endpoint, session: JsonObject, seconds: int) -> ClientSecret:
    """Have the endpoint make a key that opens a session with these settings.

    Raises
    ------
    ConnectionFailedError, ResponseFailedError
        If the endpoint cannot be reached, or refuses, or answers nothing of that kind.
    """
    settings = {"expires_after": {"anchor": "created_at", "seconds": seconds}}
    if endpoint.dialect != "xai":  # its keys carry no settings
        settings["session"] = {**session, "model": endpoint.model}
    service = Service(endpoint, None, None, job=None)
    async with http_client() as http, service.post(http, "realtime/client_secrets", json=settings) as response:
        body = await response.read()
    try:
        made = msgspec.json.decode(body)
        return ClientSecret(Secret(made["value"]), datetime.fromtimestamp(made["expires_at"], UTC))
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        raise ResponseFailedError(
            f"{endpoint.where} made no key: its answer is not that of this protocol"
        ) from None


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
    service = Service(endpoint, None, None, job=None)
    path = f"realtime/calls/{endpoint.call_id}/hangup"
    async with http_client() as http, service.post(http, path, json={}):
        pass
