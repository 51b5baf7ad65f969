"""One tool: a Python function and what the model knows about it."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from realtime_widgets.errors import ToolDefinitionError
from realtime_widgets.tools.options import ToolOptions
from realtime_widgets.tools.output.encoding import is_lazy_later
from realtime_widgets.tools.output.results import encode_result, encode_result_later
from realtime_widgets.tools.schema.callables import checked_name, cut_description, is_async

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Mapping

    from realtime_widgets.tools.schema.arguments import ArgumentsSchema
    from realtime_widgets.tools.schema.service_schema import ServiceSchema


@dataclass(frozen=True, eq=False)
class Tool:
    """A function that the model can call; immutable, so that a new version is a new `Tool`.

    Attributes
    ----------
    schema : ArgumentsSchema
        Name, description and parameters, and the check of arguments.
    function : callable
        The function as its author wrote it.
    version : int
        1 for the first function with that name in a registry, then 2, 3 and so on.
    is_async : bool
        Whether calling it returns a coroutine.
    options : ToolOptions
        Where and how it runs.
    enabled : bool
        Whether the model may call it.
    origin : str
        Where the tool comes from, if it is not a function of the notebook.
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
        """Return a tool for a function.

        Parameters
        ----------
        function
            The function, as `schema_for` accepts it.
        name
            Name for the model; None means the function's own.
        description
            Description for the model; None means the function's docstring.
        version
            Number of the version.
        **options
            Fields of `ToolOptions`.

        Raises
        ------
        ToolDefinitionError
            If the function cannot be a tool as it is.
        """
        from realtime_widgets.tools.schema.function_schema import (
            schema_for,  # brings pydantic, which only tools need
        )

        chosen = ToolOptions.of(options)
        schema = schema_for(function, name=name, description=description)
        if _is_generator(function):
            raise ToolDefinitionError(
                f"tool {schema.name!r} is a generator, but a model takes one result: collect what it yields into "
                "a list and return that; report progress with realtime_widgets.progress(...)"
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
        """Return a tool for a function that comes with a JSON schema.

        Parameters
        ----------
        function
            Async function that receives the arguments by name.
        name
            Name for the model.
        description
            Description for the model; it is cut if it is too long for the service.
        parameters
            JSON schema of the arguments, which checks them; the service gets it as `definition` writes it.
        origin
            Where the tool comes from, in words.
        options
            Fields of `ToolOptions`.
        """
        from realtime_widgets.tools.schema.given_schema import (
            GivenSchema,  # brings pydantic, which only tools need
        )

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
        """JSON schema of the arguments."""
        return self.schema.parameters

    @property
    def signature(self) -> str:
        """Name and parameters in one short line, for the user."""
        known = self._for_service.parameters
        required = known.get("required", [])
        shown = (name if name in required else f"{name}=…" for name in known["properties"])
        return f"{self.name}({', '.join(shown)})"

    def __call__(self, /, **arguments: Any) -> Any:
        """Call the function as the model would.

        Parameters
        ----------
        **arguments
            Values that JSON can hold; the schema checks and converts them (``"2026-01-01"`` becomes a date).

        Returns
        -------
        object
            What the function returns; for an async tool, a coroutine to await.

        Raises
        ------
        ToolArgumentsError
            If the arguments do not fit the schema.
        """
        return self.function(**self.schema.convert(arguments))

    def call_json(self, arguments: str) -> Any:
        """Call the function with arguments as the model sends them.

        Returns and raises what calling the tool itself does.

        Parameters
        ----------
        arguments
            A JSON object as text.
        """
        return self.function(**self.schema.parse(arguments))

    def answer(self, arguments: str = "{}") -> Any:
        """Call the function and return the text that would be sent to the model.

        No approval is asked and no output is captured; an error of the function is raised unchanged.

        Parameters
        ----------
        arguments
            A JSON object as text.

        Returns
        -------
        str
            The text of the output; for an async tool, or a function that returns an asynchronous iterator, a
            coroutine that returns it.

        Raises
        ------
        ToolArgumentsError
            If the arguments do not fit the schema.
        """
        value = self.call_json(arguments)
        later = inspect.iscoroutine(value) or is_lazy_later(value)
        return _answer_later(value) if later else encode_result(value)[0]

    def definition(self) -> dict[str, Any]:
        """Return the tool as an entry of the protocol's ``session.tools``; its schema is a `ServiceSchema`."""
        return {
            "type": "function",
            "name": self.name,
            "description": self.description,
            "parameters": self._for_service.parameters,
        }

    @property
    def changes(self) -> tuple[str, ...]:
        """How the parameters in `definition` differ from `parameters`, in words; empty if they do not."""
        return self._for_service.changes

    @cached_property
    def _for_service(self) -> ServiceSchema:
        from realtime_widgets.tools.schema.service_schema import ServiceSchema  # only a told tool needs it

        return ServiceSchema.of(self.parameters)


async def _answer_later(value: Coroutine[Any, Any, Any] | AsyncIterator[Any]) -> str:
    returned = await value if inspect.iscoroutine(value) else value
    text, _ = await encode_result_later(returned) if is_lazy_later(returned) else encode_result(returned)
    return text


def _is_generator(function: Callable[..., Any]) -> bool:
    places = (function, type(function).__call__)
    return any(inspect.isgeneratorfunction(each) or inspect.isasyncgenfunction(each) for each in places)
