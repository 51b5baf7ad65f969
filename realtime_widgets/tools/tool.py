"""One tool: a Python function together with what the model knows of it."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from realtime_widgets.errors import ToolDefinitionError
from realtime_widgets.tools.callables import checked_name, cut_description, is_async
from realtime_widgets.tools.options import ToolOptions
from realtime_widgets.tools.results import encode_result

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping


class ArgumentsSchema(Protocol):
    """What a model is told about a tool, and the check of what it sends back."""

    @property
    def name(self) -> str:
        """Name under which the model calls it."""

    @property
    def description(self) -> str:
        """What it does, as the model reads it."""

    @property
    def parameters(self) -> dict[str, Any]:
        """JSON schema of its arguments."""

    def parse(self, arguments: str) -> dict[str, Any]:
        """Turn JSON text into keyword arguments; raises `ToolArgumentsError`."""

    def convert(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Turn JSON-able arguments into keyword arguments; raises `ToolArgumentsError`."""


@dataclass(frozen=True, eq=False)
class Tool:
    """A function that the model can call; never changes, a new version is a new `Tool`.

    Attributes
    ----------
    schema : ToolSchema or GivenSchema
        Name, description and parameters, and the check of arguments.
    function : callable
        The function as its author wrote it.
    version : int
        1 for the first function of that name in a registry, then counting up.
    is_async : bool
        Whether calling it gives a coroutine.
    options : ToolOptions
        Where and how it runs.
    enabled : bool
        Whether the model is told of it.
    origin : str
        Whose tool it is, where it is not a function of the notebook's.
    """

    schema: ArgumentsSchema = field(repr=False)
    function: Callable[..., Any]
    version: int = 1
    is_async: bool = False
    options: ToolOptions = field(default_factory=ToolOptions, repr=False)
    enabled: bool = True
    origin: str = ""

    @classmethod
    def of(
        cls,
        function: Callable[..., Any],
        *,
        name: str | None = None,
        description: str | None = None,
        version: int = 1,
        **options: Any,
    ) -> Tool:
        """Make a tool of a function; see `schema_for` for what is taken, warned about and refused.

        `options` are those of `ToolOptions`.
        """
        from realtime_widgets.tools.schema import schema_for  # brings pydantic, which only tools need

        chosen = ToolOptions.of(options)
        schema = schema_for(function, name=name, description=description)
        if _is_generator(function):
            raise ToolDefinitionError(
                f"tool {schema.name!r} is a generator, and a model takes one result: collect what it yields into "
                "a list and return that; tell of progress with realtime_widgets.progress(...)"
            )
        asynchronous = is_async(function)
        if asynchronous and chosen.executor is not None:
            raise ToolDefinitionError(
                f"tool {schema.name!r} is async and cannot run in an executor; write it with def, or choose "
                'run_in="main" or "thread"'
            )
        return cls(schema, function, version, asynchronous, chosen)

    @classmethod
    def given(
        cls,
        function: Callable[..., Any],
        name: str,
        description: str,
        parameters: Mapping[str, Any] | None,
        *,
        origin: str,
        options: Mapping[str, Any],
    ) -> Tool:
        """Make a tool of what others describe by a JSON schema.

        Parameters
        ----------
        function
            Async; takes the arguments by name.
        name, description, parameters
            What the model is told, as it is; a description that is too long for the service is cut.
        origin
            Whose tool it is, in words.
        options
            Those of `ToolOptions`.
        """
        from realtime_widgets.tools.given_schema import GivenSchema  # brings pydantic, which only tools need

        schema = GivenSchema.of(checked_name(name, function), cut_description(description.strip()), parameters)
        return cls(schema, function, 1, True, ToolOptions.of(options), origin=origin)

    @property
    def name(self) -> str:
        """Name under which the model calls it."""
        return self.schema.name

    @property
    def description(self) -> str:
        """What it does, as the model reads it."""
        return self.schema.description

    @property
    def parameters(self) -> dict[str, Any]:
        """JSON schema of its arguments."""
        return self.schema.parameters

    @property
    def signature(self) -> str:
        """Name and parameters in one short line, for people."""
        required = self.parameters.get("required", [])
        shown = (name if name in required else f"{name}=…" for name in self.parameters.get("properties", {}))
        return f"{self.name}({', '.join(shown)})"

    def __call__(self, /, **arguments: Any) -> Any:
        """Call the function just as the model would.

        Parameters
        ----------
        **arguments
            What JSON can hold; checked and converted by the schema (``"2026-01-01"`` becomes a date).

        Returns
        -------
        object
            What the function returns; for an async tool its coroutine, to be awaited.

        Raises
        ------
        ToolArgumentsError
            Where the arguments do not fit.
        """
        return self.function(**self.schema.convert(arguments))

    def call_json(self, arguments: str) -> Any:
        """Call the function with the arguments as the model sends them, a JSON object as text.

        Returns and raises what calling the tool itself does.
        """
        return self.function(**self.schema.parse(arguments))

    def answer(self, arguments: str = "{}") -> Any:
        """Call the function by hand, JSON in and JSON out: gives the very text that would go to the model.

        Nobody is asked and nothing is captured; an error of the function comes out as it is.

        Parameters
        ----------
        arguments
            A JSON object as text.

        Returns
        -------
        str
            The output's text; for an async tool a coroutine that gives it.

        Raises
        ------
        ToolArgumentsError
            Where the arguments do not fit.
        """
        value = self.call_json(arguments)
        return _answer_later(value) if inspect.iscoroutine(value) else encode_result(value)[0]

    def definition(self) -> dict[str, Any]:
        """Return the tool as the protocol's ``session.tools`` has it."""
        return {
            "type": "function",
            "name": self.name,
            "description": self.description,
            "parameters": self.parameters,
        }


async def _answer_later(value: Coroutine[Any, Any, Any]) -> str:
    return encode_result(await value)[0]


def _is_generator(function: Callable[..., Any]) -> bool:
    places = (function, type(function).__call__)
    return any(inspect.isgeneratorfunction(each) or inspect.isasyncgenfunction(each) for each in places)
