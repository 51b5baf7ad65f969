"""Tools whose JSON schema somebody else wrote: passed on as it is, and arguments checked by it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pydantic_core

from realtime_widgets.errors import ToolArgumentsError
from realtime_widgets.tools.notices import one_line
from realtime_widgets.tools.schema import as_sent

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_PROBLEMS = 8
_MAX_PROBLEM = 200  # characters


@dataclass(frozen=True)
class GivenSchema:
    """What a model is told about a tool of others, and the check of what it sends back.

    Where the package ``jsonschema`` is not installed, or the schema is none that it can use, only the form is
    checked here, and whoever runs the tool finds the rest.

    Attributes
    ----------
    name, description : str
        As the model reads them.
    parameters : dict
        JSON schema of the arguments, as it was given.
    """

    name: str
    description: str
    parameters: dict[str, Any]
    _validator: Any = field(repr=False, compare=False)

    @classmethod
    def of(cls, name: str, description: str, parameters: Mapping[str, Any] | None) -> GivenSchema:
        """Make a schema; without parameters the tool takes none."""
        given = dict(parameters or {})
        given.setdefault("type", "object")
        given.setdefault("properties", {})
        return cls(name, description, given, _validator_of(given))

    def parse(self, arguments: str) -> dict[str, Any]:
        """Turn the arguments of a call, as JSON text, into keyword arguments.

        Raises
        ------
        ToolArgumentsError
            Where the text is no JSON object or does not fit; names each wrong argument.
        """
        try:
            parsed = pydantic_core.from_json(arguments if arguments.strip() else "{}", allow_inf_nan=False)
        except ValueError as error:
            reason = one_line(str(error))
            raise ToolArgumentsError(f"{self.name}: the arguments are not valid JSON ({reason})") from None
        if not isinstance(parsed, dict):
            shown = one_line(json.dumps(parsed))[:60]
            raise ToolArgumentsError(f"{self.name}: the arguments must be one JSON object, not {shown}")
        if problems := self._problems(parsed):
            raise ToolArgumentsError(one_line(f"{self.name}: {'; '.join(problems)}"))
        return parsed

    def convert(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Turn JSON-able arguments into keyword arguments, exactly as if a model had sent them.

        Raises
        ------
        ToolArgumentsError
            Where an argument has no JSON form or does not fit.
        """
        return self.parse(as_sent(self.name, arguments))

    def _problems(self, arguments: dict[str, Any]) -> list[str]:
        if self._validator is None:
            return []
        found: list[str] = []
        try:
            for error in self._validator.iter_errors(arguments):
                if len(found) == _MAX_PROBLEMS:
                    return [*found, "and more"]
                place = ".".join(str(part) for part in error.absolute_path)
                text = error.message if len(error.message) <= _MAX_PROBLEM else error.message[:_MAX_PROBLEM] + "…"
                found.append(f"{place}: {text}" if place else text)
        except Exception:  # a schema that refers to what is not in it, or recurs for ever: its owner checks
            return []
        return found


def _validator_of(schema: dict[str, Any]) -> Any:
    try:
        from jsonschema.validators import Draft202012Validator, validator_for
        from referencing import Registry

        kind = validator_for(schema, default=Draft202012Validator)
        kind.check_schema(schema)
        # A registry of nothing: no schema of others makes this process fetch an address.
        return kind(schema, registry=Registry())
    except Exception:  # no jsonschema here, or no schema that it understands
        return None
