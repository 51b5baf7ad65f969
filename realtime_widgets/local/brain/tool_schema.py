"""Reads the definition of a function tool: its words, and its parameters as a flat list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from realtime_widgets.local.brain.language.words import content_stems, split_name

_MAX_DEPTH = 6
_STRING_FORMATS = {"date": "date", "date-time": "date-time", "time": "time", "duration": "duration"}
_SIMPLE_KINDS = frozenset({"number", "integer", "boolean", "string", "array", "object"})


@dataclass(frozen=True)
class Shape:
    """One form that a value may have.

    `kind` is number, integer, boolean, string, date, date-time, time, duration, choice, array, object or any.
    """

    kind: str
    choices: tuple[Any, ...] = ()
    item: Shape | None = None
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True)
class Parameter:
    """One value that a tool takes; `path` leads to it through nested objects."""

    path: tuple[str, ...]
    shape: Shape
    required: bool
    description: str = ""
    words: tuple[str, ...] = field(default=())
    default: str | None = None  # of an enumeration

    @property
    def name(self) -> str:
        """The innermost name."""
        return self.path[-1]

    @property
    def spoken(self) -> str:
        """The name as one says it."""
        return " ".join(self.words) or "value"


@dataclass(frozen=True)
class Tool:
    """A function tool as the brain sees it."""

    name: str
    words: tuple[str, ...]
    description: str
    parameters: tuple[Parameter, ...]

    @property
    def spoken(self) -> str:
        """The name as one says it."""
        return " ".join(self.words) or self.name

    @property
    def summary(self) -> str:
        """The first sentence of the description."""
        first_paragraph = self.description.strip().split("\n\n", maxsplit=1)[0]
        return " ".join(first_paragraph.split()).split(". ", maxsplit=1)[0].rstrip(".")

    @property
    def own_stems(self) -> frozenset[str]:
        """Stems of the words in the name and in the summary."""
        return content_stems(self.spoken) | content_stems(self.summary)


def read_tools(definitions: Sequence[Mapping[str, Any]]) -> list[Tool]:
    """Return the function tools among `definitions`; others are skipped."""
    tools: dict[str, Tool] = {}
    for definition in definitions:
        if not isinstance(definition, Mapping) or definition.get("type", "function") != "function":
            continue
        # Chat Completions nest the definition; some clients send that shape here too.
        inner = definition.get("function")
        body = inner if isinstance(inner, Mapping) else definition
        name = body.get("name")
        if not isinstance(name, str) or not name:
            continue
        tools[name] = Tool(
            name=name,
            words=tuple(split_name(name)),
            description=_text(body.get("description")),
            parameters=tuple(read_parameters(body.get("parameters"))),
        )
    return list(tools.values())


def read_parameters(schema: object) -> list[Parameter]:
    """Return the values of an object schema as a flat list; none if the schema makes no sense."""
    if not isinstance(schema, Mapping):
        return []
    return _properties(schema, schema, (), True, 0)


def _properties(
    schema: Mapping[str, Any], root: Mapping[str, Any], path: tuple[str, ...], required: bool, depth: int
) -> list[Parameter]:
    properties = schema.get("properties")
    if not isinstance(properties, Mapping) or depth > _MAX_DEPTH:
        return []
    needed = schema.get("required")
    needed_names = set(filter(_is_text, needed)) if isinstance(needed, list | tuple) else set()
    found: list[Parameter] = []
    for name, raw in properties.items():
        if not isinstance(name, str):
            continue
        is_required = required and name in needed_names
        options = _options(raw, root, 0)
        nested = next((option for option in options if isinstance(option.get("properties"), Mapping)), None)
        inner = [] if nested is None else _properties(nested, root, (*path, name), is_required, depth + 1)
        if inner:
            found.extend(inner)
            continue
        description = next((_text(o.get("description")) for o in options if o.get("description")), "")
        if isinstance(raw, Mapping):
            description = _text(raw.get("description")) or description
        shape = _shape(options, root, depth)
        words = tuple(split_name(name)) or (name,)
        default = raw.get("default") if isinstance(raw, Mapping) else None
        found.append(Parameter((*path, name), shape, is_required, description, words, _text(default) or None))
    return found


def _options(raw: object, root: Mapping[str, Any], depth: int) -> list[Mapping[str, Any]]:
    """Return all forms that a schema allows, with `$ref` and `anyOf` resolved and without null."""
    if not isinstance(raw, Mapping) or depth > _MAX_DEPTH:
        return []
    reference = raw.get("$ref")
    if isinstance(reference, str):
        return _options(_resolve(reference, root), root, depth + 1)
    for key in ("anyOf", "oneOf", "allOf"):
        branches = raw.get(key)
        if isinstance(branches, list | tuple) and branches:
            return [option for branch in branches for option in _options(branch, root, depth + 1)]
    kind = raw.get("type")
    if isinstance(kind, list | tuple):
        return [{**raw, "type": one} for one in kind if one != "null"]
    return [] if kind == "null" else [raw]


def _resolve(reference: str, root: Mapping[str, Any]) -> object:
    found: object = root
    for step in reference.removeprefix("#").strip("/").split("/"):
        if not isinstance(found, Mapping):
            return None
        found = found.get(step.replace("~1", "/").replace("~0", "~"))
    return found


def _shape(options: list[Mapping[str, Any]], root: Mapping[str, Any], depth: int) -> Shape:
    """Return the form to aim for: choices first, then anything narrower than a string, then a string."""
    shapes = [_one_shape(option, root, depth) for option in options]
    if not shapes:
        return Shape("any")
    if all(shape.kind == "choice" for shape in shapes):
        return Shape("choice", tuple(choice for shape in shapes for choice in shape.choices))
    order = ["choice", "number", "integer", "date-time", "date", "time", "duration", "array"]
    return min(shapes, key=lambda shape: order.index(shape.kind) if shape.kind in order else len(order))


def _one_shape(option: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> Shape:
    constant = option.get("const")
    if isinstance(constant, str | int | float):
        return Shape("choice", (constant,))
    choices = option.get("enum")
    if isinstance(choices, list | tuple):
        usable = tuple(choice for choice in choices if isinstance(choice, str | int | float | bool))
        if usable:
            return Shape("choice", usable)
    kind = option.get("type")
    if kind == "string":
        text_format = option.get("format")
        return Shape(_STRING_FORMATS.get(text_format, "string") if isinstance(text_format, str) else "string")
    if kind in ("number", "integer"):
        low = _number(option.get("minimum"), option.get("exclusiveMinimum"))
        high = _number(option.get("maximum"), option.get("exclusiveMaximum"))
        return Shape(kind, minimum=low, maximum=high)
    if kind == "array":
        if depth > _MAX_DEPTH:
            return Shape("any")
        inner = _options(option.get("items"), root, 0)
        return Shape("array", item=_shape(inner, root, depth + 1) if inner else Shape("any"))
    return Shape(kind) if isinstance(kind, str) and kind in _SIMPLE_KINDS else Shape("any")


def _number(*candidates: object) -> float | None:
    for candidate in candidates:
        if isinstance(candidate, int | float) and not isinstance(candidate, bool):
            return float(candidate)
    return None


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
