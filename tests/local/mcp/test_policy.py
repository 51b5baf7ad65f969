"""Which MCP servers the endpoint reaches: those of its own machine for sure, and those that its owner named."""

from __future__ import annotations

import pytest

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.local.api.errors import RequestRefusedError
from realtime_widgets.local.mcp.policy import AllowedHost, McpPolicy

HERE = ["http://127.0.0.1:8000/mcp", "http://localhost/mcp", "https://[::1]:1/mcp", "http://127.8.9.1/x?key=a"]
ELSEWHERE = [
    "https://mcp.example.com/mcp",
    "http://10.0.0.5/mcp",
    "http://169.254.169.254/latest",
    "http://0.0.0.0:8000/mcp",
    "http://127.1/mcp",
    "http://2130706433/mcp",
    "http://localhost.example.com/mcp",
    "http://local.test/mcp",
]
MALFORMED = [
    "",
    "127.0.0.1:8000",
    "file:///etc/passwd",
    "ftp://127.0.0.1/",
    "http://user:password@127.0.0.1/mcp",
    "http://127.0.0.1\\@mcp.example.com/",
    "http://127.0.0.1:99999/mcp",
    "http://127.0.0.1/a b",
    "http://[::1/mcp",
]


def allows(policy: McpPolicy, url: str) -> bool:
    try:
        policy.check(url, "session.tools[0].server_url")
    except RequestRefusedError as refusal:
        assert (refusal.code, refusal.param) == ("invalid_value", "session.tools[0].server_url")
        return False
    return True


@pytest.mark.parametrize("url", HERE)
def test_this_machine_is_reached_unless_others_reach_the_endpoint(url: str) -> None:
    assert allows(McpPolicy(), url)
    assert not allows(McpPolicy(loopback=False), url)


@pytest.mark.parametrize("url", ELSEWHERE + MALFORMED)
def test_nothing_else_is_reached(url: str) -> None:
    assert not allows(McpPolicy(), url)


@pytest.mark.parametrize(
    ("named", "url", "reached"),
    [
        ("mcp.example.com", "https://mcp.example.com/mcp", True),
        ("mcp.example.com", "https://MCP.example.com:8443/mcp", True),
        ("mcp.example.com", "http://mcp.example.com/mcp", False),
        ("mcp.example.com", "https://evil.mcp.example.com/mcp", False),
        ("mcp.example.com:8443", "https://mcp.example.com:8443/mcp", True),
        ("mcp.example.com:8443", "https://mcp.example.com/mcp", False),
        ("mcp.example.com:443", "https://mcp.example.com/mcp", True),
        ("http://10.0.0.5:8000", "http://10.0.0.5:8000/mcp", True),
        ("http://10.0.0.5:8000", "http://10.0.0.5/mcp", False),
        ("[::2]:80", "https://[::2]:80/mcp", True),
    ],
)
def test_what_the_owner_names_is_reached(named: str, url: str, reached: bool) -> None:
    assert allows(McpPolicy(hosts=(AllowedHost.read(named),)), url) is reached


@pytest.mark.parametrize("named", ["", "*", "ftp://x", "x/path", "x?y", "a b", "x:port", "user@x"])
def test_what_is_no_host_is_refused_with_an_example(named: str) -> None:
    with pytest.raises(ConfigurationError, match=r"mcp\.example\.com"):
        AllowedHost.read(named)


def test_a_refusal_names_the_option_and_no_key() -> None:
    with pytest.raises(RequestRefusedError, match=r"--allow-mcp docs.example.com") as refused:
        McpPolicy().check("https://docs.example.com/mcp?key=query-key", "x")
    assert "query-key" not in refused.value.message
