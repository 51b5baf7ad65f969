"""HTTP to an MCP server: no redirects, no proxies, answers of a limited size, and nothing in the log."""

from __future__ import annotations

import contextlib
import logging
from contextvars import ContextVar
from typing import TYPE_CHECKING

import httpx2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping

#: Largest answer to one request, and most that one stream of a server's own messages brings, in bytes.
MAX_ANSWER = 2 * 1024 * 1024
_CONNECT_S = 10.0
#: Whether the libraries that talk to a server are silent: they log addresses, headers and results.
_silent: ContextVar[bool] = ContextVar("silent", default=False)
_LOGGERS = (
    "httpx2",
    *(f"httpcore2.{name}" for name in ("connection", "http11", "http2")),
    *(f"mcp.client.{name}" for name in ("client", "streamable_http", "caching", "session")),
    *(f"mcp.shared.{name}" for name in ("dispatcher", "jsonrpc_dispatcher", "tool_name_validation")),
    "client",
)


def _passes(_: logging.LogRecord) -> bool:
    return not _silent.get()


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Let the libraries log nothing of what this task, and those that it starts, do with a server."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_passes)  # adds it once
    before = _silent.set(True)
    try:
        yield
    finally:
        _silent.reset(before)


class AnswerRefusedError(Exception):
    """What a server sent is not taken; the text says why, without a word of it."""


class _Limited(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream, refuse: Callable[[str], AnswerRefusedError]) -> None:
        self._stream = stream
        self._refuse = refuse

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for block in self._stream:
            size += len(block)
            if size > MAX_ANSWER:
                raise self._refuse(f"its answer has more than {MAX_ANSWER // 1024**2} MiB")
            yield block

    async def aclose(self) -> None:
        await self._stream.aclose()


class GuardedTransport(httpx2.AsyncBaseTransport):
    """Sends requests, and refuses redirects and large answers.

    Parameters
    ----------
    on_refused
        Called with the reason when something is refused.

    Attributes
    ----------
    failed_status
        The last HTTP status of 400 or more; None after a better one.
    """

    def __init__(self, on_refused: Callable[[str], object]) -> None:
        self._inner = httpx2.AsyncHTTPTransport(trust_env=False)
        self._on_refused = on_refused
        self.failed_status: int | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request."""
        request.headers["Accept-Encoding"] = "identity"  # a small answer must not become a large one here
        response = await self._inner.handle_async_request(request)
        self.failed_status = response.status_code if response.status_code >= 400 else None
        refusal = ""
        if 300 <= response.status_code < 400:
            refusal = "it redirects to another address, which is not followed: give that one"
        elif response.headers.get("content-encoding", "identity") != "identity":
            refusal = "its answer is compressed, though that was not asked for"
        if refusal:
            await response.aclose()
            raise self._refused(refusal)
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        response.stream = _Limited(response.stream, self._refused)
        return response

    async def aclose(self) -> None:
        """Close all connections."""
        await self._inner.aclose()

    def _refused(self, reason: str) -> AnswerRefusedError:
        self._on_refused(reason)
        return AnswerRefusedError(reason)


def http_client(headers: Mapping[str, str], transport: GuardedTransport, silence_s: float) -> httpx2.AsyncClient:
    """Return a client that sends `headers` to one server; `silence_s` is the longest silence in an answer."""
    return httpx2.AsyncClient(
        headers=dict(headers),
        transport=transport,
        trust_env=False,  # neither a proxy nor a password file of this machine
        follow_redirects=False,
        timeout=httpx2.Timeout(_CONNECT_S, read=silence_s),
    )
