"""Responses that are sent piece by piece: raw bytes and server-sent events."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from realtime_widgets.local.api.errors import log_failure
from realtime_widgets.local.http.error_responses import error_body, refusal_of

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
    """Answer with bytes as they are made; a failure on the way aborts the connection."""
    response = await _begin(request, content_type)
    try:
        yield response
    except ConnectionError:
        raise
    except Exception as error:
        log_failure("a streamed answer", error)
        # The status is sent already: only a missing end tells the client that something went wrong.
        if request.transport is not None:
            request.transport.abort()
    else:
        await response.write_eof()


class EventStream:
    """Server-sent events of one response; a failure on the way is sent as the service's ``error`` event.

    Parameters
    ----------
    request
        The request to answer.
    done
        Whether the stream ends with ``data: [DONE]``.
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
            await self.send({"error": error_body(refusal_of(error, "a streamed answer"))})
        if self._done:
            await self.response.write(b"data: [DONE]\n\n")
        await self.response.write_eof()
        return True

    async def send(self, event: dict[str, Any]) -> None:
        """Send one event; wait while the client does not read."""
        await self.response.write(b"data: " + msgspec.json.encode(event) + b"\n\n")
