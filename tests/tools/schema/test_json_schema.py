"""The schema that the model gets: inlined, closed, without titles."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from realtime_widgets.tools.schema.function_schema import schema_for
from tests.tools.schema.samples import Cat, Colour, Dog, Path, Tree


def find_all(node: Any, key: str) -> list[Any]:
    below = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    found = [value for part in below for value in find_all(part, key)]
    return found + ([node[key]] if isinstance(node, dict) and key in node else [])


def test_definitions_are_inlined_closed_and_untitled():
    def draw(path: Path, colour: Colour = Colour.RED):
        """Draw."""

    parameters = schema_for(draw).parameters
    assert not find_all(parameters, "$ref")
    assert not find_all(parameters, "$defs")
    point = parameters["properties"]["path"]["properties"]["points"]["items"]
    assert point["properties"]["title"] == {"type": "string", "default": ""}  # a field of that name stays
    assert "title" not in point
    assert "title" not in parameters
    assert parameters["properties"]["colour"] == {"type": "string", "enum": ["red", "blue"], "default": "red"}
    assert parameters["properties"]["path"]["description"] == "A way through the plane."
    assert find_all(parameters, "additionalProperties") == [False, False, False]


def test_a_type_that_contains_itself_keeps_its_definition():
    def grow(tree: Tree):
        """Grow."""

    schema = schema_for(grow)
    assert set(schema.parameters["$defs"]) == {"Tree"}
    assert schema.parameters["properties"]["tree"] == {"$ref": "#/$defs/Tree"}
    got = schema.parse('{"tree": {"name": "a", "children": [{"name": "b"}]}}')
    assert got["tree"].children[0].name == "b"


def test_tagged_unions_lose_the_mapping_into_definitions():
    def feed(pet: Annotated[Cat | Dog, Field(discriminator="kind")]):
        """Feed."""

    schema = schema_for(feed)
    assert not find_all(schema.parameters, "discriminator")
    assert schema.parse('{"pet": {"kind": "dog"}}') == {"pet": Dog(kind="dog")}
