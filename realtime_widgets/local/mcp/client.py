"""One connection to an MCP server: tools listed, calls made, each with limits; no text of it holds a secret."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from realtime_widgets.local.mcp.definitions import request_headers

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping
    from contextlib import AsyncExitStack

    from mcp import Client
    from mcp.types import CallToolResult

    from realtime_widgets.local.mcp.policy import McpPolicy
    from realtime_widgets.local.mcp.transport import GuardedTransport

#: Largest number of tools of a server, of characters of their list as JSON, and of pages in which it comes.
MAX_TOOLS, MAX_LIST_CHARACTERS, _MAX_PAGES = 256, 256 * 1024, 32
#: Characters of a result that the model and the client get; of an error.
MAX_RESULT, _MAX_ERROR = 64 * 1024, 400
#: Longest wait for an orderly end, in seconds.
_CLOSE_S = 3.0
#: Shortest secret that is masked in a server's texts; shorter ones occur in ordinary words.
_MIN_SECRET = 4
_MASK = "…"


class McpFailedError(Exception):
    """A server or a call failed.

    Attributes
    ----------
    error : dict
        The protocol's ``error`` of an ``mcp_call``.
    by_tool : bool
        Whether the text is what the tool itself says of its failure.
    """

    def __init__(
        self, message: str, kind: str = "tool_execution_error", code: int | None = None, *, by_tool: bool = False
    ) -> None:
        super().__init__(message)
        self.by_tool = by_tool
        self.error: dict[str, Any] = {"type": kind, "message": message}
        if code is not None:
            self.error["code"] = code


class McpClient:
    """Connects to a server once, and keeps the connection until `close`.

    Parameters
    ----------
    definition
        The server, as the client described it.
    policy
        Time limits, and what may be reached.
    """

    def __init__(self, definition: Mapping[str, Any], policy: McpPolicy) -> None:
        self._definition = dict(definition)
        self._policy = policy
        self._client: Client | None = None
        self._transport: GuardedTransport | None = None
        self._serving: asyncio.Task[None] | None = None
        self._end = asyncio.Event()
        self._lost = ""

    @property
    def over(self) -> bool:
        """Whether the connection has ended."""
        return self._end.is_set()

    async def open(self) -> list[dict[str, Any]]:
        """Connect and return the server's tools, as an ``mcp_list_tools`` item holds them.

        Raises
        ------
        McpFailedError
            If the server cannot be reached, does not answer in time, or has too many tools.
        """
        self._policy.check(self._definition["server_url"], "server_url")
        ready: asyncio.Future[list[dict[str, Any]]] = asyncio.get_running_loop().create_future()
        self._serving = asyncio.create_task(self._serve(ready))
        try:
            async with asyncio.timeout(self._policy.list_s):
                return await asyncio.shield(ready)
        except TimeoutError:
            await self.close()
            raise McpFailedError(f"it did not list its tools within {self._policy.list_s:g} s") from None
        except BaseException:
            await self.close()
            raise

    async def call(self, name: str, arguments: str) -> str:
        """Call a tool with a JSON object as text, and return the text of its result.

        A call that is cancelled here is also cancelled on the server.

        Raises
        ------
        McpFailedError
            If the call fails, is not answered in time, or the server is lost.
        """
        client, transport = self._client, self._transport
        assert client is not None
        assert transport is not None
        transport.failed_status = None
        try:
            result = await self._within(client.call_tool(name, _object(arguments)))
        except Exception as error:
            raise self._failure(error, transport.failed_status) from None
        text = self._masked(_text(result))
        if len(text) > MAX_RESULT:
            text = f"{text[:MAX_RESULT]}{_MASK} (the first {MAX_RESULT:,} of {len(text):,} characters)"
        if result.is_error:
            said = self._said(text) or "the server reported an error without a text"
            raise McpFailedError(said, by_tool=bool(text))
        return text

    async def close(self) -> None:
        """End the connection."""
        self._end.set()
        serving = self._serving
        if serving is None or serving is asyncio.current_task():
            return
        if self._client is None:
            serving.cancel()  # it still connects
        done, _ = await asyncio.wait({serving}, timeout=_CLOSE_S)
        if not done:
            serving.cancel()
            await asyncio.wait({serving}, timeout=_CLOSE_S)

    async def _within(self, job: Coroutine[Any, Any, CallToolResult]) -> CallToolResult:
        """Wait for a result, but no longer than the limit or the connection."""
        from realtime_widgets.local.mcp.transport import silence

        with silence():
            calling = asyncio.create_task(job)
        ended = asyncio.create_task(self._end.wait())
        try:
            done, _ = await asyncio.wait(
                {calling, ended}, timeout=self._policy.call_s, return_when=asyncio.FIRST_COMPLETED
            )
            if calling in done:
                return calling.result()
            if ended in done:
                raise McpFailedError(f"it was lost during the call ({self._why()}); whether it acted is unknown")
            raise McpFailedError(
                f"it did not answer within {self._policy.call_s:g} s; whether it acted is unknown"
            )
        finally:
            for task in (calling, ended):
                task.cancel()
            await asyncio.gather(calling, ended, return_exceptions=True)

    def _failure(self, error: Exception, status: int | None) -> McpFailedError:
        from mcp import MCPError

        if isinstance(error, McpFailedError):
            return error
        if self._lost:
            return McpFailedError(f"it was lost during the call ({self._lost}); whether it acted is unknown")
        if status is not None:
            return McpFailedError(f"it answered with the HTTP status {status}", "http_error", status)
        if isinstance(error, MCPError):
            return McpFailedError(self._said(error.message), "protocol_error", error.code)
        return McpFailedError(self._said(f"{type(error).__name__}: {error}"))

    async def _serve(self, ready: asyncio.Future[list[dict[str, Any]]]) -> None:
        failure = "it ended"
        try:
            # It takes a second to import, in which other sessions go on.
            await asyncio.to_thread(_import_library)
            from realtime_widgets.local.mcp.transport import silence

            with silence():
                async with contextlib.AsyncExitStack() as stack:
                    client = await self._connected(stack)
                    ready.set_result(await self._listed(client))
                    self._client = client
                    await self._end.wait()
        except McpFailedError as error:
            failure = str(error)
        except (Exception, BaseExceptionGroup) as error:
            failure = self._said(_innermost(error))
        finally:
            status = self._transport.failed_status if self._transport is not None else None
            if status is not None:
                failure = f"it answered with the HTTP status {status}"
            self._lost = self._lost or failure
            self._end.set()
            if not ready.done():
                ready.set_exception(McpFailedError(self._lost))
                ready.exception()  # marks it as retrieved: nobody may be waiting any more

    async def _connected(self, stack: AsyncExitStack) -> Client:
        from mcp import Client
        from mcp.client.streamable_http import streamable_http_client
        from mcp.types import Implementation

        from realtime_widgets.local.mcp.transport import GuardedTransport, http_client

        self._transport = GuardedTransport(self._lose)
        headers = request_headers(self._definition)
        http = await stack.enter_async_context(http_client(headers, self._transport, self._policy.call_s))
        client = Client(
            streamable_http_client(self._definition["server_url"], http_client=http),
            client_info=Implementation(name="realtime_widgets", version="local"),
            cache=None,
        )
        await stack.enter_async_context(client)
        # A tool that has acted is not told as failed for the form of its answer.
        client.session.validate_tool_result = _take_any  # type: ignore[method-assign]
        return client

    async def _listed(self, client: Client) -> list[dict[str, Any]]:
        tools: list[dict[str, Any]] = []
        cursor: str | None = None
        for _ in range(_MAX_PAGES):
            page = await client.list_tools(cursor=cursor)
            for tool in page.tools:
                shown = {"name": tool.name, "description": tool.description, "input_schema": tool.input_schema}
                annotations = tool.annotations and tool.annotations.model_dump(by_alias=True, exclude_none=True)
                tools.append(shown | ({"annotations": annotations} if annotations else {}))
            cursor = page.next_cursor
            if not cursor or len(tools) > MAX_TOOLS:
                break
        written = json.dumps(tools)
        if len(tools) > MAX_TOOLS or len(written) > MAX_LIST_CHARACTERS:
            raise McpFailedError(
                f"it has more than {MAX_TOOLS} tools, or more than {MAX_LIST_CHARACTERS // 1024} KiB of them"
            )
        listed: list[dict[str, Any]] = json.loads(self._masked(written, escaped=True))
        return listed

    def _lose(self, reason: str) -> None:
        self._lost = self._lost or reason
        self._end.set()

    def _why(self) -> str:
        return self._lost or "the session ends"

    def _said(self, text: str) -> str:
        words = " ".join(self._masked(text).split())
        return words if len(words) <= _MAX_ERROR else f"{words[:_MAX_ERROR]}{_MASK}"

    def _masked(self, text: str, escaped: bool = False) -> str:
        """Return a text of the server with what it was told to keep masked; `escaped` if the text is JSON."""
        query = urlsplit(self._definition["server_url"]).query
        values = [*request_headers(self._definition).values(), query, unquote(query)]
        secrets = {part for value in values for part in (value, *re.split(r"[\s=&]+", value))}
        secrets |= {json.dumps(secret)[1:-1] for secret in secrets} if escaped else set()
        known = (each for each in secrets - {"Bearer"} if len(each) >= _MIN_SECRET)
        for secret in sorted(known, key=len, reverse=True):
            text = text.replace(secret, _MASK)
        return text


def _import_library() -> None:
    importlib.import_module("mcp.client.streamable_http")


def _object(arguments: str) -> dict[str, Any]:
    try:
        value = json.loads(arguments)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise McpFailedError("the arguments of the call are not a JSON object")
    return value


def _text(result: CallToolResult) -> str:
    parts = [_part(block) for block in result.content]
    if not parts and result.structured_content is not None:
        return json.dumps(result.structured_content, ensure_ascii=False)
    return "\n".join(parts)


def _part(block: Any) -> str:
    if block.type == "text":
        return str(block.text)
    if block.type == "resource" and getattr(block.resource, "text", None) is not None:
        return str(block.resource.text)
    if block.type == "resource_link":
        return f"<resource {block.name}: {block.uri}>"
    return f"<a part of the kind {block.type}, which cannot be passed on>"


async def _take_any(name: str, result: CallToolResult) -> None:
    """Take the result of a tool as it is, whether or not it fits the schema that the server gives for it."""


def _innermost(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
