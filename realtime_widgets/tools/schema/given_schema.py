"""JSON schemas that come with a tool: passed on unchanged, and used to check arguments."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pydantic_core

from realtime_widgets.errors import ToolArgumentsError
from realtime_widgets.tools.schema.arguments import ArgumentsSchema
from realtime_widgets.tools.schema.messages import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_PROBLEMS = 8
_MAX_PROBLEM = 200  # characters


@dataclass(frozen=True)
class GivenSchema(ArgumentsSchema):
    """A JSON schema from elsewhere, passed on unchanged.

    If the package ``jsonschema`` is not installed, or cannot use the schema, only the form of the arguments is
    checked here, and whoever runs the tool finds the rest.
    """

    _validator: Any = field(repr=False, compare=False)

    @classmethod
    def of(cls, name: str, description: str, parameters: Mapping[str, Any] | None) -> GivenSchema:
        """Make a schema; a tool without `parameters` has no arguments."""
        given = dict(parameters or {})
        given.setdefault("type", "object")
        given.setdefault("properties", {})
        return cls(name, description, given, _validator_of(given))

    def _checked(self, arguments: str) -> dict[str, Any]:
        try:
            parsed = pydantic_core.from_json(arguments if arguments.strip() else "{}", allow_inf_nan=False)
        except (ValueError, TypeError) as error:  # lone surrogates are a TypeError
            reason = one_line(str(error))
            raise ToolArgumentsError(f"{self.name}: the arguments are not valid JSON ({reason})") from None
        if not isinstance(parsed, dict):
            shown = one_line(json.dumps(parsed))[:60]
            raise ToolArgumentsError(f"{self.name}: the arguments must be one JSON object, not {shown}")
        if problems := self._problems(parsed):
            raise ToolArgumentsError(one_line(f"{self.name}: {'; '.join(problems)}"))
        return parsed

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
        except Exception:  # a schema with a broken reference or endless recursion: its owner checks
            return []
        return found


def _validator_of(schema: dict[str, Any]) -> Any:
    try:
        from jsonschema.validators import Draft202012Validator, validator_for
        from referencing import Registry

        kind = validator_for(schema, default=Draft202012Validator)
        kind.check_schema(schema)
        # An empty registry, so that no foreign schema makes this process fetch a URL.
        return kind(schema, registry=Registry())
    except Exception:  # jsonschema is not installed, or does not understand the schema
        return None
