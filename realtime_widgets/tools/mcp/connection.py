"""One connection to an MCP server, from start to end; all of it runs on one event loop."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import AsyncExitStack
from typing import IO, TYPE_CHECKING, Any

from realtime_widgets.errors import ConfigurationError, McpServerError
from realtime_widgets.installing import install_extra
from realtime_widgets.protocol.secrets import forget_locals, mask_logs
from realtime_widgets.tools.schema.messages import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcp import Client
    from mcp.shared.dispatcher import ProgressFnT
    from mcp.types import CallToolResult, Tool

    from realtime_widgets.tools.mcp.target import McpTarget

#: Longest wait for a server to start and list its tools, in seconds: it may have to be downloaded first.
START_LIMIT_S = 120.0
#: Largest number of pages of a tool list that are read.
_MAX_PAGES = 100
#: Characters of a server's standard error that are shown when it fails.
_LAST_OUTPUT = 400
#: First and longest pause before listening for changes again, in seconds.
_PAUSE_S, _MAX_PAUSE_S = 1.0, 60.0
#: How the package ``mcp`` begins the messages of the errors that it makes itself when it has lost a server.
_LOST = ("Connection closed", "Session terminated", "SSE stream failed", "SSE stream ended")


class McpConnection:
    """Starts a server or connects to one, lists its tools, calls them, and notices its end.

    Parameters
    ----------
    target
        The server.
    on_tools
        Called with all tools after they have changed.
    on_lost
        Called once with the reason if the server ends or the connection breaks.
    """

    def __init__(
        self, target: McpTarget, on_tools: Callable[[list[Tool]], object], on_lost: Callable[[str], object]
    ) -> None:
        self._target = target
        self._on_tools = on_tools
        self._on_lost = on_lost
        self._client: Client | None = None
        self._serving: asyncio.Task[None] | None = None
        self._end = asyncio.Event()
        self._closing = False
        self._ready = False
        self._stale = asyncio.Event()
        self._lost_reason = ""
        self._errors: IO[str] | None = None

    @property
    def over(self) -> bool:
        """Whether the connection has ended, so that no tool can be called."""
        return self._end.is_set() or self._serving is None or self._serving.done()

    async def open(self) -> list[Tool]:
        """Connect and return the server's tools.

        Raises
        ------
        ConfigurationError
            If the package ``mcp`` is missing.
        McpServerError
            If the server cannot be started or reached.
        """
        ready: asyncio.Future[list[Tool]] = asyncio.get_running_loop().create_future()
        self._serving = asyncio.create_task(self._serve(ready))
        try:
            async with asyncio.timeout(START_LIMIT_S):
                return await asyncio.shield(ready)
        except TimeoutError:
            await self.close()
            said = self._last_output()
            raise McpServerError(f"it did not answer within {START_LIMIT_S:g} s{said}") from None
        except BaseException:
            await self.close()
            raise

    async def call(self, name: str, arguments: dict[str, Any], progressed: ProgressFnT) -> CallToolResult:
        """Call a tool; a call that is cancelled here is also cancelled on the server.

        Raises
        ------
        McpServerError
            If the server rejects the call or is lost.
        """
        from mcp import MCPError

        assert self._client is not None
        try:
            return await self._client.call_tool(name, arguments, progress_callback=progressed)
        except MCPError as error:
            forget_locals(error)
            # Not by its code: that of a closed connection is the one for any error of a server.
            if self._end.is_set() or error.message.startswith(_LOST):
                reason = self._lose("it went away")
                raise McpServerError(
                    f"it was lost during the call ({reason}); whether it acted is unknown"
                ) from None
            raise McpServerError(self._target.masked(one_line(error.message))) from None
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise McpServerError(f"it was lost during the call ({self._lose('it went away')})") from None
        except Exception as error:
            forget_locals(error)
            raise McpServerError(self._target.masked(one_line(f"{type(error).__name__}: {error}"))) from None

    async def close(self) -> None:
        """End the connection, and the process that was started for it if there is one."""
        self._closing = True
        self._end.set()
        if self._serving is not None and not self._ready:
            self._serving.cancel()  # a server that starts, for as long as it likes, does not look at `_end`
        if self._serving is not None and self._serving is not asyncio.current_task():
            await asyncio.gather(self._serving, return_exceptions=True)

    async def _serve(self, ready: asyncio.Future[list[Tool]]) -> None:
        problem: Exception | None = None
        try:
            async with AsyncExitStack() as stack:
                client = self._client = await self._connected(stack)
                ready.set_result(await _listed(client))
                self._ready = True
                helpers = [asyncio.create_task(self._refresh(client)), asyncio.create_task(self._listen(client))]
                try:
                    await self._end.wait()
                finally:
                    for helper in helpers:
                        helper.cancel()
                    await asyncio.gather(*helpers, return_exceptions=True)
        except ConfigurationError as error:
            problem = error
        except (Exception, BaseExceptionGroup) as error:
            forget_locals(error)  # the library's hold variables and headers
            self._lost_reason = self._lost_reason or self._target.masked(_innermost(error))
        finally:
            self._end.set()
            reason = f"{self._lost_reason or 'it ended'}{self._last_output()}"
            if not ready.done():
                ready.set_exception(problem or McpServerError(reason))
                ready.exception()  # marks it as retrieved: nothing may be waiting any more
            elif not self._closing:
                self._on_lost(reason)
            if self._errors is not None:
                self._errors.close()

    async def _connected(self, stack: AsyncExitStack) -> Client:
        try:
            from mcp import Client, StdioServerParameters, stdio_client
            from mcp.client.streamable_http import streamable_http_client
            from mcp.shared._httpx_utils import create_mcp_http_client
            from mcp.types import Implementation
        except ImportError as error:
            raise ConfigurationError(
                "the tools of MCP servers need the package mcp, version 2.3 or newer: "
                f"{install_extra('mcp')} ({error})"
            ) from None
        target = self._target
        transport: Any
        if target.url:
            mask_logs("httpx", "httpx2", streamable_http_client.__module__)  # they log the address with its query
            http = await stack.enter_async_context(create_mcp_http_client(headers=target.headers.reveal()))
            transport = streamable_http_client(target.url, http_client=http)
        else:
            import tempfile  # imports much, which only a server that is started here needs

            self._errors = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115 - closed when it ends
            transport = stdio_client(
                StdioServerParameters(
                    command=target.command[0],
                    args=list(target.command[1:]),
                    env=target.env.reveal(),
                    cwd=None if target.cwd is None else str(target.cwd),
                ),
                errlog=self._errors,
            )
        client = Client(
            _Watched(transport, lambda: self._lose("its process ended" if target.command else "it hung up")),
            message_handler=self._notified,
            client_info=Implementation(name="realtime_widgets", version=_version()),
            cache=None,
        )
        await stack.enter_async_context(client)
        # A tool that has acted is not told as failed for the form of its answer.
        client.session.validate_tool_result = _take_any  # type: ignore[method-assign]
        return client

    async def _notified(self, message: Any) -> None:
        if getattr(message, "method", "") == "notifications/tools/list_changed":
            self._stale.set()

    async def _refresh(self, client: Client) -> None:
        """List the tools again whenever they have changed."""
        while True:
            await self._stale.wait()
            self._stale.clear()
            with contextlib.suppress(Exception):  # the next call will show what is wrong with the server
                self._on_tools(await _listed(client))

    async def _listen(self, client: Client) -> None:
        """Subscribe to changes of the tools, as newer versions of the protocol require."""
        from mcp import MCPError
        from mcp.client.subscriptions import ListenNotSupportedError, SubscriptionLost

        tools = client.server_capabilities.tools
        if tools is None or not tools.list_changed:
            return
        pause = _PAUSE_S
        while True:
            try:
                async with client.listen(tools_list_changed=True) as changes:
                    pause = _PAUSE_S
                    async for _ in changes:
                        self._stale.set()
            except (ListenNotSupportedError, MCPError):
                return  # older servers send changes without a subscription
            except (SubscriptionLost, TimeoutError):
                pass
            await asyncio.sleep(pause)
            pause = min(2 * pause, _MAX_PAUSE_S)
            self._stale.set()  # what changed meanwhile

    def _lose(self, reason: str) -> str:
        self._lost_reason = self._lost_reason or reason
        self._end.set()
        return self._lost_reason

    def _last_output(self) -> str:
        if self._errors is None or self._errors.closed:
            return ""
        self._errors.seek(0)
        lines = self._target.masked(self._errors.read()).strip().splitlines()
        words = one_line(" ".join(lines[-2:]))[-_LAST_OUTPUT:]
        return f"; its last output: {words}" if words else ""


class _Watched:
    """A transport that reports when the server's side of it ends."""

    def __init__(self, transport: Any, ended: Callable[[], object]) -> None:
        self._transport = transport
        self._ended = ended

    async def __aenter__(self) -> Any:
        read, write = await self._transport.__aenter__()
        return _WatchedStream(read, self._ended), write

    async def __aexit__(self, *exception: Any) -> Any:
        return await self._transport.__aexit__(*exception)


