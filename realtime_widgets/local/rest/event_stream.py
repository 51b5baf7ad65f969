"""Answers that are sent piece by piece: raw bytes, and server-sent events."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from realtime_widgets.local.brain.errors import BrainError
from realtime_widgets.local.models import StageUnavailableError
from realtime_widgets.local.realtime.errors import SERVER_ERROR, RequestRefusedError
from realtime_widgets.local.realtime.failures import log_failure
from realtime_widgets.local.refusals import error_body

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from types import TracebackType

_HEADERS = {"Cache-Control": "no-cache"}


async def _begin(request: web.Request, content_type: str) -> web.StreamResponse:
    response = web.StreamResponse(headers={**_HEADERS, "Content-Type": content_type})
    await response.prepare(request)
    return response


@contextlib.asynccontextmanager
async def byte_stream(request: web.Request, content_type: str) -> AsyncIterator[web.StreamResponse]:
    """Answer with bytes as they are made; a failure on the way breaks the connection off."""
    response = await _begin(request, content_type)
    try:
        yield response
    except ConnectionError:
        raise
    except Exception as error:
        log_failure("a streamed answer", error)
        # The status is sent already: only an answer without its end tells the client that something is missing.
        if request.transport is not None:
            request.transport.abort()
    else:
        await response.write_eof()


class EventStream:
    """Server-sent events of one answer; a failure on the way is told as the service's ``error`` event.

    Parameters
    ----------
    request
        The request to answer.
    done
        Whether the stream closes with ``data: [DONE]``.
    """

    def __init__(self, request: web.Request, done: bool = True) -> None:
        self._request = request
        self._done = done
        self.response: web.StreamResponse

    async def __aenter__(self) -> EventStream:
        self.response = await _begin(self._request, "text/event-stream; charset=utf-8")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if isinstance(error, ConnectionError) or (error is not None and not isinstance(error, Exception)):
            return False
        if error is not None:
            await self.send({"error": error_body(_refusal(error))})
        if self._done:
            await self.response.write(b"data: [DONE]\n\n")
        await self.response.write_eof()
        return True

    async def send(self, event: dict[str, Any]) -> None:
        """Send one event; waits while the client does not read."""
        await self.response.write(b"data: " + msgspec.json.encode(event) + b"\n\n")


def _refusal(error: BaseException) -> RequestRefusedError:
    if isinstance(error, RequestRefusedError):
        return error
    if isinstance(error, StageUnavailableError | BrainError):
        return RequestRefusedError(error.code, str(error), kind=SERVER_ERROR)
    assert isinstance(error, Exception)
    log_failure("a streamed answer", error)
    text = "The server had an error while making this answer; its log says where."
    return RequestRefusedError("server_error", text, kind=SERVER_ERROR)
