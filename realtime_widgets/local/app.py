"""The endpoint's HTTP face: who may come in, the list of models, and the door to the sessions."""

from __future__ import annotations

import contextlib
import hmac
import logging
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from aiohttp import WSCloseCode, web

from realtime_widgets.local.inference import Inference
from realtime_widgets.local.realtime.connection import serve_session
from realtime_widgets.local.realtime.items import MAX_AUDIO_BYTES
from realtime_widgets.local.realtime.session_config import MODEL_ID

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from realtime_widgets.local.models import Models

logger = logging.getLogger(__name__)

#: Sessions at the same time.
MAX_SESSIONS = 32
#: Largest frame: 15 MiB of sound as base64, and the event around it.
_MAX_FRAME_BYTES = MAX_AUDIO_BYTES * 4 // 3 + 64 * 1024
_KEY_SUBPROTOCOL = "openai-insecure-api-key."
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def create_app(models: Models, api_key: str | None, max_sessions: int = MAX_SESSIONS) -> web.Application:
    """Build the application.

    Parameters
    ----------
    models
        The stages; loading them is the caller's.
    api_key
        What clients must show; None lets in everybody who can reach the server, but no web page of
        another site.
    max_sessions
        Sessions at the same time; more are refused with ``rate_limit_exceeded``.
    """
    endpoint = _Endpoint(models, api_key, max_sessions)
    app = web.Application()
    app.router.add_get("/health", endpoint.health)
    app.router.add_get("/v1/models", endpoint.list_models)
    app.router.add_get("/v1/models/{model}", endpoint.retrieve_model)
    app.router.add_get("/v1/realtime", endpoint.realtime)
    app.on_shutdown.append(endpoint.hang_up)
    app.cleanup_ctx.append(endpoint.workers)
    return app


def _refusal(status: int, code: str, message: str, kind: str = "invalid_request_error") -> web.Response:
    error = {"message": message, "type": kind, "param": None, "code": code}
    return web.json_response({"error": error}, status=status)


class _Endpoint:
    def __init__(self, models: Models, api_key: str | None, max_sessions: int) -> None:
        self._models = models
        self._api_key = api_key
        self._max_sessions = max_sessions
        self._created = int(time.time())
        self._inference = Inference(models)
        self._sockets: set[web.WebSocketResponse] = set()

    async def workers(self, _: web.Application) -> AsyncIterator[None]:
        """Keep the worker threads as long as the application runs."""
        yield
        self._inference.close()

    async def hang_up(self, _: web.Application) -> None:
        """Close every session because the server ends."""
        for socket in list(self._sockets):
            with contextlib.suppress(ConnectionError):
                await socket.close(code=WSCloseCode.GOING_AWAY, message=b"The server is shutting down.")

    async def health(self, _: web.Request) -> web.Response:
        """Say whether the server is up and its models are loaded."""
        return web.json_response({"status": "ok", "ready": self._models.ready, "sessions": len(self._sockets)})

    async def list_models(self, request: web.Request) -> web.Response:
        """``GET /v1/models``."""
        refused = self._refused(request)
        return refused or web.json_response({"object": "list", "data": [self._model()]})

    async def retrieve_model(self, request: web.Request) -> web.Response:
        """``GET /v1/models/{model}``: every name is taken, as sessions take it."""
        return self._refused(request) or web.json_response(self._model())

    def _model(self) -> dict[str, Any]:
        return {
            "id": MODEL_ID,
            "object": "model",
            "created": self._created,
            "owned_by": "realtime-widgets",
            "ready": self._models.ready,
            "loading": self._models.loading,
            "problem": self._models.problem,
        }

    async def realtime(self, request: web.Request) -> web.StreamResponse:
        """``GET /v1/realtime``: a session over a WebSocket."""
        if refused := self._refused(request) or self._unsupported(request):
            return refused
        socket = web.WebSocketResponse(
            protocols=("realtime",), max_msg_size=_MAX_FRAME_BYTES, heartbeat=120, compress=False
        )
        await socket.prepare(request)
        self._sockets.add(socket)
        if loading := self._models.loading:
            logger.info("a session begins while these still load: %s", ", ".join(loading))
        try:
            await serve_session(socket, self._inference)
        finally:
            self._sockets.discard(socket)
        return socket

    def _unsupported(self, request: web.Request) -> web.Response | None:
        if request.headers.get("Upgrade", "").lower() != "websocket":
            text = "This is a WebSocket endpoint; connect with ws:// and a Realtime client."
            return _refusal(426, "websocket_required", text)
        if "call_id" in request.query or request.query.get("intent", "conversation") != "conversation":
            text = "This endpoint has conversations only: no calls to attach to, no transcription sessions."
            return _refusal(400, "invalid_value", text)
        if len(self._sockets) >= self._max_sessions:
            text = f"{self._max_sessions} sessions are open, which is this endpoint's limit; close one first."
            return _refusal(429, "rate_limit_exceeded", text, "rate_limit_error")
        return None

    def _refused(self, request: web.Request) -> web.Response | None:
        if self._api_key is None:
            origin = request.headers.get("Origin")
            if origin is not None and urlsplit(origin).hostname not in _LOOPBACK:
                text = "Pages of other sites may not use this endpoint without a key; start it with --api-key."
                return _refusal(403, "origin_not_allowed", text)
            return None
        shown = _shown_key(request)
        if shown is None:
            text = "You didn't provide an API key: send 'Authorization: Bearer KEY'."
            return _refusal(401, "invalid_api_key", text)
        if not hmac.compare_digest(shown.encode(), self._api_key.encode()):
            return _refusal(401, "invalid_api_key", "Incorrect API key provided.")
        return None


def _shown_key(request: web.Request) -> str | None:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and key:
        return key.strip()
    for offered in request.headers.get("Sec-WebSocket-Protocol", "").split(","):
        if offered.strip().startswith(_KEY_SUBPROTOCOL):
            return offered.strip().removeprefix(_KEY_SUBPROTOCOL)
    return None
