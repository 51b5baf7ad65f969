"""Tests of tools: a scripted model calls them through a real session and returns how each call ended."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Self

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.session.session import RealtimeSession
from realtime_widgets.testing.scripted_server.server import ScriptedServer
from realtime_widgets.testing.scripted_server.talk import Call, Talk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    from realtime_widgets.reply import Reply
    from realtime_widgets.tools import ToolResult


class ToolBench:
    """A session with your tools on a scripted server; an async context manager.

    Each `call` goes the whole way: the function call arrives over a WebSocket, its arguments are checked, the
    code runs where its options say, and the output goes back over the socket. In a notebook, a bench in the last
    line of a cell shows the session's transcript with a card for each call.

    Parameters
    ----------
    *tools : callable
        Your functions; add more with ``bench.session.tool``.
    patience
        Real seconds to wait for a call's output.
    **options
        Options of the session, such as ``clock=ManualClock()``.

    Attributes
    ----------
    session : RealtimeSession
        The session; use ``session.calls`` when a tool needs approval.
    server : ScriptedServer
        The server that the session talks to; ``server.received`` is what a service would have received.

    Examples
    --------
    >>> async with ToolBench(reaction_rate) as bench:
    ...     result = await bench.call("reaction_rate", temperature=40)
    >>> result.value, result.printed, result.error
    """

    session: RealtimeSession

    def __init__(self, *tools: Callable[..., Any], patience: float = 30.0, **options: Any) -> None:
        if "endpoint" in options:
            raise ConfigurationError("a bench brings its own endpoint: leave endpoint= out")
        self._talk = Talk()
        self._tools = tools
        self._options = options
        self.server = ScriptedServer(self._talk.start(), whenever=self._talk.whenever(), patience=patience)

    async def __aenter__(self) -> Self:
        await self.server.__aenter__()
        try:
            self.session = RealtimeSession(endpoint=self.server.url, tools=self._tools, **self._options)
            await self.session.start()
        except BaseException as error:
            await self.server.__aexit__(type(error), error, error.__traceback__)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.session.close()
        await self.server.__aexit__(kind, error, trace)

    async def call(
        self, tool: str | Callable[..., Any], /, arguments: Mapping[str, Any] | str | None = None, **named: Any
    ) -> ToolResult:
        """Let the model call a tool and wait for the result.

        Parameters
        ----------
        tool
            Name of the tool, or the function.
        arguments
            All arguments at once: a mapping, or JSON text that is sent as it is, valid or not.
        **named
            Arguments by name, instead of `arguments`.

        Returns
        -------
        ToolResult
            How the call ended, even if the tool raised; its `output` is what the model received.

        Raises
        ------
        ScriptNotFollowedError
            When no output came.
        """
        if arguments is not None and named:
            raise ConfigurationError("give arguments by name, or all of them at once, not both")
        name = tool if isinstance(tool, str) else self._name(tool)
        return (await self.call_all(Call(name, named if arguments is None else arguments))).tool_calls[0]

    async def call_all(self, *calls: Call) -> Reply:
        """Let the model make several calls in one response and wait for all outputs.

        Returns
        -------
        Reply
            The reply; its `tool_calls` are the results in the order of the calls.
        """
        if not calls:
            raise ConfigurationError("give at least one Call")
        says = f"Please call {' and '.join(call.name for call in calls)}."
        self.server.extend(self._talk.function_call_turn(says, calls, "Done."))
        asking = asyncio.ensure_future(self.session.ask(says))
        following = asyncio.ensure_future(self.server.finished())
        try:
            done, _ = await asyncio.wait((asking, following), return_when=asyncio.FIRST_COMPLETED)
            if following in done:
                following.result()
            return await asking
        finally:
            asking.cancel()
            following.cancel()

    def outputs(self) -> list[str]:
        """Return the outputs that the model has received so far, in the order in which they came."""
        items: Sequence[Any] = [event["item"] for event in self.server.received_of("conversation.item.create")]
        return [item["output"] for item in items if item.get("type") == "function_call_output"]

    def definition(self, tool: str | Callable[..., Any]) -> dict[str, Any]:
        """Return a tool's latest definition as the model has it: name, description, JSON schema of the arguments.

        Raises
        ------
        KeyError
            When the model has no such tool.
        """
        name = tool if isinstance(tool, str) else self._name(tool)
        for update in reversed(self.server.received_of("session.update")):
            for told in update["session"].get("tools", ()):
                if told["name"] == name:
                    return dict(told)
        raise KeyError(f"the model has no tool {name!r}")

    def _name(self, function: Callable[..., Any]) -> str:
        for tool in self.session.tools.values():
            if tool.function is function:
                return str(tool.name)
        raise ConfigurationError(f"{function!r} is not a tool of this session; add it with bench.session.tool")

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return self.session._repr_mimebundle_(**options)

    def _ipython_display_(self) -> None:
        self.session._ipython_display_()

    def _display_(self) -> Any:
        return self.session._display_()  # marimo shows what this returns


def call_tool(
    function: Callable[..., Any], /, arguments: Mapping[str, Any] | str | None = None, **named: Any
) -> ToolResult:
    """Let a scripted model call one function, once; needs no ``async`` and works inside a running loop too.

    Parameters and result are those of `ToolBench.call`.

    Raises
    ------
    ToolDefinitionError
        When the function cannot be a tool.
    ScriptNotFollowedError
        When no output came.

    Examples
    --------
    >>> result = call_tool(reaction_rate, temperature=40)
    >>> assert result.value == 0.8
    """

    async def call() -> ToolResult:
        async with ToolBench(function) as bench:
            return await bench.call(function, arguments, **named)

    with ThreadPoolExecutor(1) as executor:  # a thread without a running loop
        return executor.submit(asyncio.run, call()).result()
