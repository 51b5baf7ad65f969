"""Arguments that a model got slightly wrong are taken if they can mean one thing only."""

from __future__ import annotations

import enum
import json
from typing import Any, Literal, Optional

import pytest
from pydantic import BaseModel

from realtime_widgets.errors import ToolArgumentsError
from realtime_widgets.tools.schema.function_schema import schema_for
from realtime_widgets.tools.schema.given_schema import GivenSchema


class Unit(enum.Enum):
    CELSIUS = "celsius"
    KELVIN = "kelvin"


class Point(BaseModel):
    x: int
    y: int = 0


class Tree(BaseModel):
    size: int
    children: list[Tree] = []


def measure(  # noqa: PLR0917
    values: list[int] = [],  # noqa: B006
    point: Point = Point(x=0),  # noqa: B008
    count: int = 1,
    share: float = 0.5,
    exact: bool = False,
    unit: Unit = Unit.CELSIUS,
    mode: Literal["Fast", "slow", 3] = "slow",
    name: str = "",
    maybe: Optional[int] = 7,  # noqa: UP045
    either: int | list[int] = 0,
    text_or_list: str | list[str] = "",
    table: dict[str, list[float]] = {},  # noqa: B006
    tree: Tree = Tree(size=1),  # noqa: B008
) -> None:
    """Measure."""


def now() -> None:
    """Tell the time."""


def need(values: list[int], unit: Unit) -> None:
    """Need both."""


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ({"values": "[1, 2]"}, {"values": [1, 2]}),
        ({"values": '["1", "2"]'}, {"values": [1, 2]}),
        ({"values": ["1", 2]}, {"values": [1, 2]}),
        ({"point": '{"x": 1}'}, {"point": {"x": 1}}),
        ({"point": {"x": "1", "y": None}}, {"point": {"x": 1}}),
        ({"count": "3"}, {"count": 3}),
        ({"count": " 3.0 "}, {"count": 3}),
        ({"count": None, "share": None}, {}),
        ({"count": "null"}, {}),
        ({"share": "-2.5e1"}, {"share": -25.0}),
        ({"exact": "True"}, {"exact": True}),
        ({"unit": "Kelvin "}, {"unit": "kelvin"}),
        ({"mode": "FAST"}, {"mode": "Fast"}),
        ({"mode": "3"}, {"mode": 3}),
        ({"maybe": "5"}, {"maybe": 5}),
        ({"maybe": "null"}, {"maybe": None}),
        ({"either": "[1]"}, {"either": [1]}),
        ({"either": "12"}, {"either": 12}),
        ({"table": '{"a": ["1", 2]}'}, {"table": {"a": [1, 2]}}),
        ({"tree": {"size": "1", "children": '[{"size": "2"}]'}}, {"tree": {"size": 1, "children": [{"size": 2}]}}),
    ],
    ids=json.dumps,
)
def test_what_has_one_reading_is_taken_and_shown(sent: Any, meant: Any) -> None:
    schema = schema_for(measure)
    for text in (json.dumps(sent), json.dumps(json.dumps(sent))):  # also as JSON inside JSON text
        reading = schema.read(text)
        assert json.loads(reading.read_as) == meant
        assert reading.values == schema.parse(json.dumps(meant))
    given = GivenSchema.of("measure", "Measure.", schema.parameters)
    assert given.read(json.dumps(sent)).values == meant


