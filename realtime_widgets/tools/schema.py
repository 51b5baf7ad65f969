"""From a Python function's signature and docstring to the JSON schema that a model sees, and back."""

from __future__ import annotations

import inspect
import types
import typing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Optional, get_args, get_origin

import pydantic_core
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, create_model
from pydantic.fields import FieldInfo

from realtime_widgets.errors import ToolArgumentsError, ToolDefinitionError
from realtime_widgets.tools.callables import (
    MAX_DESCRIPTION,
    checked_name,
    cut_description,
    is_async,
    without_partials,
)
from realtime_widgets.tools.docstrings import read_docstring
from realtime_widgets.tools.json_schema import parameters_schema
from realtime_widgets.tools.notices import argument_problems, definition_line, warn_author

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_USABLE_TYPES = "str, int, float, bool, list, dict, Literal, Enum, date, datetime, a dataclass or a pydantic model"


@dataclass(frozen=True)
class ToolSchema:
    """What a model is told about a function, and the check of what it sends back.

    Attributes
    ----------
    name : str
        Name under which the model calls it.
    description : str
        What it does, in at most `MAX_DESCRIPTION` characters; empty where nobody said.
    parameters : dict
        JSON schema of the arguments: an object that takes no further properties.
    """

    name: str
    description: str
    parameters: dict[str, Any]
    _model: type[BaseModel] = field(repr=False)
    # Field name in the model -> parameter name; a parameter may bear a name no pydantic field can have.
    _names: dict[str, str] = field(repr=False)
    # Fields whose default only pydantic knows, so it must always be passed.
    _filled: frozenset[str] = field(repr=False)

    def parse(self, arguments: str) -> dict[str, Any]:
        """Turn the arguments of a call, as JSON text, into keyword arguments for the function.

        Text without any content counts as an empty object, as some servers send it.

        Raises
        ------
        ToolArgumentsError
            Where the text is no JSON object or does not fit; names each wrong argument.
        """
        try:
            model = self._model.model_validate_json(arguments if arguments.strip() else "{}")
        except ValidationError as error:
            raise ToolArgumentsError(argument_problems(self.name, error, list(self._names.values()))) from None
        except UnicodeError:
            raise ToolArgumentsError(f"{self.name}: the arguments are not valid Unicode text") from None
        passed = model.model_fields_set | self._filled
        return {name: getattr(model, key) for key, name in self._names.items() if key in passed}

    def convert(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Turn JSON-able arguments into keyword arguments, exactly as if a model had sent them.

        Raises
        ------
        ToolArgumentsError
            Where an argument has no JSON form or does not fit.
        """
        return self.parse(as_sent(self.name, arguments))


def as_sent(tool: str, arguments: Mapping[str, Any]) -> str:
    """Return arguments given by hand as the JSON text that a model would send; raises `ToolArgumentsError`."""
    try:
        return pydantic_core.to_json(dict(arguments), inf_nan_mode="constants").decode()
    except (pydantic_core.PydanticSerializationError, ValueError) as error:
        raise ToolArgumentsError(f"{tool}: the arguments must be what JSON can hold: {error}") from None


def schema_for(
    function: Callable[..., Any], *, name: str | None = None, description: str | None = None
) -> ToolSchema:
    """Make the schema of a function from its signature and docstring.

    Types are pydantic's: Literal, Enum, dataclasses, models, ``Annotated[..., Field(...)]``, Optional,
    list, dict, dates. A parameter is described by its `Field`, else by a string in its `Annotated`, else by
    the docstring (numpydoc, Google or reST). Arguments that a `functools.partial` has bound stay hidden.

    Parameters
    ----------
    function
        A function, method, `functools.partial` or object with ``__call__``.
    name, description
        What to tell the model instead of the function's own name and docstring.

    Raises
    ------
    ToolDefinitionError
        Where the function cannot be a tool as it stands; the text says what to write.

    Warns
    -----
    UserWarning
        Where there is no description, or one above `MAX_DESCRIPTION` characters, which is cut there: a
        long docstring should not keep a tool from working.
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
            f"tool {tool!r} has no description, which is what a model chooses tools by; write a docstring "
            "or pass description='...'"
        )
    if len(text) <= MAX_DESCRIPTION:
        return text
    warn_author(
        f"the description of tool {tool!r} has {len(text)} characters and is cut at the {MAX_DESCRIPTION} "
        "that the service takes; shorten the docstring or pass description='...'"
    )
    return cut_description(text)


def _docstring(target: Callable[..., Any]) -> str | None:
    if inspect.isroutine(target):
        return inspect.getdoc(target)
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
                f"tool {tool!r} takes {parameter}, which tells a model nothing; name each parameter, with a "
                "type, or take one list[...] or dict[str, ...]"
            )
        if parameter.kind is parameter.POSITIONAL_ONLY:
            raise ToolDefinitionError(
                f"parameter {parameter.name!r} of tool {tool!r} is positional-only, and a model passes "
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


def _hints(target: Callable[..., Any], tool: str, parameters: list[inspect.Parameter]) -> dict[str, Any]:
    routine = target if inspect.isroutine(target) else type(target).__call__
    plain = inspect.unwrap(getattr(routine, "__func__", routine))
    namespace = getattr(plain, "__globals__", {})
    hints: dict[str, Any] = {}
    for parameter in parameters:
        # One at a time, so that an error names its parameter and the return type never matters.
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
    """Build the pydantic field of a parameter: its type, and a `Field` that bears its real name."""
    if parameter.default is None and hint is not Any and not _takes_none(hint):
        hint = Optional[hint]  # noqa: UP045 - the hint is a value here, not all of which know "|"
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
        # Its first sentence; the next one advises what does not help here.
        return str(error).splitlines()[0].split(". ")[0].rstrip(".")
    return None
