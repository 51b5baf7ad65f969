from __future__ import annotations

import warnings
from collections.abc import Callable  # noqa: TC003 - hints of tools are read at run time
from typing import TYPE_CHECKING, Any

import numpy as np  # noqa: TC002
import pytest

from realtime_widgets.errors import ToolDefinitionError
from realtime_widgets.tools.schema import schema_for

if TYPE_CHECKING:
    from decimal import Decimal as OnlyForTheTypeChecker


def rate(temperature: float) -> float:
    """Rate of our reaction at a temperature."""
    return temperature


class Point:
    x: float


def no_hint(a, b: int = 1, c=2.5): ...


def many(*values: int): ...


def keywords(**values: int): ...


def positional(a: int, /): ...


def array(values: np.ndarray): ...


def callback(then: Callable[[int], int]): ...


def unresolved(amount: OnlyForTheTypeChecker): ...


def größe(a: int): ...  # noqa: PLC2401


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (no_hint, r"lacks a type hint for 'a', 'c'.*\n +def no_hint\(a: str, b: int = 1, c: float = 2.5\):"),
        (many, r"takes \*values"),
        (keywords, r"takes \*\*values"),
        (positional, "'a' of tool 'positional' is positional-only"),
        (array, "'values' of tool 'array', np.ndarray: .*use str, int"),
        (callback, "'then' of tool 'callback'"),
        (unresolved, "'OnlyForTheTypeChecker' of parameter 'amount'.*TYPE_CHECKING"),
        (größe, "'größe' cannot be a tool's name.*name="),
        (lambda: 1, "lambda"),
        (Point, "cannot be a tool; pass a function"),
        ("rate", "cannot be a tool; pass a function"),
    ],
)
def test_what_cannot_be_a_tool_is_refused_with_the_cure(function: Any, says: str):
    with pytest.raises(ToolDefinitionError, match=f"(?s){says}"):
        schema_for(function)


def test_a_given_name_and_description_count():
    schema = schema_for(lambda: 1, name="one", description="Gives one.")
    assert (schema.name, schema.description) == ("one", "Gives one.")
    with pytest.raises(ToolDefinitionError, match="cannot be a tool's name"):
        schema_for(rate, name="a b")


def test_no_description_warns_at_the_authors_line():
    def silent(a: int): ...

    with pytest.warns(UserWarning, match="'silent' has no description") as caught:
        assert schema_for(silent).description == ""
    assert caught[0].filename == __file__


def test_a_long_description_is_cut_with_a_warning():
    def wordy(a: int): ...

    wordy.__doc__ = "word " * 1_000
    with pytest.warns(UserWarning, match="4999 characters and is cut at the 1024"):
        description = schema_for(wordy).description
    assert 1_000 < len(description) <= 1_024
    assert description.endswith("word…")


def test_a_description_at_the_limit_is_left_alone():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert schema_for(rate, description="x" * 1_024).description == "x" * 1_024
