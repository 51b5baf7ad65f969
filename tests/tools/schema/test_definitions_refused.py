"""Functions that cannot be tools, and the cure that their authors are told."""

from __future__ import annotations

import functools
from collections.abc import Callable  # noqa: TC003 - hints of tools are read at run time
from typing import TYPE_CHECKING, Any

import numpy as np  # noqa: TC002
import pytest

from realtime_widgets.errors import ToolDefinitionError
from realtime_widgets.tools.schema.function_schema import schema_for

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


def decorated_without_wraps() -> Callable[..., Any]:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return rate(*args, **kwargs)

    return wrapper


class Retried:
    def __call__(self, **kwargs: Any) -> float:
        return rate(**kwargs)


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
        (decorated_without_wraps(), r"takes \*args.*@functools\.wraps\(function\) above"),
        (Retried(), r"takes \*\*kwargs.*functools\.update_wrapper\(self, function\)"),
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


def test_the_cure_for_a_decorator_that_is_a_class_works():
    class Counted(Retried):
        def __init__(self, function: Callable[..., Any]) -> None:
            functools.update_wrapper(self, function)

    schema = schema_for(Counted(rate))
    assert (schema.name, schema.description) == ("rate", "Rate of our reaction at a temperature.")
    assert schema.parse('{"temperature": 1}') == {"temperature": 1.0}
