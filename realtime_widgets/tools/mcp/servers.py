"""The MCP servers of a session: their tools stand in its registry beside our own and follow theirs."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from realtime_widgets.errors import ConfigurationError, McpServerError, ToolStoppedError
from realtime_widgets.tools.call_output import progress as note_progress
from realtime_widgets.tools.loop_thread import LoopThread, schedule
from realtime_widgets.tools.mcp.connection import McpConnection
from realtime_widgets.tools.mcp.names import free_name, legal_name
from realtime_widgets.tools.mcp.results import error_of, value_of
from realtime_widgets.tools.mcp.target import McpTarget
from realtime_widgets.tools.options import ToolOptions
from realtime_widgets.tools.tool import Tool

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
    from concurrent.futures import Future

    import mcp.types

    from realtime_widgets.tools.options import Approval
    from realtime_widgets.tools.registry import ToolRegistry

State = Literal["connecting", "ready", "lost", "closed"]


class McpServer:
    """One server, made by `McpServers.add`.

    Attributes
    ----------
    name : str
        What it is called here.
    state : str
        ``connecting``, ``ready``, ``lost`` (the next call connects again) or ``closed``.
    tools : dict
        Its tools: the name that the model calls, by the name that the server gave.
    """

    def __init__(
        self,
        name: str,
        target: McpTarget,
        registry: ToolRegistry,
        loop: LoopThread,
        problem: Callable[[str], object],
        *,
        allow: frozenset[str] | None,
        prefix: bool,
        options: Mapping[str, Any],
    ) -> None:
        self.name = name
        self.state: State = "connecting"
        self.tools: dict[str, str] = {}
        self._target = target
        self._registry = registry
        self._thread = loop
        self._problem = problem
        self._allow = allow
        self._prefix = prefix
        self._options = options
        self._functions: dict[str, Callable[..., Any]] = {}
        self._taken_over: list[Callable[..., Any]] = []
        self._connection: McpConnection | None = None
        self._opening = asyncio.Lock()

    async def open(self, before: McpServer | None = None) -> None:
        """Connect and put the tools into the registry, in the place of those of the server `before`."""
        tools = await self._connect()
        if self._allow is not None and (missing := self._allow - {tool.name for tool in tools}):
            await self.shut()
            raise ConfigurationError(
                f"the MCP server {self.name} has no tool {', '.join(sorted(missing))}; it has "
                f"{', '.join(tool.name for tool in tools) or 'none'}"
            )
        if before is not None:
            self._taken_over = list(before._functions.values())
        self._take(tools)
        self._taken_over = []

    async def shut(self) -> None:
        """End the connection; the tools stay."""
        self.state = "closed"
        if self._connection is not None:
            await self._connection.close()

    def withdraw(self) -> None:
        """Take the tools out of the registry."""
        for name in self._mine():
            self._registry.remove(name)
        self._functions.clear()

    async def _connect(self) -> list[mcp.types.Tool]:
        connection = McpConnection(self._target, self._take, self._lost)
        try:
            tools = await connection.open()
        except McpServerError as error:
            if self.state != "closed":
                self.state = "lost"
            where = f"the MCP server {self.name} ({self._target.shown})"
            raise McpServerError(f"{where} cannot be used: {error}") from None
        if self.state == "closed":
            await connection.close()
            raise McpServerError(f"the MCP server {self.name} was closed")
        self._connection, self.state = connection, "ready"
        return tools

    async def _call(self, tool: str, arguments: dict[str, Any], told: contextvars.Context) -> Any:
        async with self._opening:
            if self.state == "closed":
                raise McpServerError(f"the MCP server {self.name} was closed")
            if self._connection is None or self._connection.over:
                self._take(await self._connect())
        assert self._connection is not None

        async def progressed(progress: float, total: float | None, message: str | None) -> None:
            share = progress / total if total else None
            text = message or (f"{progress:g} of {total:g}" if total else f"{progress:g}")
            with contextlib.suppress(ToolStoppedError):  # the call is being cancelled
                told.run(note_progress, text, share)

        try:
            result = await self._connection.call(tool, arguments, progressed)
        except McpServerError as error:
            raise McpServerError(f"the MCP server {self.name}: {error}") from None
        if result.is_error:
            raise McpServerError(error_of(result))
        return value_of(result)

    def _function(self, tool: str) -> Callable[..., Any]:
        async def call(**arguments: Any) -> Any:
            told = contextvars.copy_context()
            job = None
            if self.state != "closed":
                job = schedule(lambda: self._call(tool, arguments, told), self._thread.get())
            if job is None:
                raise McpServerError(f"the MCP server {self.name} was closed")
            try:
                return await asyncio.wrap_future(job)
            except McpServerError as error:
                raise error.with_traceback(None) from None  # the frames are all of this package

        return call

    def _take(self, tools: list[mcp.types.Tool]) -> None:
        """Let the registry follow the server's list."""
        if self.state == "closed":
            return
        listed = {tool.name: tool for tool in tools if self._allow is None or tool.name in self._allow}
        mine = self._mine()
        taken = set(self._registry) - set(mine)
        names: dict[str, str] = {}
        for each in listed:
            before = self.tools.get(each)
            kept = before is not None and before not in taken
            names[each] = before if kept and before else free_name(each, self.name, taken, self._prefix)
            taken.add(names[each])
        for name in set(mine) - set(names.values()):
            self._registry.remove(name)
        for each, name in names.items():
            self._put(each, name, listed[each], mine.get(name))
        self.tools = names

    def _put(self, each: str, name: str, listed: mcp.types.Tool, before: Tool | None) -> None:
        """Add one tool, unless it stands there as it is or the person took it away."""
        if before is None and self.tools.get(each) == name:
            return
        function = self._functions.setdefault(each, self._function(each))
        tool = Tool.given(
            function,
            name,
            listed.description or listed.title or f"{each} of the MCP server {self.name}",
            listed.input_schema,
            origin=f"MCP server {self.name}",
            options=self._options,
        )
        if before is not None and before.function is function and before.definition() == tool.definition():
            return
        self._registry.add(tool)
        if before is not None and not before.enabled:
            self._registry.disable(name)

    def _mine(self) -> dict[str, Tool]:
        """Return the tools in the registry that are still this server's: the person may have replaced some."""
        own = [*self._functions.values(), *self._taken_over]
        return {name: tool for name, tool in self._registry.items() if tool.function in own}

    def _lost(self, reason: str) -> None:
        if self.state == "closed":
            return
        self.state = "lost"
        self._problem(f"The MCP server {self.name} is gone: {reason}. Its next call starts it again.")

    def __repr__(self) -> str:
        names = ", ".join(self.tools.values()) or "none"
        return f"<McpServer {self.name} ({self._target.shown}) {self.state}, tools: {names}>"


