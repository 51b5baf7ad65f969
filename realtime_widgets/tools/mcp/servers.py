"""The MCP servers of a session; their tools are kept up to date in its registry."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from realtime_widgets.concurrency.loop_thread import LoopThread, schedule
from realtime_widgets.errors import ConfigurationError, McpServerError, ToolStoppedError
from realtime_widgets.shown_text import visible
from realtime_widgets.tools.mcp.connection import McpConnection
from realtime_widgets.tools.mcp.names import free_name, legal_name
from realtime_widgets.tools.mcp.results import error_of, value_of
from realtime_widgets.tools.mcp.target import McpTarget
from realtime_widgets.tools.options import ToolOptions
from realtime_widgets.tools.output.call_output import progress as note_progress
from realtime_widgets.tools.tool import Tool

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
    from concurrent.futures import Future

    import mcp.types

    from realtime_widgets.tools.options import Approval
    from realtime_widgets.tools.registry import ToolRegistry

State = Literal["connecting", "waiting", "ready", "refused", "lost", "closed"]


class McpServer:
    """One MCP server, made by `McpServers.add`.

    Attributes
    ----------
    name : str
        Name of the server in this session.
    state : str
        ``"connecting"``, ``"ready"``, ``"waiting"`` (a running response has to end before the model is told of
        the tools), ``"refused"`` (the service accepts none of the tools), ``"lost"`` (the next call connects
        again) or ``"closed"``.
    tools : dict of str to str
        The name under which the model calls each tool, by the server's own name.
    refused : dict of str to str
        The reason for each tool that the service does not accept, by the name for the model.
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
        self._link: Literal["connecting", "ready", "lost", "closed"] = "connecting"
        self._names: dict[str, str] = {}
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

    @property
    def state(self) -> State:
        """Whether the server is there, and whether the model knows its tools."""
        told, tools = self._registry.told, self.tools
        if self._link != "ready":
            return self._link
        if self._names and not tools:
            return "refused"
        mine = self._mine()
        untold = any(mine[name].enabled and name not in (told or ()) for name in tools.values() if name in mine)
        return "waiting" if told is not None and untold else "ready"

    @property
    def tools(self) -> dict[str, str]:
        """The name under which the model calls each tool, by the server's own name; without the refused ones."""
        refused = self._registry.refused
        return {each: name for each, name in self._names.items() if name not in refused}

    @property
    def refused(self) -> dict[str, str]:
        """The reason for each tool that the service does not accept, by the name for the model."""
        return {name: why for name, why in self._registry.refused.items() if name in self._names.values()}

    async def open(self, before: McpServer | None = None) -> None:
        """Connect and add the tools to the registry; they replace those of the server `before`."""
        tools = await self._connect()
        if self._allow is not None and (missing := self._allow - {tool.name for tool in tools}):
            await self.shut()
            raise ConfigurationError(
                f"the MCP server {self.name} has no tool {', '.join(sorted(missing))}; it has "
                f"{', '.join(tool.name for tool in tools) or 'none'}"
            )
        if before is not None:
            self._taken_over = list(before._functions.values())
        self._follow(tools)
        self._taken_over = []

    async def open_again(self) -> None:
        """Connect again after `shut`; the tools in the registry work as before."""
        self._link, self._opening = "lost", asyncio.Lock()
        async with self._opening:
            try:
                self._follow(await self._connect())
            except McpServerError as error:
                if self._link == "lost":
                    self._problem(f"{error}. Its next call tries again.")

    def again_for(self, registry: ToolRegistry, loop: LoopThread, problem: Callable[[str], object]) -> McpServer:
        """Return the same server for another session, with its tools in that one's registry."""
        made = McpServer(
            self.name,
            self._target,
            registry,
            loop,
            problem,
            allow=self._allow,
            prefix=self._prefix,
            options=self._options,
        )
        made._names = dict(self._names)
        made._functions = {each: made._function(each) for each in self._functions}
        successors = {function: made._functions[each] for each, function in self._functions.items()}
        for tool in list(registry.values()):
            if (function := successors.get(tool.function)) is not None:
                registry.add(replace(tool, function=function))
        return made

    async def shut(self) -> None:
        """End the connection; the tools stay in the registry."""
        self._link = "closed"
        if self._connection is not None:
            await self._connection.close()

    def withdraw(self) -> None:
        """Remove the tools from the registry."""
        for name in self._mine():
            self._registry.remove(name)
        self._functions.clear()

    async def _connect(self) -> list[mcp.types.Tool]:
        connection = McpConnection(self._target, self._follow, self._lost)
        try:
            tools = await connection.open()
        except McpServerError as error:
            if self._link != "closed":
                self._link = "lost"
            where = f"the MCP server {self.name} ({self._target.shown})"
            raise McpServerError(f"{where} cannot be used: {error}") from None
        if self._link == "closed":
            await connection.close()
            raise McpServerError(f"the MCP server {self.name} was closed")
        self._connection, self._link = connection, "ready"
        return tools

    async def _call(self, tool: str, arguments: dict[str, Any], told: contextvars.Context) -> Any:
        async with self._opening:
            if self._link == "closed":
                raise McpServerError(f"the MCP server {self.name} was closed")
            if self._connection is None or self._connection.over:
                self._follow(await self._connect())
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
            if self._link != "closed":
                job = schedule(lambda: self._call(tool, arguments, told), self._thread.start())
            if job is None:
                raise McpServerError(f"the MCP server {self.name} was closed")
            try:
                return await asyncio.wrap_future(job)
            except McpServerError as error:
                raise error.with_traceback(None) from None  # all frames are of this package

        return call

    def _follow(self, tools: list[mcp.types.Tool]) -> None:
        """Update the registry to the server's list of tools."""
        if self._link == "closed":
            return
        listed = {tool.name: tool for tool in tools if self._allow is None or tool.name in self._allow}
        mine = self._mine()
        taken = set(self._registry) - set(mine)
        names: dict[str, str] = {}
        for each in listed:
            before = self._names.get(each)
            kept = before is not None and before not in taken
            names[each] = before if kept and before else free_name(each, self.name, taken, self._prefix)
            taken.add(names[each])
        for name in set(mine) - set(names.values()):
            self._registry.remove(name)
        for each, name in names.items():
            self._put(each, name, listed[each], mine.get(name))
        self._names = names

    def _put(self, each: str, name: str, listed: mcp.types.Tool, before: Tool | None) -> None:
        """Add one tool, unless it is there unchanged or the user removed it."""
        if before is None and self._names.get(each) == name:
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
        """Return the tools in the registry that still belong to this server: the user may have replaced some."""
        own = [*self._functions.values(), *self._taken_over]
        return {name: tool for name, tool in self._registry.items() if tool.function in own}

    def _lost(self, reason: str) -> None:
        if self._link == "closed":
            return
        self._link = "lost"
        self._problem(f"The MCP server {self.name} is gone: {reason}. Its next call starts it again.")

    def __repr__(self) -> str:
        names = ", ".join(self.tools.values()) or "none"
        refused = "; ".join(f"{name} ({why})" for name, why in self.refused.items())
        more = f"; not accepted by the service: {refused}" if refused else ""
        return visible(f"<McpServer {self.name} ({self._target.shown}) {self.state}, tools: {names}{more}>")


