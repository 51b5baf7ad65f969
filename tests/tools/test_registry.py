"""Tools by name: added, replaced, removed, listed."""

from __future__ import annotations

import threading

import pytest

from realtime_widgets.errors import ToolDefinitionError
from realtime_widgets.tools import ToolChange, ToolRegistry
from tests.tools.tool_calls import day_after, double


def test_add_takes_functions_and_decorates_both_ways():
    tools = ToolRegistry()
    assert tools.add(double) is double

    @tools.add
    def first(a: int):
        """Do it first."""

    @tools.add(name="second", description="Do it second.")
    def other(a: int): ...

    assert first.__name__ == "first"
    assert list(tools) == ["double", "first", "second"]
    assert len(tools) == 3
    assert "second" in tools
    assert "other" not in tools
    assert tools["second"].description == "Do it second."
    assert tools["second"].function is other


def test_adding_a_name_again_replaces_it_in_its_place():
    tools = ToolRegistry()
    tools.add(double)
    tools.add(day_after)
    old = tools["double"]
    tools.add(lambda: "new", name="double", description="New.")
    assert (old.version, tools["double"].version) == (1, 2)
    assert old(number=2) == 4  # whoever holds the old one goes on with it
    assert tools["double"]() == "new"
    assert list(tools) == ["double", "day_after"]


def test_a_refused_replacement_leaves_the_old_tool():
    tools = ToolRegistry()
    tools.add(double)
    with pytest.raises(ToolDefinitionError):
        tools.add(lambda number: 3, name="double")
    assert tools["double"](number=2) == 4
    assert tools["double"].version == 1


def test_remove_and_come_back():
    tools = ToolRegistry()
    tools.add(double)
    tools.remove("double")
    assert not tools
    tools.add(double)
    assert tools["double"].version == 2


def test_an_unknown_name_is_told_what_there_is():
    tools = ToolRegistry()
    with pytest.raises(KeyError, match="no tool is named 'x'; none is registered yet"):
        tools["x"]
    tools.add(double)
    tools.add(day_after)
    for look in (tools.__getitem__, tools.remove):
        with pytest.raises(KeyError, match="no tool is named 'x'; there are double, day_after"):
            look("x")
    assert tools.get("x") is None


def test_definitions_are_the_protocols_and_the_callers_own():
    tools = ToolRegistry()
    tools.add(double)
    definitions = tools.definitions()
    assert definitions == [
        {
            "type": "function",
            "name": "double",
            "description": "Double a number.",
            "parameters": {
                "type": "object",
                "properties": {"number": {"type": "integer"}},
                "required": ["number"],
                "additionalProperties": False,
            },
        }
    ]
    definitions[0]["parameters"]["properties"].clear()
    assert tools.definitions()[0]["parameters"]["properties"] == {"number": {"type": "integer"}}


def test_changes_are_announced_until_unsubscribed():
    tools = ToolRegistry()
    changes: list[ToolChange] = []
    unsubscribe = tools.on_change(changes.append)
    tools.add(double)
    first = tools["double"]
    tools.add(double)
    second = tools["double"]
    tools.remove("double")
    unsubscribe()
    unsubscribe()
    tools.add(double)
    assert changes == [
        ToolChange("double", None, first),
        ToolChange("double", first, second),
        ToolChange("double", second, None),
    ]


def test_a_listener_that_changes_tools_is_told_in_order():
    tools = ToolRegistry()
    seen: list[str] = []

    def listen(change: ToolChange) -> None:
        seen.append(change.name)
        if change.name == "double":
            tools.add(day_after)
            seen.append("listener done")

    tools.on_change(listen)
    tools.add(double)
    assert seen == ["double", "listener done", "day_after"]


def test_an_error_in_a_listener_comes_out_after_the_others_were_told():
    tools = ToolRegistry()
    changes: list[ToolChange] = []

    def broken(change: ToolChange) -> None:
        raise ValueError("listener broke")

    tools.on_change(broken)
    tools.on_change(changes.append)
    with pytest.raises(ValueError, match="listener broke"):
        tools.add(double)
    assert "double" in tools
    assert len(changes) == 1
    tools.on_change(broken)
    with pytest.raises(ExceptionGroup):
        tools.add(double)


def test_many_threads_at_once():
    tools = ToolRegistry()
    changes: list[ToolChange] = []
    tools.on_change(changes.append)
    start = threading.Barrier(8)

    def work(index: int) -> None:
        start.wait()
        for turn in range(25):
            limit = 1.0 + 25 * index + turn  # so that each is a new version
            tools.add(double, time_limit=limit)
            tools.add(double, name=f"own_{index}", time_limit=limit)
            assert [name for name in tools if name.startswith("own_")]
            tools.definitions()

    threads = [threading.Thread(target=work, args=(index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tools["double"].version == 200
    assert all(tools[f"own_{index}"].version == 25 for index in range(8))
    versions = [change.new.version for change in changes if change.name == "double" and change.new]
    assert versions == list(range(1, 201))


def test_listings_show_tools_and_escape_what_they_say():
    tools = ToolRegistry()
    assert "session.tool" in repr(tools)
    assert "session.tool" in tools._repr_html_()

    def dangerous(text: str, times: int = 1):
        """Say <script>alert('x')</script> & more.

        Not in the list.
        """

    tools.add(double)
    tools.add(dangerous)
    tools.add(dangerous, time_limit=5)
    assert repr(tools).splitlines() == [
        "double(number)            v1  Double a number.",
        "dangerous(text, times=…)  v2  Say <script>alert('x')</script> & more.",
    ]
    page = tools._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "Not in the list" not in page