class _WatchedStream:
    """Passes a stream through, and reports its end."""

    def __init__(self, stream: Any, ended: Callable[[], object]) -> None:
        self._stream = stream
        self._ended = ended

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    async def __aenter__(self) -> _WatchedStream:
        await self._stream.__aenter__()
        return self

    async def __aexit__(self, *exception: Any) -> Any:
        return await self._stream.__aexit__(*exception)

    def __aiter__(self) -> _WatchedStream:
        return self

    async def __anext__(self) -> Any:
        try:
            return await self._stream.__anext__()
        except StopAsyncIteration:
            self._ended()
            raise


async def _take_any(name: str, result: CallToolResult) -> None:
    """Take the result of a tool as it is, whether or not it fits the schema that the server gives for it."""


async def _listed(client: Client) -> list[Tool]:
    tools: list[Tool] = []
    cursor: str | None = None
    for _ in range(_MAX_PAGES):
        page = await client.list_tools(cursor=cursor)
        tools += page.tools
        cursor = page.next_cursor
        if not cursor:
            break
    return tools


def _innermost(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return one_line(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)


def _version() -> str:
    from importlib import metadata  # imports much, which only servers need

    try:
        return metadata.version("realtime-widgets")
    except metadata.PackageNotFoundError:
        return "0"