class McpServers(Mapping[str, McpServer]):
    """A session's MCP servers by name; they end with the session.

    They run in a separate thread, so that their calls wait neither for a cell nor for the voice.

    Parameters
    ----------
    registry
        The session's tools.
    problem
        Called with what the user has to know.
    told
        Waits until the service has answered for the tools, if there is a connection.
    """

    def __init__(
        self,
        registry: ToolRegistry,
        problem: Callable[[str], object],
        told: Callable[[], Coroutine[Any, Any, None]],
    ) -> None:
        self._registry = registry
        self._problem = problem
        self._told = told
        self._servers: dict[str, McpServer] = {}
        self._thread = LoopThread("realtime-tool-loop")
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

        The model gets the server's tools in a form that every service accepts, updated when the server changes
        them; those that the service refuses are named in `McpServer.refused`. If the server is lost, the user is
        told, and the next call connects again. If there is a server of the same name, the new one replaces it.

        Parameters
        ----------
        server
            Its command, such as ``"uvx mcp-server-time"`` or ``["uvx", "mcp-server-time"]``, or its address
            (streamable HTTP), such as ``"http://127.0.0.1:8000/mcp"``.
        name
            Name of the server; None means one made from the command or the address.
        allow
            The tools that the model may call, by the server's names; None means all tools.
        prefix
            Whether all tools are named ``<name>_<tool>``; otherwise only those whose name is already in use.
        approval
            Whether the user is asked before a call of any of its tools, as in `ToolOptions`.
        env
            Further environment variables of the command, which inherits only a few such as ``PATH``; they are
            never shown.
        headers
            Headers of every request to the address, such as ``{"Authorization": "Bearer …"}``; they are never
            shown.
        cwd
            Working directory of the command.
        **options
            ``time_limit``, ``approval_limit`` and ``parallel`` of `ToolOptions`.

        Raises
        ------
        ConfigurationError
            If the arguments are invalid, or the package ``mcp`` is not installed.
        McpServerError
            If the server cannot be started or reached; the text holds its last output.
        """
        try:
            if self._closed:
                raise ConfigurationError("this session is over; await session.restart(), or make a new one")
            target = McpTarget.of(server, env, headers, cwd)
        finally:
            del server, env, headers  # a traceback with locals must not show them
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
        await self._told()
        return made

    async def remove(self, name: str) -> None:
        """Remove a server's tools and end it.

        Raises
        ------
        KeyError
            If there is no server of that name; the text lists the existing ones.
        """
        server = self[name]
        server.withdraw()
        del self._servers[name]
        await self._do(server.shut())

    async def close(self) -> None:
        """End all servers; their tools stay in the registry, and calls of them return an error."""
        self.end()
        if self._ending is not None:
            await asyncio.wrap_future(self._ending)

    def end(self) -> None:
        """Begin to end all servers; from any thread, and more than once without harm."""
        if not self._closed:
            self._closed = True
            if self._used:
                self._ending = schedule(self._shut_all, self._thread.start())

    def reopen(self) -> None:
        """Begin to start all servers again after `close`; the user is told which cannot be started."""
        self._closed, self._ending = False, None
        if self._used:
            schedule(self._open_all_again, self._thread.start())

    def take_over(self, earlier: McpServers) -> None:
        """Begin to start the servers of another session whose names are not in use here, once it gave its tools.

        The user is told which cannot be started.
        """
        for name, server in list(earlier._servers.items()):
            if name not in self._servers:
                self._servers[name] = server.again_for(self._registry, self._thread, self._problem)
                self._used = True
                schedule(self._servers[name].open_again, self._thread.start())

    async def _open_all_again(self) -> None:
        await asyncio.gather(*(server.open_again() for server in self._servers.values()))

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
        try:
            loop = self._thread.start()
        except BaseException:
            coroutine.close()
            raise
        job = schedule(lambda: coroutine, loop)
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
