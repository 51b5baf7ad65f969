"""The endpoint as one application: its routes, the list of models, and the door to the sessions."""

from __future__ import annotations

import contextlib
import logging
import time
from typing import TYPE_CHECKING, Any

from aiohttp import WSCloseCode, web

from realtime_widgets.local.admission import Admission
from realtime_widgets.local.client_secrets import ClientSecrets
from realtime_widgets.local.inference import Inference
from realtime_widgets.local.metrics import CONTENT_TYPE, Metrics
from realtime_widgets.local.places import Places
from realtime_widgets.local.realtime.connection import serve_session
from realtime_widgets.local.realtime.errors import RequestRefusedError, invalid_value
from realtime_widgets.local.realtime.items import MAX_AUDIO_BYTES
from realtime_widgets.local.realtime.rate_limits import SessionLimits
from realtime_widgets.local.realtime.session_config import default_config
from realtime_widgets.local.refusals import answer_refusals
from realtime_widgets.local.rest import rest_routes
from realtime_widgets.local.webrtc.routes import CallRoutes, let_pages_call

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from realtime_widgets.local.models import Models

logger = logging.getLogger(__name__)

#: Sessions at the same time.
MAX_SESSIONS = 32
#: Largest frame: 15 MiB of sound as base64, and the event around it.
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
        The stages; loading them is the caller's.
    api_key
        What clients must show; None lets in everybody who can reach the server, but no web page of
        another site.
    max_sessions
        Sessions at the same time; more are refused with ``rate_limit_exceeded``.
    clock
        Gives the present as Unix time in seconds.
    limits
        What each session may take; None takes the service's.
    """
    secrets = ClientSecrets(clock)
    admission = Admission(api_key, secrets)
    endpoint = _Endpoint(models, admission, max_sessions, limits or SessionLimits())
    app = web.Application(middlewares=[let_pages_call, answer_refusals, admission.middleware])
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


class _Endpoint:
    def __init__(self, models: Models, admission: Admission, max_sessions: int, limits: SessionLimits) -> None:
        self._models = models
        self._admission = admission
        self._limits = limits
        self._created = int(time.time())
        self.inference = Inference(models)
        self._sockets: set[web.WebSocketResponse] = set()
        full = f"{max_sessions} sessions are open, which is this endpoint's limit; close one first."
        self._places = Places(max_sessions, full)
        self._metrics = Metrics()
        self.calls = CallRoutes(self.inference, admission, self._places, limits, self._metrics)

    async def workers(self, _: web.Application) -> AsyncIterator[None]:
        """Keep the worker threads as long as the application runs."""
        yield
        self.inference.close()
        await self._models.close()

    async def hang_up(self, _: web.Application) -> None:
        """Close every session because the server ends."""
        await self.calls.end()
        for socket in list(self._sockets):
            with contextlib.suppress(ConnectionError):
                await socket.close(code=WSCloseCode.GOING_AWAY, message=b"The server is shutting down.")

    async def health(self, _: web.Request) -> web.Response:
        """Say whether the server is up and its models are loaded."""
        return web.json_response({"status": "ok", "ready": self._models.ready, "sessions": self._places.taken})

    async def show_metrics(self, request: web.Request) -> web.Response:
        """``GET /metrics``: all counts for Prometheus, or each session's own numbers as JSON (``?sessions``)."""
        if "sessions" in request.query:
            return web.json_response({"sessions": self._metrics.sessions()})
        return web.Response(body=self._metrics.render(), headers={"Content-Type": CONTENT_TYPE})

    async def list_models(self, _: web.Request) -> web.Response:
        """``GET /v1/models``."""
        return web.json_response({"object": "list", "data": [self._model()]})

    async def retrieve_model(self, _: web.Request) -> web.Response:
        """``GET /v1/models/{model}``: every name is taken, as sessions take it."""
        return web.json_response(self._model())

    def _model(self) -> dict[str, Any]:
        return {
            "id": self._models.brain.model_id,
            "object": "model",
            "created": self._created,
            "owned_by": "realtime-widgets",
            "brain": self._models.brain.public(),
            "ready": self._models.ready,
            "loading": self._models.loading,
            "problem": self._models.problem,
        }

    async def realtime(self, request: web.Request) -> web.StreamResponse:
        """``GET /v1/realtime``: a session over a WebSocket; a client secret brings its configuration."""
        self._refuse_unsupported(request)
        call = self.calls.get(request.query["call_id"]) if "call_id" in request.query else None
        socket = web.WebSocketResponse(
            protocols=("realtime",), max_msg_size=_MAX_FRAME_BYTES, heartbeat=120, compress=False
        )
        with (self._places if call is None else call.places).one():
            transport = request.transport
            assert transport is not None
            await socket.prepare(request)
            if call is None:
                await self._hold(socket, request)
            else:
                await call.attach(socket, transport)
        return socket

    async def _hold(self, socket: web.WebSocketResponse, request: web.Request) -> None:
        secret = self._admission.secret(request)
        self._sockets.add(socket)
        if loading := self._models.loading:
            logger.info("a session begins while these still load: %s", ", ".join(loading))
        counted = self._metrics.begin("websocket")
        try:
            config = None if secret is None else secret.session
            if request.query.get("intent") == "transcription" and (config or {}).get("type") != "transcription":
                config = default_config("transcription")
            model = request.query.get("model")
            await serve_session(socket, self.inference, self._limits, config, model, watch=counted.watch)
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
