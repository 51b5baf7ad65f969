"""What is said of arguments that do not fit."""

from __future__ import annotations

import pytest

from realtime_widgets.errors import ToolArgumentsError
from realtime_widgets.tools.schema.function_schema import schema_for
from tests.tools.schema.samples import rate


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
