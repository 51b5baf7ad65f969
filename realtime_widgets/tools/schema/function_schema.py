"""Makes the JSON schema of a function from its signature and docstring, and its arguments from a call's JSON."""

from __future__ import annotations

import inspect
import types
import typing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Optional, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, create_model
from pydantic.fields import FieldInfo

from realtime_widgets.errors import ToolArgumentsError, ToolDefinitionError
from realtime_widgets.tools.schema.arguments import ArgumentsSchema
from realtime_widgets.tools.schema.callables import (
    MAX_DESCRIPTION,
    checked_name,
    cut_description,
    is_async,
    without_partials,
)
from realtime_widgets.tools.schema.docstrings import read_docstring
from realtime_widgets.tools.schema.json_schema import parameters_schema
from realtime_widgets.tools.schema.messages import argument_problems, definition_line, warn_author

if TYPE_CHECKING:
    from collections.abc import Callable

_USABLE_TYPES = "str, int, float, bool, list, dict, Literal, Enum, date, datetime, a dataclass or a pydantic model"


@dataclass(frozen=True)
class ToolSchema(ArgumentsSchema):
    """The schema of a function: its parameters take no further properties, its description fits the service."""

    _model: type[BaseModel] = field(repr=False)
    # Field name in the model -> parameter name, which need not be a valid name of a pydantic field.
    _names: dict[str, str] = field(repr=False)
    # Fields whose default only pydantic knows, so that they must always be passed.
    _filled: frozenset[str] = field(repr=False)

    def _checked(self, arguments: str) -> dict[str, Any]:
        try:
            model = self._model.model_validate_json(arguments if arguments.strip() else "{}")
        except ValidationError as error:
            raise ToolArgumentsError(argument_problems(self.name, error, list(self._names.values()))) from None
        except UnicodeError:
            raise ToolArgumentsError(f"{self.name}: the arguments are not valid Unicode text") from None
        passed = model.model_fields_set | self._filled
        return {name: getattr(model, key) for key, name in self._names.items() if key in passed}


def schema_for(
    function: Callable[..., Any], *, name: str | None = None, description: str | None = None
) -> ToolSchema:
    """Return the schema of a function, made from its signature and docstring.

    Types are pydantic's: Literal, Enum, dataclasses, models, ``Annotated[..., Field(...)]``, Optional,
    list, dict, dates. A parameter's description is that of its `Field`, or else a string in its `Annotated`, or
    else that in the docstring (numpydoc, Google or reST). Arguments bound by a `functools.partial` are hidden.

    Parameters
    ----------
    function
        A function, method, `functools.partial` or object with ``__call__``.
    name
        Name for the model; None means the function's own.
    description
        Description for the model; None means the function's docstring.

    Raises
    ------
    ToolDefinitionError
        If the function cannot be a tool as it is; the text says what to write.

    Warns
    -----
    UserWarning
        If there is no description, or one with more than `MAX_DESCRIPTION` characters, which is cut.
    """
    target, bound = without_partials(function)
    tool_name = checked_name(name, target)
    parameters = _parameters(function, tool_name, bound)
    hints = _hints(target, tool_name, parameters)
    doc, explained = read_docstring(_docstring(target), [parameter.name for parameter in parameters])
    fields = {
        f"argument_{index}": _field(parameter, hints[parameter.name], explained.get(parameter.name))
        for index, parameter in enumerate(parameters)
    }
    model, schema = _build(tool_name, fields, parameters)
    return ToolSchema(
        name=tool_name,
        description=_checked_description(tool_name, description if description is not None else doc),
        parameters=schema,
        _model=model,
        _names=dict(zip(fields, (parameter.name for parameter in parameters), strict=True)),
        _filled=frozenset(
            key
            for key, parameter in zip(fields, parameters, strict=True)
            if parameter.default is parameter.empty or isinstance(parameter.default, FieldInfo)
        ),
    )


def _checked_description(tool: str, description: str) -> str:
    text = description.strip()
    if not text:
        warn_author(
            f"tool {tool!r} has no description, by which the model chooses tools; write a docstring "
            "or pass description='...'"
        )
    if len(text) <= MAX_DESCRIPTION:
        return text
    warn_author(
        f"the description of tool {tool!r} has {len(text)} characters and is cut to the {MAX_DESCRIPTION} "
        "that the service accepts; shorten the docstring or pass description='...'"
    )
    return cut_description(text)


def _docstring(target: Callable[..., Any]) -> str | None:
    if inspect.isroutine(target):
        return inspect.getdoc(target)
    if hasattr(target, "__wrapped__"):
        return inspect.getdoc(_written(target))
    return inspect.getdoc(type(target).__call__) or inspect.getdoc(type(target))


