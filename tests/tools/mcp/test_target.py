"""Where an MCP server is: what it is called, what is no server, and that its secrets never show."""

from __future__ import annotations

import re
from typing import Any

import pytest

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.tools.mcp.target import McpTarget


@pytest.mark.parametrize(
    ("server", "name", "shown"),
    [
        ("uvx mcp-server-time --tz X", "mcp-server-time", "uvx"),
        (["npx", "-y", "@scope/server-files@1.2", "/data"], "server-files", "npx"),
        ("/usr/bin/python3 /srv/my_server.py", "my_server", "python3"),
        ("tool", "tool", "tool"),
        ("https://mcp.example.com/mcp?key=hidden", "mcp_example_com", "https://mcp.example.com/mcp"),
    ],
)
def test_a_server_is_called_by_its_program_or_host(server: Any, name: str, shown: str) -> None:
    target = McpTarget.of(server, None, None, None)
    assert (target.name, target.shown) == (name, shown)
    assert "hidden" not in repr(target)


@pytest.mark.parametrize(
    ("server", "options", "says"),
    [
        ("", {}, "is a command such as"),
        ([], {}, "is a command such as"),
        (["a", 1], {}, "is a command such as"),
        (3, {}, "is a command such as"),
        ('a "b', {}, "cannot be read"),
        ("http://user:pass@host/mcp", {}, "without user and password"),
        ("http://host:x/mcp", {}, "cannot be used"),
        ("http://host/mcp", {"env": {"A": "b"}}, "headers="),
        ("tool", {"headers": {"A": "b"}}, "env="),
        ("tool", {"env": {"A": 1}}, "names to strings"),
    ],
)
def test_what_is_no_server_is_told(server: Any, options: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(says)) as caught:
        McpTarget.of(server, **{"env": None, "headers": None, "cwd": None} | options)
    assert "pass@" not in str(caught.value)


def test_secrets_are_taken_out_of_what_a_server_says() -> None:
    target = McpTarget.of("tool", {"TOKEN": "sesame", "MODE": "on"}, None, None)
    assert target.masked("sesame opens, on top") == "… opens, on top"
    target = McpTarget.of("http://h/mcp?key=abcdef&x=1", None, {"Authorization": "Bearer ghijkl"}, None)
    assert target.masked("GET /mcp?key=abcdef&x=1 as ghijkl") == "GET /mcp?… as …"
    assert repr(target) == "McpTarget(cwd=None)"
