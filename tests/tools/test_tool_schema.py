from __future__ import annotations

import datetime
import enum
import functools
import math
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Optional

import pytest
from pydantic import BaseModel, Field

from realtime_widgets.errors import ToolArgumentsError, ToolDefinitionError
from realtime_widgets.tools.schema import schema_for


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Point:
    x: float
    title: str = ""


class Path(BaseModel):
    """A way through the plane."""

    points: list[Point]
    closed: bool = False


class Tree(BaseModel):
    name: str
    children: list[Tree] = []


class Cat(BaseModel):
    kind: Literal["cat"]


class Dog(BaseModel):
    kind: Literal["dog"]


def rate(temperature: float, unit: Literal["C", "K"] = "C") -> float:
    """Rate of our reaction at a temperature.

    Measured in the lab.

    Parameters
    ----------
    temperature : float
        How hot it is,
        at the probe.
    unit : str
        The scale.

    Returns
    -------
    float
        The rate.
    """
    return temperature


def test_signature_and_docstring_become_the_definition():
    schema = schema_for(rate)
    assert schema.name == "rate"
    assert schema.description == "Rate of our reaction at a temperature.\n\nMeasured in the lab."
    assert schema.parameters == {
        "type": "object",
        "properties": {
            "temperature": {"type": "number", "description": "How hot it is, at the probe."},
            "unit": {"type": "string", "enum": ["C", "K"], "default": "C", "description": "The scale."},
        },
        "required": ["temperature"],
        "additionalProperties": False,
    }


GOOGLE = """Do it.

Args:
    low: The lower end.
    high (int): The upper end.
"""
REST = """Do it.

:param low: The lower end.
:param int high: The upper end.
:returns: nothing
"""
NUMPYDOC = """Do it.

Parameters
----------
low : int
    The lower end.
high : int
    The upper end.
"""


@pytest.mark.parametrize("docstring", [GOOGLE, REST, NUMPYDOC])
def test_docstring_styles(docstring: str):
    def span(low: int, high: int): ...

    span.__doc__ = docstring
    schema = schema_for(span)
    assert schema.description == "Do it."
    texts = [part["description"] for part in schema.parameters["properties"].values()]
    assert texts == ["The lower end.", "The upper end."]


def test_one_text_for_several_parameters_of_numpydoc():
    def span(low: int, high: int):
        """Do it.

        Parameters
        ----------
        low, high : int
            An end.
        """

    assert [p["description"] for p in schema_for(span).parameters["properties"].values()] == ["An end."] * 2


def test_field_wins_over_annotated_text_over_docstring():
    def mix(a: Annotated[int, Field(ge=0, description="field")], b: Annotated[int, "note"], c: int):
        """Mix.

        Args:
            a: doc
            b: doc
            c: doc
        """

    schema = schema_for(mix)
    properties = schema.parameters["properties"]
    assert [properties[name]["description"] for name in "abc"] == ["field", "note", "doc"]
    assert properties["a"]["minimum"] == 0


def test_types_arrive_as_python_objects():
    def take(  # noqa: PLR0917
        colour: Colour,
        path: Path,
        when: datetime.date,
        moment: datetime.datetime,
        weights: dict[str, list[float]],
        pair: tuple[int, str],
        kinds: set[str],
    ):
        """Take."""

    got = schema_for(take).parse(
        '{"colour": "blue", "path": {"points": [{"x": 1}]}, "when": "2026-01-01", '
        '"moment": "2026-01-01T10:00:00Z", "weights": {"a": [1, 2]}, "pair": [1, "b"], "kinds": ["k"]}'
    )
    assert got == {
        "colour": Colour.BLUE,
        "path": Path(points=[Point(1.0)]),
        "when": datetime.date(2026, 1, 1),
        "moment": datetime.datetime(2026, 1, 1, 10, tzinfo=datetime.UTC),
        "weights": {"a": [1.0, 2.0]},
        "pair": (1, "b"),
        "kinds": {"k"},
    }


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


def test_parameter_names_that_pydantic_keeps_for_itself():
    def odd(json: int, copy: int, _private: int, model_config: int, self_: int):
        """Odd."""

    text = '{"json": 1, "copy": 2, "_private": 3, "model_config": 4, "self_": 5}'
    assert schema_for(odd).parse(text) == {
        "json": 1,
        "copy": 2,
        "_private": 3,
        "model_config": 4,
        "self_": 5,
    }