@pytest.mark.parametrize(
    "sent",
    [
        {"text_or_list": "[1]", "name": "[1]"},
        {"name": "null"},
        {"name": "5"},
        {"maybe": None},
        {"count": 3, "share": 1, "exact": True, "unit": "kelvin", "values": [1], "mode": "Fast"},
        {},
    ],
    ids=json.dumps,
)
def test_what_fits_is_left_alone(sent: Any) -> None:
    reading = schema_for(measure).read(json.dumps(sent))
    assert reading.read_as == ""
    assert {name: getattr(value, "value", value) for name, value in reading.values.items()} == sent


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"values": "1, 2"}, "values: "),
        ({"values": '{"a": 1}'}, "values: "),
        ({"values": "[1, two]"}, "values: "),
        ({"values": [None]}, "values.0: "),
        ({"point": "[1]"}, "point: "),
        ({"count": "three"}, "count: "),
        ({"count": "1.5"}, "count: "),
        ({"count": "1,000"}, "count: "),
        ({"count": True, "unit": "k"}, "unit: "),
        ({"unit": ""}, "unit: "),
        ({"mode": "quick"}, "mode: "),
        ({"either": "x"}, "either"),
        ({"name": 5}, "name: "),
        ({"Count": "3"}, "Count is not a parameter"),
    ],
    ids=json.dumps,
)
def test_what_has_none_is_refused_as_it_was_sent(sent: Any, says: str) -> None:
    with pytest.raises(ToolArgumentsError) as caught:
        schema_for(measure).read(json.dumps(sent))
    assert says in str(caught.value)


def test_the_error_names_what_was_sent_even_if_a_part_could_be_read() -> None:
    with pytest.raises(ToolArgumentsError, match="unit is missing"):
        schema_for(need).read('{"values": "[1]"}')
    with pytest.raises(ToolArgumentsError, match=r'values: .*got "x"'):
        schema_for(need).read('{"values": "x", "unit": "KELVIN"}')
    with pytest.raises(ToolArgumentsError, match=r"values: .*got null"):
        schema_for(need).read('{"values": null, "unit": "kelvin"}')


@pytest.mark.parametrize("sent", ["null", '"null"', "[]", '"{}"', '"[]"'])
def test_a_tool_that_needs_no_arguments_takes_what_means_none(sent: str) -> None:
    for schema in (schema_for(now), schema_for(measure), GivenSchema.of("now", "Now.", None)):
        assert schema.read(sent) == type(schema.read("{}"))({}, "{}")
    with pytest.raises(ToolArgumentsError, match=r"must be one JSON object|is missing"):
        schema_for(need).read(sent)


def test_two_choices_that_differ_in_case_only_are_not_guessed() -> None:
    def pick(kind: Literal["a", "A"]) -> None:
        """Pick."""

    assert schema_for(pick).parse('{"kind": "A"}') == {"kind": "A"}
    schema = GivenSchema.of("pick", "Pick.", {"properties": {"kind": {"enum": ["ab", "AB", 1, "1"]}}})
    with pytest.raises(ToolArgumentsError, match="'aB' is not one of"):
        schema.read('{"kind": "aB"}')


def test_a_text_that_two_types_could_mean_in_different_ways_is_not_guessed() -> None:
    choices = [
        {"type": "object", "properties": {"n": {"type": "integer"}}},
        {"enum": ["TRUE"]},
        {"type": "boolean"},
    ]
    schema = GivenSchema.of("f", "F.", {"properties": {"value": {"anyOf": choices}}})
    with pytest.raises(ToolArgumentsError):
        schema.read('{"value": "true"}')
    assert schema.parse('{"value": "false"}') == {"value": False}


def test_hostile_arguments_and_schemas_end_soon() -> None:
    own = {"anyOf": [{"$ref": "#/properties/a"}, {"type": "array", "items": {"$ref": "#/properties/a"}}] * 8}
    schema = GivenSchema.of("f", "F.", {"properties": {"a": own, "b": {"type": "integer"}}})
    deep = "[" * 60 + '"x"' + "]" * 60
    for text in (
        f'{{"a": {deep}, "b": "1"}}',
        '{"a": "' + "[" * 150 + '"}',
        '"\ud800"',
        '{"b": "' + "9" * 10_000 + '"}',
    ):
        try:
            schema.read(text)
        except ToolArgumentsError as error:
            assert len(str(error)) < 1_000
