"""The endpoint as one application: its routes, the list of models, and the entry to the sessions."""

from __future__ import annotations

import contextlib
import logging
import time
from typing import TYPE_CHECKING, Any

from aiohttp import WSCloseCode, web

from realtime_widgets.local.api.errors import INVALID_REQUEST, RequestRefusedError, invalid_value
from realtime_widgets.local.api.items import MAX_AUDIO_BYTES
from realtime_widgets.local.api.names import new_id, speaks_live
from realtime_widgets.local.http.auth import Auth
from realtime_widgets.local.http.capacity import Capacity
from realtime_widgets.local.http.client_secrets import ClientSecrets
from realtime_widgets.local.http.error_responses import error_middleware
from realtime_widgets.local.http.metrics import CONTENT_TYPE, Metrics
from realtime_widgets.local.inference.workers import Inference
from realtime_widgets.local.realtime.connection import serve_session
from realtime_widgets.local.realtime.responses.rate_limits import SessionLimits
from realtime_widgets.local.realtime.session_config import default_config
from realtime_widgets.local.rest.routes import rest_routes
from realtime_widgets.local.webrtc.routes import CallRoutes, let_pages_call

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from realtime_widgets.local.inference.loading import Models

logger = logging.getLogger(__name__)

#: Largest number of sessions at the same time.
MAX_SESSIONS = 32
#: Largest frame in bytes: 15 MiB of audio as base64, and the event around it.
_MAX_FRAME_BYTES = MAX_AUDIO_BYTES * 4 // 3 + 64 * 1024


def create_app(
    models: Models,
    api_key: str | None,
    max_sessions: int = MAX_SESSIONS,
    clock: Callable[[], float] = time.time,
    limits: SessionLimits | None = None,
) -> web.Application:
    """Build the application.

    Parameters
    ----------
    models
        The stages; the caller loads them.
    api_key
        Key that clients must send; None admits everybody who can reach the server, except web pages of other
        sites.
    max_sessions
        Largest number of sessions at the same time; more are refused with ``rate_limit_exceeded``.
    clock
        Returns the present as Unix time in seconds.
    limits
        What each session may use; None means the service's limits.
    """
    secrets = ClientSecrets(clock)
    auth = Auth(api_key, secrets)
    endpoint = _Endpoint(models, auth, max_sessions, limits or SessionLimits())
    app = web.Application(middlewares=[let_pages_call, error_middleware, auth.middleware])
    app.router.add_get("/health", endpoint.health)
    app.router.add_get("/metrics", endpoint.show_metrics)
    app.router.add_get("/v1/models", endpoint.list_models)
    app.router.add_get("/v1/models/{model}", endpoint.retrieve_model)
    app.router.add_get("/v1/realtime", endpoint.realtime)
    app.add_routes(rest_routes(endpoint.inference, secrets, clock))
    endpoint.calls.add_to(app.router)
    app.on_shutdown.append(endpoint.hang_up)
    app.cleanup_ctx.append(endpoint.workers)
    return app


#: Header with which clients of 2024 asked for the protocol's first shape.
_BETA = ("OpenAI-Beta", "realtime=v1")


def _wants_beta(request: web.Request) -> bool:
    name, value = _BETA
    return value in request.headers.get(name, "")


def _refusal(request: web.Request) -> RequestRefusedError | None:
    """Return why the client cannot have a session although its WebSocket opens; None if it can."""
    if _wants_beta(request):
        # As the service does since May 2026.
        text = "The beta of the Realtime API is gone: connect without the header OpenAI-Beta, in the shapes of GA."
        return RequestRefusedError("beta_api_shape_disabled", text)
    model = request.query.get("model", "")
    if speaks_live(model):
        text = (
            f"'{model}' does not speak the Realtime protocol but another one, at /v1/live/sessions, which this "
            "endpoint does not have; ask for a Realtime model, such as gpt-realtime."
        )
        return RequestRefusedError("invalid_model", text, "model")
    return None


async def _refuse(socket: web.WebSocketResponse, refusal: RequestRefusedError) -> None:
    """Refuse a session as the service does: an error, then code 4000."""
    await socket.send_json({"type": "error", "event_id": new_id("event"), "error": refusal.body()})
    await socket.close(code=4000, message=f"{INVALID_REQUEST}.{refusal.code}".encode())