def test_left_out_arguments_fall_to_the_functions_own_defaults():
    def take(a: int = 1, b: Optional[int] = None, c: int = None, d: int = Field(3, le=5)):  # type: ignore  # noqa: RUF013, UP045
        """Take."""

    schema = schema_for(take)
    assert schema.parse("{}") == {"d": 3}  # only pydantic knows what that default is
    assert schema.parse('{"b": null, "c": null}') == {"b": None, "c": None, "d": 3}
    assert "required" not in schema.parameters
    with pytest.raises(ToolArgumentsError, match=r"d: .*less than or equal to 5"):
        schema.parse('{"d": 6}')


@pytest.mark.parametrize("text", ["", "  ", "{}"])
def test_a_tool_without_parameters(text: str):
    def now():
        """Tell the time."""

    schema = schema_for(now)
    assert schema.parameters == {"type": "object", "properties": {}, "additionalProperties": False}
    assert schema.parse(text) == {}


def test_wrong_arguments_are_each_named_in_one_line():
    with pytest.raises(ToolArgumentsError) as caught:
        schema_for(rate).parse('{"temperature": "hot\\n\\n", "unit": "F", "heat": 1}')
    text = str(caught.value)
    assert text.startswith("rate: temperature: ")
    assert "unit: Input should be 'C' or 'K', got \"F\"" in text
    assert "heat is not a parameter (it takes temperature, unit)" in text
    assert "\n" not in text
    with pytest.raises(ToolArgumentsError, match="temperature is missing"):
        schema_for(rate).parse("{}")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "not valid JSON"),
        ("not json", "not valid JSON"),
        ("[1]", "must be one JSON object"),
        ("null", "must be one JSON object"),
        ('"\ud800"', "rate"),
        ('{"temperature": ' + "[" * 100_000, "recursion limit"),
        ('{"temperature": "' + "9" * 1_000_000 + 'x"}', "temperature"),
    ],
)
def test_arguments_that_are_no_object(text: str, says: str):
    with pytest.raises(ToolArgumentsError, match=says) as caught:
        schema_for(rate).parse(text)
    assert len(str(caught.value)) < 400
    str(caught.value).encode()


def test_convert_goes_the_way_of_json():
    def plan(day: datetime.date, weight: float):
        """Plan."""

    schema = schema_for(plan)
    day = datetime.date(2026, 1, 1)
    assert schema.convert({"day": "2026-01-01", "weight": "4"}) == {"day": day, "weight": 4.0}
    assert schema.convert({"day": day, "weight": 4}) == {"day": day, "weight": 4.0}
    assert math.isnan(schema.convert({"day": day, "weight": math.nan})["weight"])
    with pytest.raises(ToolArgumentsError, match="what JSON can hold"):
        schema.convert({"day": object(), "weight": 1})


class Lab:
    """The lab."""

    def measure(self, depth: int) -> int:
        """Measure at a depth."""
        return depth

    def __call__(self, depth: int) -> int:
        """Measure anywhere."""
        return depth

    @staticmethod
    def still(depth: int):
        """Stand."""


def test_methods_callables_and_wrapped_functions():
    @functools.wraps(rate)
    def wrapped(*args: Any, **kwargs: Any) -> Any: ...

    assert schema_for(Lab().measure).description == "Measure at a depth."
    assert schema_for(Lab()).name == "Lab"
    assert schema_for(Lab()).description == "Measure anywhere."
    assert schema_for(Lab.still).parse('{"depth": 1}') == {"depth": 1}
    assert schema_for(wrapped).parameters == schema_for(rate).parameters
    with pytest.raises(ToolDefinitionError, match="instance"):
        schema_for(Lab.measure)


def test_what_a_partial_has_bound_stays_hidden():
    def fetch(table: str, key: str, limit: int = 10):
        """Fetch."""

    bound = functools.partial(functools.partial(fetch, "secret table"), key="secret key")
    schema = schema_for(bound)
    assert (schema.name, schema.description) == ("fetch", "Fetch.")
    assert list(schema.parameters["properties"]) == ["limit"]
    assert "secret" not in repr(schema.parameters)
    with pytest.raises(ToolArgumentsError, match="key is not a parameter"):
        schema.parse('{"key": "other"}')


def test_functions_of_a_notebook_cell():
    cell = """
from __future__ import annotations
from typing import Literal
from pydantic import BaseModel

class Sample(BaseModel):
    mass: float

def weigh(sample: Sample, unit: Literal["g", "kg"] = "g") -> NotEvenDefined:
    "Weigh a sample."
    return sample.mass
"""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(cell, "<cell>", "exec"), namespace)
    got = schema_for(namespace["weigh"]).parse('{"sample": {"mass": 2}}')
    assert got["sample"].mass == 2.0
    assert type(got["sample"]) is namespace["Sample"]
