"""``POST /v1/realtime/client_secrets``: a short-lived key for a client that must not hold the real one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from aiohttp import web
from msgspec import Meta

from realtime_widgets.local.api.names import new_id
from realtime_widgets.local.api.validation import Shape, check
from realtime_widgets.local.realtime.session_config import OBJECTS, initial_config, public_config
from realtime_widgets.local.rest.bodies import read_json

if TYPE_CHECKING:
    from realtime_widgets.local.http.client_secrets import ClientSecrets

_DEFAULT_SECONDS = 600


class ExpiresAfter(Shape):
    """How long the secret opens sessions."""

    anchor: Literal["created_at"] | None = None
    seconds: Annotated[int, Meta(ge=10, le=7200)] | None = None


class ClientSecretCreate(Shape):
    """The body of the request."""

    expires_after: ExpiresAfter | None = None
    session: dict[str, Any] | None = None


class ClientSecretRoutes:
    """The route.

    Parameters
    ----------
    secrets
        Keeps the secrets; authentication and sessions read them.
    """

    def __init__(self, secrets: ClientSecrets) -> None:
        self._secrets = secrets

    async def create(self, request: web.Request) -> web.Response:
        """Make a secret and bind a session's configuration to it."""
        body = check(await read_json(request), ClientSecretCreate)
        seconds = body.expires_after.seconds if body.expires_after else None
        session = initial_config({"type": "realtime"} if body.session is None else body.session)
        value, secret = self._secrets.mint(seconds or _DEFAULT_SECONDS, session)
        public = {
            "id": new_id("sess"),
            "object": OBJECTS[session["type"]],
            "expires_at": 0,
            **public_config(session),
        }
        return web.json_response({"value": value, "expires_at": secret.expires_at, "session": public})
