"""Schemas that services refuse become schemas that they accept, which still allow what the given ones allow."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from pydantic import BaseModel

from realtime_widgets.tools.schema.service_schema import ServiceSchema
from realtime_widgets.tools.tool import Tool

LIST = {"type": "array", "items": {"type": "integer"}}


def objections(node: Any, place: str = "") -> list[str]:
    """Return what the strictest of the services refuses in a schema."""
    if isinstance(node, list):
        return [each for index, part in enumerate(node) for each in objections(part, f"{place}[{index}]")]
    if not isinstance(node, dict):
        return []
    found = [
        f"{place}: {word}" for word in ("$ref", "$defs", "definitions", "prefixItems", "const") if word in node
    ]
    if "array" in node.get("type", "") and not isinstance(node.get("items"), dict):
        found.append(f"{place}: no items")
    for word, value in node.items():
        if word in ("properties", "$defs"):
            found += [each for name, part in value.items() for each in objections(part, f"{place}.{name}")]
        elif word not in ("default", "enum", "examples"):
            found += objections(value, f"{place}.{word}")
    return found


def accepted(parameters: dict[str, Any]) -> ServiceSchema:
    made = ServiceSchema.of(parameters)
    json.dumps(made.parameters, allow_nan=False)
    assert made.parameters["type"] == "object"
    assert isinstance(made.parameters["properties"], dict)
    assert not {"oneOf", "anyOf", "allOf", "not", "enum", "if"} & made.parameters.keys()
    assert objections(made.parameters) == []
    return made


def of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"type": "array"}, {"type": "array", "items": {}}),
        ({"type": ["array", "null"]}, {"type": ["array", "null"], "items": {}}),
        ({"type": "array", "items": True}, {"type": "array", "items": {}}),
        ({"type": "array", "items": LIST}, {"type": "array", "items": LIST}),
        (
            {"type": "array", "prefixItems": [{"type": "integer"}] * 2, "minItems": 2, "maxItems": 2},
            {**LIST, "minItems": 2, "maxItems": 2},
        ),
        (
            {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "maxItems": 2},
            {
                "type": "array",
                "items": {"anyOf": [{"type": "integer"}, {"type": "string"}]},
                "maxItems": 2,
                "description": "In this order: integer, string.",
            },
        ),
        ({"type": "array", "items": [{"type": "integer"}], "additionalItems": False}, {**LIST, "maxItems": 1}),
        ({"type": "array", "prefixItems": [{"type": "integer"}]}, {"type": "array", "items": {}}),
        ({"const": "x"}, {"type": "string", "enum": ["x"]}),
        ({"type": "number", "default": math.inf}, {"type": "number"}),
        ({"type": "number", "maximum": math.inf, "minimum": 0}, {"type": "number", "minimum": 0}),
        ({"enum": [1, math.nan]}, {"enum": [1]}),
        ({"$ref": "#/properties/other"}, LIST),
        ({"$ref": "https://example.com/schema"}, {}),
        ({"$ref": "#/nowhere", "description": "D"}, {"description": "D"}),
        (True, {}),
        ({"type": "any", "enum": []}, {}),
        ({"type": "number", "minimum": 1, "exclusiveMinimum": True}, {"type": "number", "exclusiveMinimum": 1}),
        ({"type": "string", "pattern": "("}, {"type": "string"}),
        ({"type": "string", "required": True}, {"type": "string"}),
    ],
)
def test_a_property(given: Any, sent: Any) -> None:
    made = accepted(of(value=given, other=LIST))
    assert made.parameters["properties"] == {"value": sent, "other": LIST}
    assert all(change.startswith("value") for change in made.changes)
    if given not in (True, sent) and given.keys() & {"prefixItems", "const", "$ref", "default", "maximum"}:
        assert made.changes


def test_a_plain_schema_stays_as_it_is() -> None:
    given = {
        **of(a={"type": "string", "title": "A", "format": "date"}, b={"anyOf": [LIST, {"type": "null"}]}),
        "required": ["a"],
        "additionalProperties": False,
        "title": "arguments",
    }
    assert accepted(given) == ServiceSchema(given, ())


@pytest.mark.parametrize("word", ["oneOf", "anyOf"])
def test_choices_at_the_top_become_one_object(word: str) -> None:
    by_name = {**of(name={"type": "string"}, exact={"type": "boolean"}), "required": ["name", "exact"]}
    by_number = {**of(number={"type": "integer"}), "required": ["number"]}
    made = accepted({"type": "object", "description": "Find it.", word: [by_name, by_number, {"type": "null"}]})
    assert list(made.parameters["properties"]) == ["name", "exact", "number"]
    assert "required" not in made.parameters
    number = "Exactly" if word == "oneOf" else "At least"
    needed = f"{number} one of these sets of arguments is needed: name, exact; or number."
    assert made.parameters["description"] == f"Find it. {needed}"
    assert made.changes == (f"{word} became one object with the properties of all choices",)


def test_tagged_choices_at_the_top_keep_their_tag() -> None:
    cat, dog = ({**of(kind={"const": kind}), "required": ["kind"]} for kind in ("cat", "dog"))
    made = accepted({"oneOf": [{"$ref": "#/$defs/cat"}, dog], "$defs": {"cat": cat}})
    assert made.parameters["required"] == ["kind"]
    assert made.parameters["properties"]["kind"] == {
        "anyOf": [{"type": "string", "enum": ["cat"]}, {"type": "string", "enum": ["dog"]}]
    }


def test_all_of_at_the_top_needs_all() -> None:
    parts = [{**of(a={"type": "string"}), "required": ["a"]}, {**of(b=LIST), "required": ["b"]}]
    made = accepted({"allOf": parts, "not": {"required": ["c"]}})
    assert made.parameters["required"] == ["b", "a"] or made.parameters["required"] == ["a", "b"]
    assert made.parameters["properties"] == {"a": {"type": "string"}, "b": LIST}


class Tree(BaseModel):
    name: str
    children: list[Tree] = []


def test_what_contains_itself_is_described_once() -> None:
    def grow(tree: Tree) -> None:
        """Grow."""

    tool = Tool.of(grow)
    made = accepted(tool.parameters)
    tree = made.parameters["properties"]["tree"]
    assert tree["properties"]["children"]["items"] == {"type": "object", "description": "Tree, as described above"}
    assert "tree.children.items: Tree contains itself; its description is not repeated" in tool.changes
    assert tool.definition()["parameters"] == made.parameters
    parsed = tool.schema.parse('{"tree": {"name": "a", "children": [{"name": "b", "children": [{"name": "c"}]}]}}')
    assert parsed["tree"].children[0].children[0].name == "c"


def test_functions_with_types_that_services_refuse() -> None:
    def move(to: tuple[int, int], by: float = math.inf, anything: list = [], kind: dict | None = None) -> None:  # type: ignore[type-arg]  # noqa: B006
        """Move."""

    tool = Tool.of(move)
    made = accepted(tool.definition()["parameters"]).parameters["properties"]
    assert made["to"] == {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2}
    assert made["by"] == {"type": "number"}
    assert any(change.startswith("to: ") for change in tool.changes)
    assert tool.schema.parse('{"to": [1, 2]}') == {"to": (1, 2)}


def nested(word: str, wraps: Any) -> dict[str, Any]:
    node: dict[str, Any] = {}
    for _ in range(900):
        node = {word: wraps(node)}
    return node


@pytest.mark.parametrize(
    "given",
    [
        {"properties": {"a": nested("anyOf", lambda node: [node])}},
        {"properties": {"a": nested("items", lambda node: node)}},
        nested("allOf", lambda node: [node]),
        {"allOf": [{"$ref": "#"}] * 9},
        {"properties": {"a": {"allOf": [{"$ref": "#/properties/a"}] * 9}}},
        {"$ref": "#"},
        {
            "$defs": {f"d{n}": {"anyOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 8} for n in range(30)},
            "anyOf": [{"$ref": "#/$defs/d0"}],
        },
        {"type": 3, "properties": [1], "required": "a", "anyOf": {}},
        {"type": "object", "properties": {"a": 3, "b": None, "c": "string"}},
        {"type": "string"},
        {"enum": ["a"]},
    ],
    ids=range(11),
)
def test_a_hostile_schema_ends_as_one_that_is_accepted(given: dict[str, Any]) -> None:
    assert len(json.dumps(accepted(given).parameters)) < 200_000
