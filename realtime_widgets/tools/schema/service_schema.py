"""JSON schemas in the form that the strictest service accepts, and in words what had to be changed.

One refused schema makes a service refuse all settings of a session. Known to be refused are a top level that is
not one plain object, lists without ``items``, references, and numbers that JSON does not have.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

#: Words about the schema itself, which tell the model nothing.
_ABOUT = ("$schema", "$id", "$anchor", "$comment", "$defs", "definitions", "$vocabulary", "$dynamicAnchor")
_NOT_AT_TOP = ("enum", "const", "not", "if", "then", "else", "dependentSchemas")
_TYPES = frozenset({"string", "number", "integer", "boolean", "object", "array", "null"})
_TYPE_OF = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}
#: Words whose value is a schema, a list of schemas, or schemas by name.
_ONE = ("additionalProperties", "items", "contains", "not", "if", "then", "else", "propertyNames")
_LISTS = ("anyOf", "oneOf", "allOf")
_NAMED = ("properties", "patternProperties", "dependentSchemas")
_SCHEMAS = frozenset({*_ONE, *_LISTS, *_NAMED, "prefixItems", "additionalItems", "unevaluatedProperties"})
#: How deep a schema may be, and how many parts it may have, with its references written out.
_MAX_DEPTH = 24
_MAX_PARTS = 2_000

Place = tuple[str, ...]


@dataclass(frozen=True)
class ServiceSchema:
    """A schema of arguments as the service gets it.

    Attributes
    ----------
    parameters : dict
        JSON schema, one object at the top; it accepts whatever the given one accepts.
    changes : tuple of str
        What differs from the given schema, each with its place; empty if nothing does.
    """

    parameters: dict[str, Any]
    changes: tuple[str, ...]

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> ServiceSchema:
        """Return the accepted form of a schema; what it cannot say is left to the check of the arguments."""
        writing = _Writing(given)
        return cls(writing.top(), tuple(dict.fromkeys(writing.changes)))


@dataclass
class _Writing:
    """One schema that is written anew."""

    root: Mapping[str, Any]
    changes: list[str] = field(default_factory=list)
    parts: int = 0

    def top(self) -> dict[str, Any]:
        """Return the whole schema."""
        node, within = self._followed(self.root, (), ("#",))
        given = self._one_object(node, 0)
        for word in _NOT_AT_TOP:
            if word in given:
                del given[word]
                self._note((), f"{word} is left out at the top level")
        if given.get("type", "object") != "object":
            self._note((), "the top level is an object")
        self.parts = 0
        written: dict[str, Any] = self._part({**given, "type": "object"}, (), within)
        written.setdefault("properties", {})
        return written

    def _note(self, place: Place, text: str) -> None:
        self.changes.append(f"{'.'.join(place)}: {text}" if place else text)

    def _one_object(self, node: Mapping[str, Any], depth: int) -> dict[str, Any]:
        """Return a schema of an object without choices: it has the properties of all of them."""
        given = _tidy(node)
        for part in self._objects(given.pop("allOf", None), depth):
            required = _joined(given.get("required", ()), part.get("required", ()))
            properties = {**part.get("properties", {}), **given.get("properties", {})}
            given = {**part, **given, "properties": properties, "required": required}
            self._note((), "allOf became one object")
        for word in ("oneOf", "anyOf"):
            if not (choices := self._objects(given.pop(word, None), depth)):
                continue
            given["properties"] = _either(given.get("properties", {}), choices)
            always = [name for name in choices[0].get("required", ()) if _in_all(name, choices)]
            given["required"] = _joined(given.get("required", ()), always)
            if any(part.get("additionalProperties") is not False for part in choices):
                given.pop("additionalProperties", None)
            sets = [", ".join(part.get("required", ())) or "none of them" for part in choices]
            if len(set(sets)) > 1:
                number = "Exactly" if word == "oneOf" else "At least"
                text = f"{number} one of these sets of arguments is needed: {'; or '.join(sets)}."
                given["description"] = _with(given, text)
            self._note((), f"{word} became one object with the properties of all choices")
        if not given.get("required", True):
            del given["required"]
        return given

    def _objects(self, parts: Any, depth: int) -> list[dict[str, Any]]:
        """Return the schemas of objects among the parts of a choice."""
        found = []
        for part in parts if isinstance(parts, list) else ():
            self.parts += 1
            if isinstance(part, Mapping) and depth < _MAX_DEPTH and self.parts < _MAX_PARTS:
                node = self._one_object(self._followed(part, (), ("#",))[0], depth + 1)
                if "object" in node.get("type", "object"):
                    found.append(node)
        return found

    def _part(self, node: Any, place: Place, within: tuple[str, ...]) -> Any:
        """Return one schema; `within` are the references that lead to it."""
        if not isinstance(node, Mapping):
            return {"not": {}} if node is False else {}
        self.parts += 1
        if len(place) > _MAX_DEPTH or self.parts > _MAX_PARTS:
            self._note(place[:3], "what is nested too deep may be anything")
            return {}
        node, within = self._followed(node, place, within)
        written = {word: value for word, value in _tidy(node).items() if word not in _ABOUT}
        self._plain(written, place)
        self._list(written, place)
        for word in _ONE:
            if isinstance(written.get(word), Mapping):
                written[word] = self._part(written[word], (*place, word), within)
        for word in _LISTS:
            if word in written:
                written[word] = [self._part(each, (*place, word), within) for each in written[word]]
        for word in _NAMED:
            if word in written:
                written[word] = {
                    str(name): self._part(each, (*place, str(name)), within)
                    for name, each in written[word].items()
                    if each is not False
                }
        return written

    def _plain(self, written: dict[str, Any], place: Place) -> None:
        """Write values that every service reads: no ``const``, nothing that JSON or JSON schema does not know."""
        if "const" in written:
            value = written.pop("const")
            written.setdefault("enum", [value])
            if (kind := _TYPE_OF.get(type(value))) is not None:
                written.setdefault("type", kind)
            self._note(place, "const became enum")
        for word, value in list(written.items()):
            if word not in _SCHEMAS and not _is_json(value):
                if word == "enum" and (kept := [each for each in value if _is_json(each)]):
                    written[word] = kept
                else:
                    del written[word]
                self._note(place, f"{word} {value!r:.40} is left out, because JSON cannot hold it")
        for limit in ("Minimum", "Maximum"):
            if isinstance(own := written.get(f"exclusive{limit}"), bool):  # as draft 4 had it
                del written[f"exclusive{limit}"]
                if own and limit.lower() in written:
                    written[f"exclusive{limit}"] = written.pop(limit.lower())
                self._note(place, f"exclusive{limit} is a number")
        if "pattern" in written and not _is_pattern(written["pattern"]):
            del written["pattern"]
            self._note(place, "its pattern cannot be read and is left out")

    def _list(self, written: dict[str, Any], place: Place) -> None:
        """Write ``items`` into the schema of a list."""
        items = written.get("items")
        if (places := written.pop("prefixItems", None)) is not None:
            rest = written.pop("items", True)
        elif isinstance(items, list):
            places, rest = written.pop("items"), written.pop("additionalItems", True)
        elif "array" in written.get("type", ()) and not isinstance(items, Mapping):
            written["items"] = {}
            if items is False:
                written["maxItems"] = 0
            self._note(place, "its items may be anything")
            return
        else:
            return
        if not isinstance(places, list) or not places:
            written["items"] = rest if isinstance(rest, Mapping) else {}
            return
        options = _unique(places)
        if rest is False:
            written["maxItems"] = min(written.get("maxItems", len(places)), len(places))
        elif written.get("maxItems", len(places) + 1) > len(places):
            options = _unique([*places, rest])
        if len(_unique(places)) > 1:
            written["description"] = _with(written, f"In this order: {', '.join(map(_named, places))}.")
        anything = any(option in (True, {}) for option in options)
        written["items"] = {} if anything else options[0] if len(options) == 1 else {"anyOf": options}
        written.setdefault("type", "array")
        self._note(place, "the types of its places became one type of items")

    def _followed(
        self, node: Mapping[str, Any], place: Place, within: tuple[str, ...]
    ) -> tuple[Mapping[str, Any], tuple[str, ...]]:
        """Return what a schema refers to, with the words beside the reference."""
        while isinstance(reference := node.get("$ref", node.get("$dynamicRef")), str):
            beside = {word: value for word, value in node.items() if word not in ("$ref", "$dynamicRef")}
            found = self._found(reference)
            name = reference.rsplit("/", 1)[-1]
            if found is None:
                self._note(place, f"its reference {reference!r:.60} leads nowhere; it may be anything")
                return beside, within
            if reference in within:
                self._note(place, f"{name} contains itself; its description is not repeated")
                kind = {"type": found["type"]} if isinstance(found.get("type"), str) else {}
                return {**kind, "description": f"{name}, as described above", **beside}, within
            self._note(place, "its reference is written out")
            node, within = {**found, **beside}, (*within, reference)
        return node, within

    def _found(self, reference: str) -> Mapping[str, Any] | None:
        """Return the part of the schema to which a reference leads; nothing is fetched."""
        found: Any = self.root
        if not reference.startswith("#"):
            return None
        for step in reference[1:].split("/")[1:]:
            key = unquote(step).replace("~1", "/").replace("~0", "~")
            if isinstance(found, list) and key.isdigit() and int(key) < len(found):
                found = found[int(key)]
            elif isinstance(found, Mapping) and key in found:
                found = found[key]
            else:
                return None
        return found if isinstance(found, Mapping) else None


def _tidy(node: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of a schema without words whose value has not the form that the word needs."""
    kept = {str(word): value for word, value in node.items()}
    kinds = kept.get("type")
    if isinstance(kinds, list):
        known = [kind for kind in kinds if isinstance(kind, str) and kind in _TYPES]
        kept["type"] = known[0] if len(known) == 1 else known
    if not kept.get("type") or (isinstance(kept["type"], str) and kept["type"] not in _TYPES):
        kept.pop("type", None)
    if not isinstance(kept.get("required", []), list):
        del kept["required"]
    elif "required" in kept:
        kept["required"] = _joined((), [name for name in kept["required"] if isinstance(name, str)])
    for word in (*_NAMED, *_LISTS, "enum"):
        form = Mapping if word in _NAMED else list
        if word in kept and not (isinstance(kept[word], form) and (kept[word] or word == "properties")):
            del kept[word]
    return kept