class McpServers(Mapping[str, McpServer]):
    """A session's MCP servers by name; they end with the session.

    They run in a thread of their own; their calls wait neither for a cell nor for the voice.
    """

    def __init__(self, registry: ToolRegistry, problem: Callable[[str], object]) -> None:
        self._registry = registry
        self._problem = problem
        self._servers: dict[str, McpServer] = {}
        self._thread = LoopThread()
        self._used = self._closed = False
        self._ending: Future[None] | None = None

    async def add(
        self,
        server: str | Sequence[str],
        *,
        name: str | None = None,
        allow: Iterable[str] | None = None,
        prefix: bool = False,
        approval: Approval = "never",
        env: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        cwd: str | os.PathLike[str] | None = None,
        **options: Any,
    ) -> McpServer:
        """Start an MCP server, or connect to one, and let the model call its tools.

        What the server lists is told to the model as it is, and followed while it changes. A server that goes
        away is told to the person, and its next call connects again. Run again under the same name, the new
        server takes the place of the old one.

        Parameters
        ----------
        server
            Its command, ``"uvx mcp-server-time"`` or ``["uvx", "mcp-server-time"]``, or its address
            (streamable HTTP), ``"http://127.0.0.1:8000/mcp"``.
        name
            What to call it; otherwise made of the command or the address.
        allow
            The tools that the model may call, by the server's names; otherwise all.
        prefix
            Whether tools are called ``<name>_<tool>``; otherwise only those whose name is taken already.
        approval
            As of `ToolOptions`, for all its tools; a function gets the arguments.
        env, cwd
            Further environment of the command, and where it runs. It inherits little else, such as ``PATH``.
        headers
            Of every request to the address, such as ``{"Authorization": "Bearer …"}``. Like `env` they are
            shown nowhere.
        **options
            ``time_limit``, ``approval_limit`` and ``parallel`` of `ToolOptions`.

        Raises
        ------
        ConfigurationError
            Where this cannot be, or the package ``mcp`` is not installed.
        McpServerError
            Where the server cannot be started or reached; what it wrote last is in the text.
        """
        if self._closed:
            raise ConfigurationError("this session is over; make a new one")
        target = McpTarget.of(server, env, headers, cwd)
        if isinstance(allow, str):
            raise ConfigurationError(f'allow must be a list of names, such as ["{allow}"]')
        if "run_in" in options:
            raise ConfigurationError("run_in is for functions: a server's tools run where the server does")
        options = {**options, "approval": approval, "run_in": "thread"}
        ToolOptions.of(options)
        called = legal_name(name or target.name)
        made = McpServer(
            called,
            target,
            self._registry,
            self._thread,
            self._problem,
            allow=None if allow is None else frozenset(allow),
            prefix=prefix,
            options=options,
        )
        self._used = True
        await self._do(self._open(made))
        return made

    async def remove(self, name: str) -> None:
        """Take a server's tools away and end it.

        Raises
        ------
        KeyError
            Where there is none of that name; the text names those there are.
        """
        server = self[name]
        server.withdraw()
        del self._servers[name]
        await self._do(server.shut())

    async def close(self) -> None:
        """End all servers; their tools stay in the list and answer with an error."""
        self.end()
        if self._ending is not None:
            await asyncio.wrap_future(self._ending)

    def end(self) -> None:
        """End all servers soon; from any thread, and as often as one likes."""
        if not self._closed:
            self._closed = True
            if self._used:
                self._ending = schedule(self._shut_all, self._thread.get())

    async def _open(self, server: McpServer) -> None:
        before = self._servers.get(server.name)
        await server.open(before)
        if self._closed:
            await server.shut()
            raise McpServerError("the session ended before the MCP server was ready")
        self._servers[server.name] = server
        if before is not None:
            await before.shut()

    async def _shut_all(self) -> None:
        await asyncio.gather(*(server.shut() for server in self._servers.values()), return_exceptions=True)
        self._thread.close()

    async def _do(self, coroutine: Coroutine[Any, Any, None]) -> None:
        job = schedule(lambda: coroutine, self._thread.get())
        assert job is not None
        await asyncio.wrap_future(job)

    def __getitem__(self, name: str) -> McpServer:
        if name not in self._servers:
            known = ", ".join(self._servers) or "none yet"
            raise KeyError(f"no MCP server is called {name!r}; there are {known}")
        return self._servers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._servers))

    def __len__(self) -> int:
        return len(self._servers)

    def __repr__(self) -> str:
        return "\n".join(map(repr, self.values())) or "No MCP servers yet; add one with await session.mcp.add(...)"
