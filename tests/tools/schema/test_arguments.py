"""Arguments that the model or the user gives: what is no object is refused, the rest goes the way of JSON."""

from __future__ import annotations

import datetime
import math

import pytest

from realtime_widgets.errors import ToolArgumentsError
from realtime_widgets.tools.schema.function_schema import schema_for
from tests.tools.schema.samples import rate


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
