"""Who may use the endpoint: the API key, client secrets, and rules against web pages of other sites."""

from __future__ import annotations

import hmac
import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aiohttp import web

from realtime_widgets.local.api.errors import RequestRefusedError, invalid_value
from realtime_widgets.local.http.client_secrets import PREFIX, ClientSecret, ClientSecrets

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

_KEY_SUBPROTOCOL = "openai-insecure-api-key."
#: Paths that are open to everybody.
_OPEN = ("/health",)
#: Paths that a client secret opens.
_FOR_SECRETS = ("/v1/realtime", "/v1/realtime/calls")


class Auth:
    """Checks every request before it reaches its handler.

    Parameters
    ----------
    api_key
        Key that clients must send; None admits everybody who can reach the server by a name of this machine,
        except web pages of other sites.
    secrets
        The client secrets, which open sessions and calls only.
    """

    def __init__(self, api_key: str | None, secrets: ClientSecrets) -> None:
        self._api_key = api_key
        self._secrets = secrets

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse requests that are not allowed with `RequestRefusedError`; pass on the others."""
        if request.path not in _OPEN:
            self._check(request)
        return await handler(request)

    def client_secret(self, request: web.Request) -> ClientSecret | None:
        """Return the client secret that `request` carries; None if it carries another key or none."""
        shown = _shown_key(request)
        return None if shown is None else self._secrets.get(shown)

    def _check(self, request: web.Request) -> None:
        shown = _shown_key(request)
        if shown is not None and shown.startswith(PREFIX) and not self._is_key(shown):
            self._check_secret(request, shown)
        elif self._api_key is None:
            _check_sender(request)
        elif shown is None:
            text = "You didn't provide an API key: send 'Authorization: Bearer KEY'."
            raise RequestRefusedError("invalid_api_key", text)
        elif not self._is_key(shown):
            raise RequestRefusedError("invalid_api_key", "Incorrect API key provided.")

    def _check_secret(self, request: web.Request, shown: str) -> None:
        if self._secrets.get(shown) is None:
            text = (
                "This client secret is unknown or has expired; make another with POST /v1/realtime/client_secrets."
            )
            raise RequestRefusedError("invalid_api_key", text)
        if request.path not in _FOR_SECRETS:
            text = "A client secret opens Realtime sessions and calls only; use the API key here."
            raise RequestRefusedError("invalid_api_key", text)

    def _is_key(self, shown: str) -> bool:
        if self._api_key is None:
            return False
        return hmac.compare_digest(shown.encode("utf-8", "surrogateescape"), self._api_key.encode())


def _check_sender(request: web.Request) -> None:
    """Refuse what a web page of another site sent, also one whose name was made to lead here (DNS rebinding)."""
    origin, host = request.headers.get("Origin"), request.headers.get("Host")
    if origin is not None and not _is_this_machine(origin, "Origin"):
        text = "Pages of other sites may not use this endpoint without a key; start it with --api-key."
        raise RequestRefusedError("origin_not_allowed", text)
    if host is not None and not _is_this_machine(f"//{host}", "Host"):
        text = (
            "Without a key this endpoint answers to no name but localhost: connect to http://127.0.0.1 or "
            "http://localhost and its port, or start it with --api-key."
        )
        raise RequestRefusedError("host_not_allowed", text)


def _is_this_machine(address: str, header: str) -> bool:
    try:
        name = (urlsplit(address).hostname or "").removesuffix(".")
    except ValueError:
        raise invalid_value(f"Invalid value for the header '{header}': it is no address.", None) from None
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _shown_key(request: web.Request) -> str | None:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and key:
        return key.strip()
    for offered in request.headers.get("Sec-WebSocket-Protocol", "").split(","):
        if offered.strip().startswith(_KEY_SUBPROTOCOL):
            return offered.strip().removeprefix(_KEY_SUBPROTOCOL)
    return None
