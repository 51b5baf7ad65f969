"""What a brain is told of MCP servers, and which calls ask a person."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_widgets.local.mcp.definitions import allowed, asks, offer, shown_tools

SCHEMA = {"type": "object", "properties": {}}
READS = {"name": "read", "input_schema": SCHEMA, "annotations": {"readOnlyHint": True}}
WRITES = {"name": "write", "input_schema": SCHEMA}


def server(label: str = "docs", **fields: Any) -> dict[str, Any]:
    return {"type": "mcp", "server_label": label, "server_url": "http://127.0.0.1/mcp", **fields}


@pytest.mark.parametrize(
    ("rule", "asking"),
    [
        (None, ["read", "write"]),
        ("always", ["read", "write"]),
        ("never", []),
        ({"never": {"tool_names": ["read"]}}, ["write"]),
        ({"never": {"read_only": True}}, ["write"]),
        ({"always": {"tool_names": ["write"]}}, ["write"]),
        ({"always": {"read_only": True}, "never": {"tool_names": ["read", "write"]}}, ["read"]),
    ],
)
def test_which_calls_ask(rule: Any, asking: list[str]) -> None:
    definition = server(require_approval=rule)
    assert [tool["name"] for tool in (READS, WRITES) if asks(definition, tool)] == asking


@pytest.mark.parametrize(
    ("wanted", "names"),
    [(None, ["read", "write"]), (["write"], ["write"]), ([], []), ({"read_only": True}, ["read"])],
)
def test_which_tools_are_allowed(wanted: Any, names: list[str]) -> None:
    definition = server(allowed_tools=wanted)
    assert [tool["name"] for tool in (READS, WRITES) if allowed(definition, tool)] == names


def test_one_name_on_two_servers_is_told_apart_by_their_labels() -> None:
    function = {"type": "function", "name": "write"}
    listed = {"docs": [READS, WRITES], "wiki": [READS, {"name": "odd name/ü", "input_schema": SCHEMA}]}
    found = offer([function, server(), server("wiki")], "auto", listed)
    names = [tool["name"] for tool in found.functions]
    assert names == ["write", "docs_read", "docs_write", "wiki_read", "odd_name_"]
    assert found.hosted["wiki_read"].server_label == "wiki"
    assert found.hosted["odd_name_"].name == "odd name/ü"
    assert found.name_of("docs", "write") == "docs_write"


def test_a_choice_of_a_server_leaves_only_its_tools() -> None:
    listed = {"docs": [READS, WRITES], "wiki": [WRITES]}
    tools = [server(), server("wiki")]
    one = offer(tools, {"type": "mcp", "server_label": "docs", "name": "read"}, listed)
    assert ([tool["name"] for tool in one.functions], one.tool_choice) == (["read"], "required")
    every = offer(tools, {"type": "mcp", "server_label": "docs"}, listed)
    assert [tool["name"] for tool in every.functions] == ["read", "docs_write"]


def test_nobody_gets_a_secret_back() -> None:
    [shown] = shown_tools([server(authorization="sesame", headers={"X": "sesame"}, require_approval="never")])
    assert "sesame" not in str(shown)
    assert shown["require_approval"] == "never"
