"""Who may come in: the key, client secrets, and the rule about web pages of other sites."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aiohttp import web

from realtime_widgets.local.client_secrets import PREFIX, ClientSecret, ClientSecrets
from realtime_widgets.local.realtime.errors import RequestRefusedError

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

_KEY_SUBPROTOCOL = "openai-insecure-api-key."
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
#: Open to everybody.
_OPEN = ("/health",)
#: All that a client secret opens.
_FOR_SECRETS = ("/v1/realtime", "/v1/realtime/calls")


class Admission:
    """Checks every request before it reaches its handler.

    Parameters
    ----------
    api_key
        What clients must show; None lets in everybody who can reach the server, but no web page of another
        site.
    secrets
        The client secrets, which open sessions and calls and nothing else.
    """

    def __init__(self, api_key: str | None, secrets: ClientSecrets) -> None:
        self._api_key = api_key
        self._secrets = secrets

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse who may not come in (``RequestRefusedError``) and hand on the rest."""
        if request.path not in _OPEN:
            self._check(request)
        return await handler(request)

    def secret(self, request: web.Request) -> ClientSecret | None:
        """Return the client secret that `request` shows; None where it shows another key or none."""
        shown = _shown_key(request)
        return None if shown is None else self._secrets.get(shown)

    def _check(self, request: web.Request) -> None:
        shown = _shown_key(request)
        if shown is not None and shown.startswith(PREFIX) and not self._is_key(shown):
            self._check_secret(request, shown)
        elif self._api_key is None:
            origin = request.headers.get("Origin")
            if origin is not None and urlsplit(origin).hostname not in _LOOPBACK:
                text = "Pages of other sites may not use this endpoint without a key; start it with --api-key."
                raise RequestRefusedError("origin_not_allowed", text)
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


def _shown_key(request: web.Request) -> str | None:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and key:
        return key.strip()
    for offered in request.headers.get("Sec-WebSocket-Protocol", "").split(","):
        if offered.strip().startswith(_KEY_SUBPROTOCOL):
            return offered.strip().removeprefix(_KEY_SUBPROTOCOL)
    return None
