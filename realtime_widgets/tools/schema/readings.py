"""Arguments that a model got slightly wrong, read in the only way that makes sense. Pure.

A list or object that came as text, a number or boolean in quotes, a null for what may be left out, a choice in
other case. What has no reading, or more than one, stays as it is, so that the check of the arguments names it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pydantic_core

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
#: How many digits of a number are read; no argument has more.
_MAX_DIGITS = 400
#: How deep arguments are looked at, and how many of their parts, counted once for each choice of their schema.
_MAX_DEPTH = 32
_MAX_STEPS = 20_000
_KINDS: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "boolean": bool,
    "object": dict,
    "array": list,
    "null": type(None),
}


def read_arguments(parameters: Mapping[str, Any], value: Any) -> Any:
    """Return the arguments of a call as they were meant; the same value if there is nothing to read otherwise.

    Parameters
    ----------
    parameters
        JSON schema of the arguments, an object.
    value
        What the model sent, parsed.
    """
    meant = _parsed(value) if isinstance(value, str) else value
    if meant in (None, []) and not _required(parameters):
        return {}
    return _Reading(parameters).read(parameters, meant, 0) if isinstance(meant, dict) else value


def _required(node: Mapping[str, Any]) -> set[str]:
    names = node.get("required", ())
    return {name for name in names if isinstance(name, str)} if isinstance(names, list) else set()


class _Reading:
    """Reads values by a schema, whose references are looked up in its root."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._steps = 0

    def _is_too_much(self, depth: int) -> bool:
        self._steps += 1
        return depth > _MAX_DEPTH or self._steps > _MAX_STEPS

    def read(self, node: Any, value: Any, depth: int) -> Any:
        """Return a value in the only reading that the schema allows, or the value itself."""
        node = self._followed(node)
        if not isinstance(node, Mapping) or self._is_too_much(depth):
            return value
        for word in ("anyOf", "oneOf"):
            if isinstance(choices := node.get(word), list):
                return self._chosen(choices, value, depth)
        if isinstance(parts := node.get("allOf"), list):
            for part in parts:
                value = self.read(part, value, depth + 1)
        if not self._fits(node, value):
            value = self._otherwise(node, value)
        if isinstance(value, dict):
            return self._members(node, value, depth)
        if isinstance(value, list):
            return self._items(node, value, depth)
        return value

    def _chosen(self, choices: list[Any], value: Any, depth: int) -> Any:
        """Return a value as the one choice reads it that can; as it is if several would, in different ways."""
        if any(self._accepts(choice, value, depth) for choice in choices):
            return value
        read = [self.read(choice, value, depth + 1) for choice in choices]
        made = [each for each, choice in zip(read, choices, strict=True) if self._accepts(choice, each, depth)]
        distinct = {pydantic_core.to_json(each): each for each in made}
        return made[0] if len(distinct) == 1 else value

    def _members(self, node: Mapping[str, Any], value: dict[str, Any], depth: int) -> dict[str, Any]:
        properties, required = node.get("properties"), _required(node)
        properties = properties if isinstance(properties, Mapping) else {}
        more = node.get("additionalProperties")
        read: dict[str, Any] = {}
        for name, each in value.items():
            own = properties.get(name, more)
            read[name] = self.read(own, each, depth + 1)
            absent = each is None or each == "null"
            if (
                absent
                and name in properties
                and name not in required
                and not self._accepts(own, read[name], depth)
            ):
                del read[name]
        return read

    def _items(self, node: Mapping[str, Any], value: list[Any], depth: int) -> list[Any]:
        items, places = node.get("items"), node.get("prefixItems")
        if isinstance(items, list):
            items, places = node.get("additionalItems"), items
        first = places if isinstance(places, list) else []
        return [
            self.read(first[index] if index < len(first) else items, each, depth + 1)
            for index, each in enumerate(value)
        ]

    def _otherwise(self, node: Mapping[str, Any], value: Any) -> Any:
        """Return what a single value that does not fit was meant as."""
        if isinstance(choices := _choices(node), list):
            return _choice(choices, value)
        if not isinstance(value, str):
            return value
        readings = [each for kind in _kinds(node) for each in _read_text(kind, value)]
        distinct = {pydantic_core.to_json(each): each for each in readings}
        return readings[0] if len(distinct) == 1 else value

    def _followed(self, node: Any) -> Any:
        for _ in range(_MAX_DEPTH):
            if not isinstance(node, Mapping) or not isinstance(reference := node.get("$ref"), str):
                return node
            found: Any = self._root if reference.startswith("#") else None
            for step in reference[1:].split("/")[1:]:
                found = found.get(step) if isinstance(found, Mapping) else None
            node = found
        return None

    def _accepts(self, node: Any, value: Any, depth: int) -> bool:
        """Whether a value has the form that a schema wants; formats and limits are not looked at."""
        node = self._followed(node)
        if not isinstance(node, Mapping) or self._is_too_much(depth):
            return node is not False
        for word in ("anyOf", "oneOf"):
            if isinstance(choices := node.get(word), list):
                return any(self._accepts(choice, value, depth + 1) for choice in choices)
        if not self._fits(node, value):
            return False
        properties, items = node.get("properties"), node.get("items")
        if isinstance(value, dict) and isinstance(properties, Mapping):
            if not _required(node) <= value.keys():
                return False
            if node.get("additionalProperties") is False and not value.keys() <= properties.keys():
                return False
            return all(self._accepts(properties.get(name), each, depth + 1) for name, each in value.items())
        if isinstance(value, list) and isinstance(items, Mapping):
            return all(self._accepts(items, each, depth + 1) for each in value)
        return True

    @staticmethod
    def _fits(node: Mapping[str, Any], value: Any) -> bool:
        """Whether a value has the type of a schema and is one of its choices."""
        if isinstance(choices := _choices(node), list):
            return any(type(each) is type(value) and each == value for each in choices)
        kinds = _kinds(node)
        return not kinds or any(_is(kind, value) for kind in kinds)


