"""What goes wrong with an HTTP request, as the service's JSON with its status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from realtime_widgets.local.brain.errors import BrainError
from realtime_widgets.local.models import StageUnavailableError
from realtime_widgets.local.realtime.errors import SERVER_ERROR, RequestRefusedError
from realtime_widgets.local.realtime.failures import log_failure

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

#: HTTP status of each error code; others are 400.
_STATUS = {
    "invalid_api_key": 401,
    "origin_not_allowed": 403,
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
async def answer_refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn what a handler raises into the service's error answers; nothing of a failure's text leaves."""
    try:
        return await handler(request)
    except RequestRefusedError as refusal:
        return refusal_response(refusal)
    except (StageUnavailableError, BrainError) as problem:
        return refusal_response(RequestRefusedError(problem.code, str(problem), kind=SERVER_ERROR))
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
        log_failure(f"{request.method} {request.path}", error)
        text = "The server had an error while processing your request; its log says where."
        return refusal_response(RequestRefusedError("server_error", text, kind=SERVER_ERROR))


def refusal_response(refusal: RequestRefusedError) -> web.Response:
    """Return the HTTP answer of a refusal."""
    return web.json_response({"error": error_body(refusal)}, status=_STATUS.get(refusal.code, 400))


def error_body(refusal: RequestRefusedError) -> dict[str, Any]:
    """Return the ``error`` object of an HTTP answer or a streamed error."""
    return {"message": refusal.message, "type": refusal.kind, "param": refusal.param, "code": refusal.code}


def _plain(request: web.Request, answer: web.HTTPException) -> dict[str, Any]:
    message = f"{answer.reason} ({request.method} {request.path})."
    if answer.status == 404:
        message = f"Invalid URL ({request.method} {request.path}): this endpoint does not have it."
    return {"message": message, "type": "invalid_request_error", "param": None, "code": None}