def _parameters(function: Callable[..., Any], tool: str, bound: frozenset[str]) -> list[inspect.Parameter]:
    try:
        signature = inspect.signature(function)
    except (ValueError, TypeError, NameError) as error:
        raise ToolDefinitionError(
            f"the signature of tool {tool!r} cannot be read ({error}); wrap it in a function with type hints"
        ) from error
    parameters = [parameter for parameter in signature.parameters.values() if parameter.name not in bound]
    for parameter in parameters:
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise ToolDefinitionError(
                f"tool {tool!r} takes {parameter}, which a model cannot fill in; name each parameter, with a "
                f"type, or use one list[...] or dict[str, ...]; if a decorator made it, {_wraps(function)} there, "
                "so that the parameters of the decorated function count"
            )
        if parameter.kind is parameter.POSITIONAL_ONLY:
            raise ToolDefinitionError(
                f"parameter {parameter.name!r} of tool {tool!r} is positional-only, but a model passes "
                "arguments by name; remove the / from the signature, or wrap it in a function"
            )
    missing = [parameter for parameter in parameters if parameter.annotation is parameter.empty]
    if missing and missing[0].name == "self":
        raise ToolDefinitionError(f"tool {tool!r} needs its object; pass the method of an instance")
    if missing:
        names = ", ".join(repr(parameter.name) for parameter in missing)
        raise ToolDefinitionError(
            f"tool {tool!r} lacks a type hint for {names}; write for example\n"
            f"    {definition_line(tool, parameters, is_async(function))}"
        )
    return parameters


def _wraps(function: Callable[..., Any]) -> str:
    if inspect.isroutine(function):
        return "write @functools.wraps(function) above its inner function"
    return "call functools.update_wrapper(self, function)"


def _written(target: Callable[..., Any]) -> Callable[..., Any]:
    """Return the routine whose docstring and annotations count: that inside the decorators, if they name it."""
    outer: Any = target if inspect.isroutine(target) or hasattr(target, "__wrapped__") else type(target).__call__
    written: Callable[..., Any] = inspect.unwrap(getattr(outer, "__func__", outer))
    return written


def _hints(target: Callable[..., Any], tool: str, parameters: list[inspect.Parameter]) -> dict[str, Any]:
    namespace = getattr(_written(target), "__globals__", {})
    hints: dict[str, Any] = {}
    for parameter in parameters:
        # One at a time, so that an error names its parameter and the return type does not matter.
        holder = types.SimpleNamespace(__annotations__={parameter.name: parameter.annotation})
        try:
            hints |= typing.get_type_hints(holder, globalns=namespace, include_extras=True)
        except Exception as error:
            raise ToolDefinitionError(
                f"the type hint {parameter.annotation!r} of parameter {parameter.name!r} of tool {tool!r} "
                f"cannot be resolved ({error}); define or import it at the top level of the cell or module, "
                "not inside a function and not under `if TYPE_CHECKING:`"
            ) from error
    return hints


def _field(parameter: inspect.Parameter, hint: Any, explained: str | None) -> tuple[Any, Any]:
    """Return the pydantic field of a parameter: its type, and a `Field` with its real name."""
    if parameter.default is None and hint is not Any and not _takes_none(hint):
        hint = Optional[hint]  # noqa: UP045 - the hint is a value here, and not all of them support "|"
    if isinstance(parameter.default, FieldInfo):
        hint = Annotated[hint, parameter.default]
    notes = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    settings: dict[str, Any] = dict.fromkeys(("alias", "validation_alias", "serialization_alias"), parameter.name)
    if not any(isinstance(note, FieldInfo) and note.description for note in notes):
        settings["description"] = next((note for note in notes if isinstance(note, str)), explained)
    if parameter.default is not parameter.empty and not isinstance(parameter.default, FieldInfo):
        settings["default"] = parameter.default
    return hint, Field(**settings)


def _takes_none(hint: Any) -> bool:
    while get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    return hint is type(None) or type(None) in get_args(hint)


def _build(
    tool: str, fields: dict[str, tuple[Any, Any]], parameters: list[inspect.Parameter]
) -> tuple[type[BaseModel], dict[str, Any]]:
    make_model: Any = create_model
    try:
        model: type[BaseModel] = make_model("Arguments", __config__=ConfigDict(extra="forbid"), **fields)
        return model, parameters_schema(model)
    except Exception as error:
        for parameter, (hint, _) in zip(parameters, fields.values(), strict=True):
            if (reason := _why_unusable(hint)) is not None:
                written = parameter.annotation
                shown = written if isinstance(written, str) else inspect.formatannotation(written)
                raise ToolDefinitionError(
                    f"no JSON schema can be made of the type of parameter {parameter.name!r} of tool "
                    f"{tool!r}, {shown}: {reason}; use {_USABLE_TYPES}"
                ) from error
        raise ToolDefinitionError(f"no JSON schema can be made for tool {tool!r}: {error}") from error


def _why_unusable(hint: Any) -> str | None:
    try:
        TypeAdapter(hint).json_schema()
    except Exception as error:
        # Its first sentence; the next one gives advice that does not help here.
        return str(error).splitlines()[0].split(". ")[0].rstrip(".")
    return None
