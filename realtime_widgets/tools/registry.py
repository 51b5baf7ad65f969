"""The tools of a session by name: add, replace, remove and list them from any thread."""

from __future__ import annotations

import copy
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar, overload

from realtime_widgets.errors import ToolDefinitionError
from realtime_widgets.shown_text import in_html, visible
from realtime_widgets.tools.hosted_mcp import HostedMcp
from realtime_widgets.tools.openai_agents import made_tool
from realtime_widgets.tools.options import ToolOptions
from realtime_widgets.tools.sameness import what_changed
from realtime_widgets.tools.tool import Tool

_Function = TypeVar("_Function", bound=Callable[..., Any])
#: Changes of a schema that the list of tools shows; `Tool.changes` has all.
_SHOWN_CHANGES = 3


@dataclass(frozen=True)
class ToolChange:
    """A change of a tool: added (`old` is None), removed (`new` is None), replaced, or switched on or off.

    For a `HostedMcp`, both are None. Of a tool that was added, `reason` is what differs from the one before, in
    words: empty if nothing is, and its version stays. Otherwise it is None.
    """

    name: str
    old: Tool | None
    new: Tool | None
    reason: str | None = field(default=None, compare=False)


class ToolRegistry(Mapping[str, Tool]):
    """The tools that the model may call, a mapping from names to `Tool`.

    Thread-safe. Adding a function under a name that is in use replaces the tool, as a new version if its code,
    signature, description or options changed; running calls keep the `Tool` they started with. A replaced
    tool keeps its place in the order, so that more of the service's prompt cache stays valid.

    Parameters
    ----------
    check
        Raises an error if the endpoint does not support settings with a `HostedMcp`.
    """

    def __init__(self, check: Callable[[dict[str, Any]], object] | None = None) -> None:
        self._check = check
        self._hosted: dict[str, HostedMcp] = {}
        self._lock = threading.Lock()
        self._tools: dict[str, Tool] = {}
        self._versions: dict[str, int] = {}
        self._refused: dict[str, str] = {}
        #: Names of the tools that the service has accepted last; None if there was no connection.
        self.told: frozenset[str] | None = None
        self._callbacks: dict[object, Callable[[ToolChange], object]] = {}
        self._changes: deque[ToolChange] = deque()
        self._announcing = False
        #: How each tool was replaced by another version last, by name.
        self.replaced: dict[str, ToolChange] = {}
        #: Why tools cannot be added or removed; empty if they can.
        self.closed_because = ""

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
            A function, method, partial or callable object; a `Tool`; a ``FunctionTool`` of the openai-agents
            package; or a `HostedMcp`, whose tools the service calls.
        name
            Name for the model; None means the function's own.
        description
            Description for the model; None means the function's docstring.
        **options
            How it runs: ``run_in``, ``time_limit``, ``parallel``, ``approval``, ``approval_limit``,
            ``approve_by_voice``; see `ToolOptions`.

        Returns
        -------
        callable
            `function`, unchanged.

        Raises
        ------
        ToolDefinitionError
            If it cannot be a tool; a tool that was registered before stays.

        Warns
        -----
        UserWarning
            If it has no description, or one that is too long.
        """
        self._check_open()
        if function is None:
            ToolOptions.of(options)  # so that a wrong option raises at its own line
            return lambda decorated: self.add(decorated, name=name, description=description, **options)
        if isinstance(function, HostedMcp):
            self._host(function)
            return function
        made = made_tool(function, name, description, options)
        with self._lock:
            old = self._tools.get(made.name)
            reason = what_changed(old, made) if old is not None else "it is new"
            version = self._versions.get(made.name, 0) + (1 if reason else 0)
            tool = replace(made, version=version)
            self._versions[made.name] = version
            self._changes.append(ToolChange(made.name, old, tool, reason))
            self._tools[made.name] = tool
            self._refused.pop(made.name, None)
        self._announce()
        return function

    def take_over(self, earlier: ToolRegistry) -> None:
        """Add the tools and hosted MCP servers of another registry whose names are not in use here."""
        with earlier._lock:
            tools, hosted = dict(earlier._tools), dict(earlier._hosted)
        for name, tool in tools.items():
            if name not in self:
                self.add(tool)
        for label, server in hosted.items():
            if label not in self.hosted:
                self._host(server)

    def remove(self, name: str) -> None:
        """Remove a tool by its name, or a `HostedMcp` by its label; running calls finish.

        If the name is added again, its versions continue from the last one.

        Raises
        ------
        KeyError
            If there is no such tool; the text lists the existing ones.
        """
        self._check_open()
        with self._lock:
            old = self._tools.pop(name, None)
            if old is None and self._hosted.pop(name, None) is None:
                raise self._unknown(name)
            self._changes.append(ToolChange(name, old, None))
            self._refused.pop(name, None)
        self._announce()

    def _check_open(self) -> None:
        if self.closed_because:
            raise ToolDefinitionError(f"the tools cannot be changed: {self.closed_because}")

    @property
    def refused(self) -> dict[str, str]:
        """The tools that the service does not accept, by name, and why; the model does not know them.

        One that is added again, or switched off and on, is sent once more.
        """
        with self._lock:
            return dict(self._refused)

    def refuse(self, name: str, definition: Mapping[str, Any], reason: str) -> bool:
        """Record that the service does not accept a tool or a `HostedMcp`; return whether it is still there."""
        with self._lock:
            current = self._tools.get(name) or self._hosted.get(name)
            same = current is not None and current.definition() == definition
            if same:
                self._refused[name] = reason
            return same

    @property
    def hosted(self) -> dict[str, HostedMcp]:
        """The MCP servers that the service calls, by label."""
        with self._lock:
            return dict(self._hosted)

    def _host(self, server: HostedMcp) -> None:
        if self._check is not None:
            self._check({"tools": [server.definition()]})
        with self._lock:
            self._hosted[server.server_label] = server
            self._refused.pop(server.server_label, None)
            self._changes.append(ToolChange(server.server_label, None, None))
        self._announce()

    def enable(self, name: str) -> None:
        """Let the model call a tool again after `disable`.

        Raises
        ------
        KeyError
            If there is no such tool; the text lists the existing ones.
        """
        self._switch(name, True)

    def disable(self, name: str) -> None:
        """Hide a tool from the model until `enable`, or until it is added again; running calls finish.

        Your own code can still call it.

        Raises
        ------
        KeyError
            If there is no such tool; the text lists the existing ones.
        """
        self._switch(name, False)

    def to_run(self, name: str) -> tuple[Tool | None, str]:
        """Return the tool for a call and an empty text, or None and the error text for the model."""
        tool = self.get(name)
        if tool is not None and tool.enabled:
            return tool, ""
        usable = ", ".join(each.name for each in self._listed() if each.enabled)
        known = f"there are {usable}" if usable else "there is none at present"
        problem = f"there is no tool named {name!r}" if tool is None else f"the tool {name!r} is switched off"
        return None, f"{problem}; {known}"

    def definitions(self) -> list[dict[str, Any]]:
        """Return a copy of the enabled tools in the shape of the protocol's ``session.tools``."""
        return copy.deepcopy([tool.definition() for tool in self._listed() if tool.enabled])

    def on_change(self, callback: Callable[[ToolChange], object]) -> Callable[[], None]:
        """Call `callback` with a `ToolChange` after each change, in the order of the changes.

        It runs on the thread that makes the change (or on one that is reporting another change at that moment),
        never twice at once. An error in it is raised by that thread's `add` or `remove`, after the other callbacks
        were called.

        Returns
        -------
        callable
            Function that ends the subscription.
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
            self._refused.pop(name, None)
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
                return None  # the thread that is announcing looks again when it is done
            self._announcing = True
            change = self._changes.popleft()
            if change.new is not None and change.reason:
                self.replaced[change.name] = change
            return change, list(self._callbacks.values())

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
        refused = self.refused
        rows = [
            (visible(tool.signature), _version(tool), visible(_summary(tool, refused))) for tool in self._listed()
        ]
        hosted = "tools of an MCP server that the service calls"
        rows += [(label, "", hosted + _refusal(label, refused)) for label in self.hosted]
        if not rows:
            return "No tools yet. Make a function a tool with @session.tool"
        wide = [max(len(row[column]) for row in rows) for column in (0, 1)]
        return "\n".join(f"{row[0]:<{wide[0]}}  {row[1]:<{wide[1]}}  {row[2]}".rstrip() for row in rows)

    def _repr_html_(self) -> str:
        tools, refused = self._listed(), self.refused
        if not tools:
            return f"<p>{in_html(repr(self))}</p>"
        rows = "".join(
            f"<tr><td><code>{in_html(tool.signature)}</code></td><td>{_version(tool)[1:]}</td>"
            f'<td style="text-align: left">{in_html(_summary(tool, refused))}</td></tr>'
            for tool in tools
        )
        head = "<tr><th>Tool</th><th>Version</th><th>What it does</th></tr>"
        return f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"


def _summary(tool: Tool, refused: Mapping[str, str]) -> str:
    first = tool.description.split("\n", 1)[0]
    known = f"{first} ({tool.origin})" if tool.origin else first
    if changes := tool.changes:
        more = f"; and {len(changes) - _SHOWN_CHANGES} more" if len(changes) > _SHOWN_CHANGES else ""
        known += f" [as the service gets it: {'; '.join(changes[:_SHOWN_CHANGES])}{more}]"
    return known + _refusal(tool.name, refused)


def _refusal(name: str, refused: Mapping[str, str]) -> str:
    return f" [not accepted by the service: {refused[name]}]" if name in refused else ""


def _version(tool: Tool) -> str:
    return f"v{tool.version}" if tool.enabled else f"v{tool.version} (off)"
