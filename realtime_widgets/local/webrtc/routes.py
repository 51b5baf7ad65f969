"""The HTTP routes of calls: begin one, hang up, attach to it; and the CORS headers that browsers ask for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from realtime_widgets.local.api.errors import RequestRefusedError, invalid_value
from realtime_widgets.local.realtime.session_config import initial_config
from realtime_widgets.local.webrtc.candidates import plain_address

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

    from realtime_widgets.local.http.auth import Auth
    from realtime_widgets.local.http.capacity import Capacity
    from realtime_widgets.local.http.metrics import Metrics
    from realtime_widgets.local.inference.workers import Inference
    from realtime_widgets.local.realtime.responses.rate_limits import SessionLimits
    from realtime_widgets.local.webrtc.call import Call

_CALLS = "/v1/realtime/calls"
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "*, Authorization, Content-Type",
    "Access-Control-Expose-Headers": "Location",
}


@web.middleware
async def let_pages_call(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let web pages of other origins begin calls; whether they are admitted is checked elsewhere."""
    if not request.path.startswith(_CALLS):
        return await handler(request)
    response = web.Response(status=204) if request.method == "OPTIONS" else await handler(request)
    response.headers.update(_CORS)
    return response


class CallRoutes:
    """The routes, and the calls under way.

    Parameters
    ----------
    inference
        Runs the models.
    auth
        Knows the client secrets.
    capacity
        Slots for sessions.
    limits
        What each session may use.
    metrics
        Counts the sessions.
    """

    def __init__(
        self, inference: Inference, auth: Auth, capacity: Capacity, limits: SessionLimits, metrics: Metrics
    ) -> None:
        self._limits = limits
        self._metrics = metrics
        self._inference = inference
        self._auth = auth
        self._capacity = capacity
        self._calls: dict[str, tuple[Call, asyncio.Task[None]]] = {}

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Add the routes to `router`."""
        router.add_post(_CALLS, self.begin)
        router.add_post(_CALLS + "/{call}/hangup", self.hang_up)

    def get(self, call_id: str) -> Call:
        """Return a call under way.

        Raises
        ------
        RequestRefusedError
            With the code ``call_id_not_found`` if there is none of this id.
        """
        if call_id not in self._calls:
            text = f"No call '{call_id}' is under way here."
            raise RequestRefusedError("call_id_not_found", text, "call_id")
        return self._calls[call_id][0]

    async def begin(self, request: web.Request) -> web.Response:
        """Answer ``POST /v1/realtime/calls``: an SDP offer, alone or with the session's configuration."""
        # Imported at the first call, on a thread: it takes a while.
        call_module = await asyncio.to_thread(_call_module)
        offer, config = await self._read(request)
        assert request.transport is not None
        address = plain_address(request.transport.get_extra_info("sockname")[0])
        self._capacity.acquire()
        counted = self._metrics.begin("webrtc")
        try:
            call: Call = call_module.Call(self._inference, config, self._limits, counted.watch)
            answer = await call.answer(offer, address)
        except BaseException:
            self._capacity.release()
            counted.end()
            raise
        task = asyncio.create_task(call.run())
        self._calls[call.id] = (call, task)
        task.add_done_callback(lambda _: counted.end())
        task.add_done_callback(lambda _: self._ended(call))
        headers = {"Location": f"{_CALLS}/{call.id}"}
        return web.Response(status=201, text=answer, content_type="application/sdp", headers=headers)

    async def hang_up(self, request: web.Request) -> web.Response:
        """Answer ``POST /v1/realtime/calls/{call}/hangup``."""
        self.get(request.match_info["call"]).hang_up()
        return web.Response()

    async def end(self) -> None:
        """End every call because the server shuts down."""
        calls = list(self._calls.values())
        for call, _ in calls:
            call.hang_up()
        await asyncio.gather(*(task for _, task in calls), return_exceptions=True)

    def _ended(self, call: Call) -> None:
        del self._calls[call.id]
        self._capacity.release()

    async def _read(self, request: web.Request) -> tuple[str, dict[str, Any] | None]:
        if request.content_type == "application/sdp":
            secret = self._auth.client_secret(request)
            try:
                sdp = (await request.read()).decode()
            except UnicodeDecodeError:
                raise invalid_value("The offer is not SDP: it is not text in UTF-8.", None) from None
            return sdp, None if secret is None else secret.session
        if request.content_type != "multipart/form-data":
            raise invalid_value("Send the offer as application/sdp, or as multipart/form-data with 'sdp'.", None)
        try:
            form = await request.post()
        except (web.HTTPException, ConnectionError):
            raise
        except Exception:  # a broken form raises many kinds of error
            raise invalid_value("The request body is not a valid multipart form.", None) from None
        offer = _text(form.get("sdp"))
        if not offer:
            raise RequestRefusedError("missing_required_parameter", "Missing required parameter: 'sdp'.", "sdp")
        if (given := _text(form.get("session"))) is None:
            return offer, None
        try:
            session = msgspec.json.decode(given)
        except (msgspec.DecodeError, RecursionError, ValueError) as error:
            raise invalid_value(f"'session' is not valid JSON: {error}.", "session") from None
        return offer, initial_config(session)


def _text(value: Any) -> str | None:
    if isinstance(value, web.FileField):
        value = value.file.read()
    # A part with its own content type, as the official clients send it, comes as bytes.
    if isinstance(value, (bytes, bytearray)):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else None


def _call_module() -> Any:
    from realtime_widgets.local.webrtc import call

    return call
