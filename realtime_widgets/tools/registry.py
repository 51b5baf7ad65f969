"""The tools of a session by name: add, replace, remove and list them from any thread."""

from __future__ import annotations

import copy
import html
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar, overload

from realtime_widgets.tools.agents_tool import made_tool
from realtime_widgets.tools.hosted import HostedMcp
from realtime_widgets.tools.options import ToolOptions
from realtime_widgets.tools.tool import Tool

_Function = TypeVar("_Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class ToolChange:
    """What happened to a name: added (`old` is None), removed (`new` is None), replaced, or switched on or off.

    Of a `HostedMcp` both are None.
    """

    name: str
    old: Tool | None
    new: Tool | None


class ToolRegistry(Mapping[str, Tool]):
    """The tools that the model may call, a mapping from names to `Tool`.

    Safe to use from several threads at once. Adding a function under a name that is taken replaces the
    tool; calls that are running keep the `Tool` they started with. A name keeps its place in the order
    when it is replaced, so the service's prompt cache has less to forget.

    Parameters
    ----------
    check
        Raises where an endpoint cannot take settings with a `HostedMcp`.
    """

    def __init__(self, check: Callable[[dict[str, Any]], object] | None = None) -> None:
        self._check = check
        self._hosted: dict[str, HostedMcp] = {}
        self._lock = threading.Lock()
        self._tools: dict[str, Tool] = {}
        self._versions: dict[str, int] = {}
        self._callbacks: dict[object, Callable[[ToolChange], object]] = {}
        self._changes: deque[ToolChange] = deque()
        self._announcing = False

    @overload
    def add(self, function: _Function, /) -> _Function: ...
    @overload
    def add(
        self, function: _Function, /, *, name: str | None = None, description: str | None = None, **options: Any
    ) -> _Function: ...
    @overload
    def add(
        self, function: None = None, /, *, name: str | None = None, description: str | None = None, **options: Any
    ) -> Callable[[_Function], _Function]: ...

    def add(
        self,
        function: Callable[..., Any] | None = None,
        /,
        *,
        name: str | None = None,
        description: str | None = None,
        **options: Any,
    ) -> Any:
        """Make a function a tool; also a decorator, with and without parentheses.

        Parameters
        ----------
        function
            The function, method, partial or callable object; a `Tool`; a ``FunctionTool`` of the
            openai-agents package; or a `HostedMcp`, whose tools the service calls.
        name, description
            What to tell the model instead of the function's own name and docstring.
        **options
            How to run it: ``run_in``, ``time_limit``, ``parallel``, ``approval``, ``approval_limit``; see
            `ToolOptions`.

        Returns
        -------
        callable
            `function`, unchanged.

        Raises
        ------
        ToolDefinitionError
            Where it cannot be a tool; what was registered before stays.

        Warns
        -----
        UserWarning
            Where it has no description, or one that is too long.
        """
        if function is None:
            ToolOptions.of(options)  # a wrong option is told at its own line
            return lambda decorated: self.add(decorated, name=name, description=description, **options)
        if isinstance(function, HostedMcp):
            self._host(function)
            return function
        made = made_tool(function, name, description, options)
        with self._lock:
            version = self._versions.get(made.name, 0) + 1
            tool = replace(made, version=version)
            self._versions[made.name] = version
            self._changes.append(ToolChange(made.name, self._tools.get(made.name), tool))
            self._tools[made.name] = tool
        self._announce()
        return function

    def remove(self, name: str) -> None:
        """Take a tool away, or a `HostedMcp` by its label; calls that are running finish.

        Added again, the name goes on counting versions where it stopped.

        Raises
        ------
        KeyError
            Where there is no such tool; the text names those there are.
        """
        with self._lock:
            old = self._tools.pop(name, None)
            if old is None and self._hosted.pop(name, None) is None:
                raise self._unknown(name)
            self._changes.append(ToolChange(name, old, None))
        self._announce()

    @property
    def hosted(self) -> dict[str, HostedMcp]:
        """MCP servers that the service calls, by label."""
        with self._lock:
            return dict(self._hosted)

    def _host(self, server: HostedMcp) -> None:
        if self._check is not None:
            self._check({"tools": [server.definition()]})
        with self._lock:
            self._hosted[server.server_label] = server
            self._changes.append(ToolChange(server.server_label, None, None))
        self._announce()

    def enable(self, name: str) -> None:
        """Let the model call a tool again that `disable` took from it.

        Raises
        ------
        KeyError
            Where there is no such tool; the text names those there are.
        """
        self._switch(name, True)

    def disable(self, name: str) -> None:
        """Keep a tool from the model until `enable`, or until it is added again; calls that are running finish.

        By hand it can be called all the same.

        Raises
        ------
        KeyError
            Where there is no such tool; the text names those there are.
        """
        self._switch(name, False)

    def to_run(self, name: str) -> tuple[Tool | None, str]:
        """Return the tool for a call of the model, or None and what to tell it instead."""
        tool = self.get(name)
        if tool is not None and tool.enabled:
            return tool, ""
        usable = ", ".join(each.name for each in self._listed() if each.enabled)
        known = f"there are {usable}" if usable else "there is none at present"
        problem = f"there is no tool named {name!r}" if tool is None else f"the tool {name!r} is switched off"
        return None, f"{problem}; {known}"

    def definitions(self) -> list[dict[str, Any]]:
        """Return the enabled tools as the protocol's ``session.tools`` has them; the copy is the caller's own."""
        return copy.deepcopy([tool.definition() for tool in self._listed() if tool.enabled])

    def on_change(self, callback: Callable[[ToolChange], object]) -> Callable[[], None]:
        """Call `callback` with a `ToolChange` after each change, in the order of the changes.

        It runs on the thread that makes the change (or on one that is announcing another at that moment),
        never twice at once. An error in it comes out of that thread's `add` or `remove`, after the others
        were called.

        Returns
        -------
        callable
            Ends the subscription.
        """
        token = object()
        with self._lock:
            self._callbacks[token] = callback

        def unsubscribe() -> None:
            with self._lock:
                self._callbacks.pop(token, None)

        return unsubscribe

    def _switch(self, name: str, enabled: bool) -> None:
        with self._lock:
            old = self._tools.get(name)
            if old is None:
                raise self._unknown(name)
            if old.enabled == enabled:
                return
            self._tools[name] = replace(old, enabled=enabled)
            self._changes.append(ToolChange(name, old, self._tools[name]))
        self._announce()

    def _announce(self) -> None:
        errors: list[Exception] = []
        while (waiting := self._next_change()) is not None:
            change, callbacks = waiting
            try:
                for callback in callbacks:
                    try:
                        callback(change)
                    except Exception as error:
                        errors.append(error)
            finally:
                with self._lock:
                    self._announcing = False
        if len(errors) == 1:
            raise errors[0]
        if errors:
            raise ExceptionGroup("several listeners to tool changes failed", errors)

    def _next_change(self) -> tuple[ToolChange, list[Callable[[ToolChange], object]]] | None:
        with self._lock:
            if self._announcing or not self._changes:
                return None  # who is announcing looks again when done
            self._announcing = True
            return self._changes.popleft(), list(self._callbacks.values())

    def __getitem__(self, name: str) -> Tool:
        with self._lock:
            if name not in self._tools:
                raise self._unknown(name)
            return self._tools[name]

    def __contains__(self, name: object) -> bool:
        with self._lock:
            return name in self._tools

    def __iter__(self) -> Iterator[str]:
        with self._lock:
            return iter(list(self._tools))

    def __len__(self) -> int:
        with self._lock:
            return len(self._tools)

    def _unknown(self, name: object) -> KeyError:
        known = f"there are {', '.join(self._tools)}" if self._tools else "none is registered yet"
        return KeyError(f"no tool is named {name!r}; {known}")

    def _listed(self) -> list[Tool]:
        with self._lock:
            return list(self._tools.values())

    def __repr__(self) -> str:
        rows = [(tool.signature, _version(tool), _summary(tool)) for tool in self._listed()]
        rows += [(label, "", "tools of an MCP server that the service calls") for label in self.hosted]
        if not rows:
            return "No tools yet. Make a function one with @session.tool"
        wide = [max(len(row[column]) for row in rows) for column in (0, 1)]
        return "\n".join(f"{row[0]:<{wide[0]}}  {row[1]:<{wide[1]}}  {row[2]}".rstrip() for row in rows)

    def _repr_html_(self) -> str:
        tools = self._listed()
        if not tools:
            return f"<p>{html.escape(repr(self))}</p>"
        rows = "".join(
            f"<tr><td><code>{html.escape(tool.signature)}</code></td><td>{_version(tool)[1:]}</td>"
            f'<td style="text-align: left">{html.escape(_summary(tool))}</td></tr>'
            for tool in tools
        )
        head = "<tr><th>Tool</th><th>Version</th><th>What it does</th></tr>"
        return f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"


def _summary(tool: Tool) -> str:
    first = tool.description.split("\n", 1)[0]
    return f"{first} ({tool.origin})" if tool.origin else first


def _version(tool: Tool) -> str:
    return f"v{tool.version}" if tool.enabled else f"v{tool.version} (off)"