def _choices(node: Mapping[str, Any]) -> Any:
    return [node["const"]] if "const" in node else node.get("enum")


def _kinds(node: Mapping[str, Any]) -> list[str]:
    kinds = node.get("type", [])
    return [kinds] if isinstance(kinds, str) else [kind for kind in kinds if isinstance(kind, str)]


def _is(kind: str, value: Any) -> bool:
    if kind in ("integer", "number"):
        whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        return not isinstance(value, bool) and (whole if kind == "integer" else isinstance(value, int | float))
    return kind not in _KINDS or isinstance(value, _KINDS[kind])


def _choice(choices: list[Any], value: Any) -> Any:
    """Return the one choice that a value differs from in case or quotes only."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    alike = [each for each in choices if isinstance(each, str) and each.casefold() == text.casefold()]
    inner = _parsed(text.lower())
    quoted = [each for each in choices if type(each) is type(inner) and each == inner != text.lower()]
    found = [*alike, *quoted]
    return found[0] if len(found) == 1 and text else value


def _read_text(kind: str, text: str) -> list[Any]:
    """Return what a text in quotes means as another type: one value, or none."""
    text = text.strip()
    match kind:
        case "array" | "object":
            inner = _parsed(text)
            return [inner] if isinstance(inner, _KINDS[kind]) else []
        case "number" | "integer" if len(text) < _MAX_DIGITS and _NUMBER.fullmatch(text):
            number = _parsed(text)
            if kind == "integer" and _is("integer", number):
                return [int(number)]
            return [number] if kind == "number" and _is("number", number) else []
        case "boolean" if text.lower() in ("true", "false"):
            return [text.lower() == "true"]
        case "null" if text.lower() == "null":
            return [None]
    return []


def _parsed(text: str) -> Any:
    """Return what a text is as JSON; the text itself if it is none."""
    try:
        return pydantic_core.from_json(text, allow_inf_nan=False)
    except (ValueError, TypeError):  # lone surrogates are a TypeError
        return text