class _Endpoint:
    def __init__(self, models: Models, auth: Auth, max_sessions: int, limits: SessionLimits) -> None:
        self._models = models
        self._auth = auth
        self._limits = limits
        self._created = int(time.time())
        self.inference = Inference(models)
        self._sockets: set[web.WebSocketResponse] = set()
        full = f"{max_sessions} sessions are open, which is this endpoint's limit; close one first."
        self._capacity = Capacity(max_sessions, full)
        self._metrics = Metrics()
        self.calls = CallRoutes(self.inference, auth, self._capacity, limits, self._metrics)

    async def workers(self, _: web.Application) -> AsyncIterator[None]:
        """Keep the worker threads while the application runs."""
        yield
        self.inference.close()
        await self._models.close()

    async def hang_up(self, _: web.Application) -> None:
        """Close every session because the server shuts down."""
        await self.calls.end()
        for socket in list(self._sockets):
            with contextlib.suppress(ConnectionError):
                await socket.close(code=WSCloseCode.GOING_AWAY, message=b"The server is shutting down.")

    async def health(self, _: web.Request) -> web.Response:
        """Answer ``GET /health``: whether the server is up and its models are loaded."""
        return web.json_response({"status": "ok", "ready": self._models.ready, "sessions": self._capacity.used})

    async def show_metrics(self, request: web.Request) -> web.Response:
        """Answer ``GET /metrics``: all counts for Prometheus, or as JSON those of each session (``?sessions``)."""
        if "sessions" in request.query:
            return web.json_response({"sessions": self._metrics.sessions()})
        return web.Response(body=self._metrics.render(), headers={"Content-Type": CONTENT_TYPE})

    async def list_models(self, _: web.Request) -> web.Response:
        """Answer ``GET /v1/models``."""
        return web.json_response({"object": "list", "data": [self._model()]})

    async def retrieve_model(self, _: web.Request) -> web.Response:
        """Answer ``GET /v1/models/{model}``: every name is accepted, as in sessions."""
        return web.json_response(self._model())

    def _model(self) -> dict[str, Any]:
        return {
            "id": self._models.model_id,
            "object": "model",
            "created": self._created,
            "owned_by": "realtime-widgets",
            "brain": self._models.brain,
            "ready": self._models.ready,
            "loading": self._models.loading,
            "problem": self._models.problem,
        }

    async def realtime(self, request: web.Request) -> web.StreamResponse:
        """Answer ``GET /v1/realtime``: a session over a WebSocket, configured by its client secret if any."""
        self._refuse_unsupported(request)
        call = self.calls.get(request.query["call_id"]) if "call_id" in request.query else None
        socket = web.WebSocketResponse(
            protocols=("realtime",), max_msg_size=_MAX_FRAME_BYTES, heartbeat=120, compress=False
        )
        with (self._capacity if call is None else call.sideband_capacity).slot():
            transport = request.transport
            assert transport is not None
            await socket.prepare(request)
            if (refusal := _refusal(request)) is not None:
                await _refuse(socket, refusal)
                return socket
            if call is None:
                await self._hold(socket, request)
            else:
                await call.attach(socket, transport)
        return socket

    async def _hold(self, socket: web.WebSocketResponse, request: web.Request) -> None:
        secret = self._auth.client_secret(request)
        self._sockets.add(socket)
        if loading := self._models.loading:
            logger.info("a session begins while these still load: %s", ", ".join(loading))
        counted = self._metrics.begin("websocket")
        try:
            config = None if secret is None else secret.session
            if request.query.get("intent") == "transcription" and (config or {}).get("type") != "transcription":
                config = default_config("transcription")
            await serve_session(socket, self.inference, self._limits, config, watch=counted.watch)
        finally:
            counted.end()
            self._sockets.discard(socket)

    def _refuse_unsupported(self, request: web.Request) -> None:
        if request.headers.get("Upgrade", "").lower() != "websocket":
            text = "This is a WebSocket endpoint; connect with ws:// and a Realtime client."
            raise RequestRefusedError("websocket_required", text)
        intent = request.query.get("intent", "conversation")
        if intent not in ("conversation", "transcription"):
            raise invalid_value("Invalid value for 'intent': choose 'conversation' or 'transcription'.", "intent")
        if intent == "transcription" and request.query.get("model"):
            text = "You must not provide a model parameter for transcription sessions; send a session.update."
            raise invalid_value(text, "model")
