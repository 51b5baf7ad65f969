"""A function becomes the definition that the model gets; its arguments come back as Python objects."""

from __future__ import annotations

import datetime
import functools
from typing import Annotated, Any, Optional

import pytest
from pydantic import Field

from realtime_widgets.errors import ToolArgumentsError, ToolDefinitionError
from realtime_widgets.tools.schema.function_schema import schema_for
from tests.tools.schema.samples import Colour, Path, Point, rate


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
