"""A cell that registers a tool again: what counts as a change, what as the same, and the line that says so."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from realtime_widgets.tools import Tool, ToolChange, ToolRegistry
from realtime_widgets.tools.diff import describe_change

_CELL = '''
def weather(city: str) -> str:
    """Say how the weather is."""
    return f"sunny in {city}"
'''


def function(cell: str, name: str = "weather", **names: Any) -> Any:
    """Run a cell, as a notebook does it again and again, and return its function."""
    namespace: dict[str, Any] = dict(names)
    exec(compile(cell, "<cell>", "exec", dont_inherit=True), namespace)
    return namespace[name]


def added(*tools: Any, **options: Any) -> list[tuple[int, str]]:
    """Add tools under one name; returns the version and what was said to be different, for each but the first."""
    registry = ToolRegistry()
    changes: list[ToolChange] = []
    registry.on_change(changes.append)
    for each in tools:
        registry.add(each, name="weather", description="Say how the weather is.", **options)
    return [(change.new.version, change.reason or "") for change in changes[1:] if change.new]


@pytest.mark.parametrize(
    "again",
    [
        _CELL,
        "\n\n\n" + _CELL,
        _CELL.replace("    return", "    # as always\n    return"),
        _CELL.replace('f"sunny in {city}"', "f'sunny in {city}'"),
    ],
)
def test_the_same_cell_again_is_the_same_version(again: str) -> None:
    assert added(function(_CELL), function(again)) == [(1, "")]


@pytest.mark.parametrize(
    "again",
    [
        _CELL.replace("sunny", "rainy"),
        _CELL.replace("return f", "return 'It is ' + f"),
        _CELL.replace("{city}", "{city.upper()}"),
        _CELL.replace("return", "yet = [x for x in city]\n    return"),
        _CELL.replace("def", "async def"),
    ],
)
def test_a_changed_body_is_a_new_version(again: str) -> None:
    assert added(function(_CELL), function(again)) == [(2, "its code changed")]


def test_zero_one_and_true_are_different_constants() -> None:
    cells = [f"def weather() -> int:\n    return {value}" for value in ("1", "True", "1.0", "0.0", "-0.0", "0.0")]
    versions = [version for version, _ in added(*map(function, cells))]
    assert versions == [2, 3, 4, 5, 6]


def test_a_nested_function_counts_as_code() -> None:
    cell = "def weather():\n    def inner():\n        return 1\n    return inner()"
    assert added(function(cell), function(cell), function(cell.replace("1", "2"))) == [
        (1, ""),
        (2, "its code changed"),
    ]


def test_defaults_and_enclosed_values_count_as_far_as_they_can_be_compared() -> None:
    cell = (
        "def make(value):\n    def weather(city: str = 'x', *, hidden: list = [1, [2, {'a': 3}]]):\n"
        "        return value\n    return weather"
    )

    def made(value: Any, text: str = cell) -> Any:
        return function(text, "make")(value)

    assert added(made([1, {"a": 2}]), made([1, {"a": 2}])) == [(1, "")]
    assert added(made(1), made(2)) == [(2, "the values that it encloses changed")]
    assert added(made(made(1)), made(made(1)), made(made(2))) == [
        (1, ""),
        (2, "the values that it encloses changed"),
    ]
    assert added(made(object()), made(object())) == [(2, "the values that it encloses changed")], "nobody knows"
    client = object()
    assert added(made(client), made(client)) == [(1, "")]


def test_a_function_that_encloses_itself_is_compared_once() -> None:
    cell = "def make():\n    def weather():\n        return weather\n    return weather"
    assert added(function(cell, "make")(), function(cell, "make")()) == [(1, "")]


def test_no_code_of_the_user_runs_to_compare() -> None:
    class Hostile:
        def __eq__(self, other: object) -> bool:
            raise AssertionError("compared")

        __hash__ = None  # type: ignore[assignment]

    weather = function("def weather(*, hidden: str = ''):\n    return hidden")
    old = Tool.of(functools.partial(weather, hidden=Hostile()), name="weather", description="Weather.")
    new = Tool.of(functools.partial(weather, hidden=Hostile()), name="weather", description="Weather.")
    registry = ToolRegistry()
    registry.add(old)
    registry.add(new)
    assert registry["weather"].version == 2


def test_methods_partials_and_objects() -> None:
    class Station:
        def weather(self, city: str) -> str:
            return city

        def __call__(self, city: str) -> str:
            return city

    one, two = Station(), Station()
    assert added(one.weather, one.weather, two.weather) == [(1, ""), (2, "it belongs to another object")]
    assert added(one, one, two) == [(1, ""), (2, "it is another object")]
    partials = [functools.partial(function(_CELL), city=city) for city in ("Rome", "Rome", "Oslo")]
    assert added(*partials) == [(1, ""), (2, "the arguments bound to it changed")]


def test_options_count_and_a_condition_is_compared_as_code() -> None:
    registry = ToolRegistry()
    versions = []
    for options in (
        {"approval": lambda given: given["city"] == "Rome"},
        {"approval": lambda given: given["city"] == "Rome"},
        {"approval": lambda given: given["city"] == "Oslo"},
        {"approval": "always"},
        {"approval": "always"},
        {"approval": "always", "time_limit": 5},
    ):
        registry.add(function(_CELL), **options)
        versions.append(registry["weather"].version)
    assert versions == [1, 1, 2, 3, 3, 4]


def test_the_line_of_a_tool_says_its_version_and_what_changed() -> None:
    registry = ToolRegistry()
    lines: list[str] = []
    registry.on_change(lambda change: lines.append(describe_change(change)))
    registry.add(function(_CELL))
    registry.add(function(_CELL))
    registry.add(function(_CELL.replace("sunny", "rainy")))
    registry.disable("weather")
    registry.add(function(_CELL.replace("sunny", "rainy")))
    wider = _CELL.replace("city: str", "city: str, days: int = 3, note: str = 'short', key: str = 'a' * 40")
    registry.add(function(wider))
    registry.add(function(wider.replace("Say how", "Tell how")))
    registry.remove("weather")
    registry.add(function(_CELL))
    assert lines[:5] == [
        "weather(city: str) -> str registered, version 1",
        "weather(city: str) -> str unchanged, version 1",
        "weather(city: str) -> str registered, version 2: its code changed",
        "",
        "weather(city: str) -> str unchanged, version 2",
    ]
    signature = "weather(city: str, days: int = 3, note: str = 'short', key: str = …) -> str"
    head, *differences = lines[5].splitlines()
    assert head == f"{signature} registered, version 3: its signature changed; the model is told of it:"
    assert '+ days (optional): {"default": 3, "type": "integer"}' in differences
    head, *differences = lines[6].splitlines()
    assert head == f"{signature} registered, version 4: its description changed; the model is told of it:"
    assert differences == ['- """Say how the weather is."""', '+ """Tell how the weather is."""']
    assert lines[7:] == ["", "weather(city: str) -> str registered, version 5"]
