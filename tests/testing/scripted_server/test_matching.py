"""An event fits the one that a script expects, or how it differs is said."""

from __future__ import annotations

import re
from typing import Any

import pytest

from realtime_widgets.testing.scripted_server.matching import difference


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": {"b": ...}}, {"a": {"b": None}}),
        ([{"a": 1}, 2], [{"a": 1, "b": 1}, 2]),
        (int, 3),
        (float, 0.5),
        (bool, True),
        (re.compile("lo w"), "hello world"),
        (lambda value: value > 2, 3),
        (None, None),
    ],
)
def test_what_fits(expected: Any, found: Any):
    assert difference(expected, found) is None


@pytest.mark.parametrize(
    ("expected", "found", "says"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 2}}, "a.b: expected 1, came 2"),
        ({"a": {"b": ...}}, {"a": {}}, "a.b: expected anything, but it is missing"),
        ({"a": {"b": 1}}, {"a": "x"}, 'a: expected an object, came "x"'),
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}, "a.1.b: expected 2, came 3"),
        ({"a": [1]}, {"a": [1, 2]}, "a: expected a list of 1, came [1, 2]"),
        ({"a": int}, {"a": "3"}, 'a: expected any int, came "3"'),
        ({"a": int}, {"a": True}, "a: expected any int, came true"),
        ({"a": 1}, {"a": True}, "a: expected 1, came true"),
        ({"a": re.compile("x+")}, {"a": "y"}, 'a: expected text with /x+/, came "y"'),
        ({"a": str.isupper}, {"a": "y"}, 'a: expected what isupper accepts, came "y"'),
    ],
)
def test_what_does_not_fit(expected: Any, found: Any, says: str):
    assert difference(expected, found) == says