def _joined(*lists: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(name for names in lists for name in names))


def _in_all(name: str, choices: list[dict[str, Any]]) -> bool:
    return all(name in part.get("required", ()) for part in choices)


def _either(properties: Mapping[str, Any], choices: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the properties of all choices; one that differs between them is a choice itself."""
    found: dict[str, list[Any]] = {name: [] for name in properties}
    for part in choices:
        for name, each in part.get("properties", {}).items():
            own = properties.get(name)
            both = isinstance(own, Mapping) and isinstance(each, Mapping)
            found.setdefault(name, []).append({**own, **each} if own and both else each)
    joined = {name: _unique(each) or [properties[name]] for name, each in found.items()}
    return {name: each[0] if len(each) == 1 else {"anyOf": each} for name, each in joined.items()}


def _unique(schemas: list[Any]) -> list[Any]:
    return [each for index, each in enumerate(schemas) if each not in schemas[:index]]


def _with(node: Mapping[str, Any], text: str) -> str:
    given = node.get("description")
    return f"{given} {text}" if isinstance(given, str) and given else text


def _named(node: Any) -> str:
    """Return a few words for a place of a list."""
    if not isinstance(node, Mapping):
        return "anything"
    words = node.get("description") or node.get("title") or node.get("type") or "anything"
    return words if isinstance(words, str) else " or ".join(map(str, words))


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return False
    return True


def _is_pattern(value: Any) -> bool:
    try:
        re.compile(value)
    except (TypeError, re.error, RecursionError):
        return False
    return True
