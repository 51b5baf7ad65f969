"""``POST /v1/realtime/client_secrets``: a key with a short life for a client that must not hold the real one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from aiohttp import web
from msgspec import Meta

from realtime_widgets.local.realtime.errors import invalid_value
from realtime_widgets.local.realtime.identifiers import new_id
from realtime_widgets.local.realtime.schema import Shape, check
from realtime_widgets.local.realtime.session_config import default_config, updated_config
from realtime_widgets.local.rest.bodies import read_json

if TYPE_CHECKING:
    from realtime_widgets.local.client_secrets import ClientSecrets

_DEFAULT_SECONDS = 600


class ExpiresAfter(Shape):
    """How long the secret opens sessions."""

    anchor: Literal["created_at"] | None = None
    seconds: Annotated[int, Meta(ge=10, le=7200)] | None = None


class ClientSecretCreate(Shape):
    """The body."""

    expires_after: ExpiresAfter | None = None
    session: dict[str, Any] | None = None


class ClientSecretRoutes:
    """The route.

    Parameters
    ----------
    secrets
        Where secrets are kept; admission and sessions ask it.
    """

    def __init__(self, secrets: ClientSecrets) -> None:
        self._secrets = secrets

    async def create(self, request: web.Request) -> web.Response:
        """Mint a secret and bind a session's configuration to it."""
        body = check(await read_json(request), ClientSecretCreate)
        seconds = body.expires_after.seconds if body.expires_after else None
        session = bound_session({"type": "realtime"} if body.session is None else body.session)
        value, secret = self._secrets.mint(seconds or _DEFAULT_SECONDS, session)
        public = {"id": new_id("sess"), "object": "realtime.session", "expires_at": 0, **session}
        return web.json_response({"value": value, "expires_at": secret.expires_at, "session": public})


def bound_session(session: dict[str, Any]) -> dict[str, Any]:
    """Return the effective configuration that a session begins with; refuses what no session may have."""
    if session.get("type") == "transcription":
        raise invalid_value("This endpoint has no transcription sessions.", "session.type")
    return updated_config(default_config(), session, spoke=False)
