"""Errors of HTTP requests: the service's error object and the status that goes with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from realtime_widgets.local.api.errors import SERVER_ERROR, RequestRefusedError, log_failure
from realtime_widgets.local.brain.errors import BrainError
from realtime_widgets.local.inference.loading import StageUnavailableError

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

#: HTTP status of each error code; 400 for all others.
_STATUS = {
    "invalid_api_key": 401,
    "origin_not_allowed": 403,
    "host_not_allowed": 403,
    "audio_not_found": 404,
    "call_id_not_found": 404,
    "model_not_found": 404,
    "request_timeout": 408,
    "request_too_large": 413,
    "websocket_required": 426,
    "rate_limit_exceeded": 429,
    "server_error": 500,
}


@web.middleware
async def error_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer what a handler raises with the service's error object; the text of a failure stays in the log."""
    try:
        return await handler(request)
    except web.HTTPException as answer:
        if answer.status < 400:
            raise
        response = web.json_response({"error": _plain(request, answer)}, status=answer.status)
        if "Allow" in answer.headers:
            response.headers["Allow"] = answer.headers["Allow"]
        return response
    except ConnectionError:
        raise
    except Exception as error:
        refusal = refusal_of(error, f"{request.method} {request.path}")
        return web.json_response({"error": error_body(refusal)}, status=_STATUS.get(refusal.code, 400))


def refusal_of(error: Exception, during: str) -> RequestRefusedError:
    """Return what a client is told of `error`; log it if it is a failure of the endpoint `during` something."""
    match error:
        case RequestRefusedError():
            return error
        case StageUnavailableError() | BrainError():
            return RequestRefusedError(error.code, str(error), kind=SERVER_ERROR)
    log_failure(during, error)
    text = "The server had an error while processing your request; its log says where."
    return RequestRefusedError("server_error", text, kind=SERVER_ERROR)


def error_body(refusal: RequestRefusedError) -> dict[str, Any]:
    """Return the ``error`` object of an HTTP response or of a streamed error."""
    return {"message": refusal.message, "type": refusal.kind, "param": refusal.param, "code": refusal.code}


def _plain(request: web.Request, answer: web.HTTPException) -> dict[str, Any]:
    message = f"{answer.reason} ({request.method} {request.path})."
    if answer.status == 404:
        message = f"Invalid URL ({request.method} {request.path}): this endpoint does not have it."
    return {"message": message, "type": "invalid_request_error", "param": None, "code": None}
