"""JSON schemas of others: passed on as they are, checked as far as they can be, fetched never."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_widgets.errors import ToolArgumentsError
from realtime_widgets.tools.schema.given_schema import GivenSchema

SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {"number": {"$ref": "#/$defs/count"}, "unit": {"enum": ["C", "K"]}},
    "required": ["number"],
    "additionalProperties": False,
    "$defs": {"count": {"type": "integer", "minimum": 1}},
}


def test_it_is_told_as_it_was_given() -> None:
    assert GivenSchema.of("f", "F.", SCHEMA).parameters == SCHEMA
    assert GivenSchema.of("f", "F.", None).parameters == {"type": "object", "properties": {}}


def test_arguments_that_fit_come_out_as_they_went_in() -> None:
    schema = GivenSchema.of("f", "F.", SCHEMA)
    assert schema.parse('{"number": 3, "unit": "K"}') == {"number": 3, "unit": "K"}
    assert schema.convert({"number": 3}) == {"number": 3}
    assert GivenSchema.of("f", "F.", None).parse("  ") == {}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("{}", "f: 'number' is a required property"),
        ('{"number": 0}', "f: number: 0 is less than the minimum of 1"),
        ('{"number": 1, "unit": "F"}', "unit: 'F' is not one of"),
        ('{"number": 1, "more": 1}', "Additional properties are not allowed"),
        ('{"number": NaN}', "not valid JSON"),
        ("[1]", "must be one JSON object, not [1]"),
        ("{", "not valid JSON"),
        ("[" * 100_000 + "]" * 100_000, "not valid JSON"),
        ('{"number": "' + "9" * 100_000 + '"}', "is not of type 'integer'"),
    ],
)
def test_arguments_that_do_not_fit_are_told(arguments: str, says: str) -> None:
    with pytest.raises(ToolArgumentsError) as caught:
        GivenSchema.of("f", "F.", SCHEMA).parse(arguments)
    text = str(caught.value)
    assert says in text or (text.endswith("…") and "number" in text)
    assert len(text) < 1_000


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"x": {"$ref": "http://127.0.0.1:9/schema.json"}}},
        {"properties": {"x": {"$ref": "#/nowhere"}}},
        {"properties": {"x": {"type": "no such type"}}},
        {"properties": {"x": {"pattern": "("}}},
        {"properties": {"x": {"$ref": "#/properties/x"}}},
        {"$schema": "urn:unknown", "properties": {"x": {}}},
    ],
)
def test_a_schema_that_cannot_be_used_leaves_the_check_to_its_owner(schema: dict[str, Any]) -> None:
    assert GivenSchema.of("f", "F.", schema).parse('{"x": "a"}') == {"x": "a"}


def test_what_json_cannot_hold_is_told() -> None:
    with pytest.raises(ToolArgumentsError, match="what JSON can hold"):
        GivenSchema.of("f", "F.", SCHEMA).convert({"number": object()})
