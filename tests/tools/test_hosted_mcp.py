"""What the service is told of an MCP server that it calls itself; its secrets never show."""

from __future__ import annotations

import json
from typing import Any

import pytest

from realtime_widgets import ConfigurationError, HostedMcp
from realtime_widgets.protocol import events as ev
from tests.tools.hosted import docs


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"server_label": ""}, "server_label"),
        ({"server_url": ""}, "either server_url, connector_id or tunnel_id"),
        ({"connector_id": "connector_gmail"}, "either server_url, connector_id or tunnel_id"),
        ({"server_url": "docs"}, "https://"),
        ({"require_approval": "sometimes"}, "always"),
        ({"allowed_tools": "search"}, "list of names"),
        ({"tunnel_id": "tunnel_1"}, "either server_url, connector_id or tunnel_id"),
        ({"allowed_callers": "direct"}, "allowed_callers must be a list"),
        ({"defer_loading": "yes"}, "defer_loading must be True or False"),
    ],
)
def test_what_cannot_be_is_told(arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        HostedMcp(**{"server_label": "docs", "server_url": "https://x/mcp"} | arguments)


def test_a_tunnel_and_when_tools_are_loaded_go_out() -> None:
    server = HostedMcp("docs", tunnel_id="tunnel_1", allowed_callers=["direct"], defer_loading=True)
    told = server.definition()
    assert (told["tunnel_id"], told["allowed_callers"], told["defer_loading"]) == ("tunnel_1", ["direct"], True)
    assert "server_url" not in told


def test_filters_and_headers_go_out_as_they_are_and_show_nowhere() -> None:
    filters = {"never": {"tool_names": ["search"]}}
    server = docs(require_approval=filters, allowed_tools=["search"], headers={"X-Key": "hidden-key"})
    update = ev.SessionUpdate(session={"tools": [server.definition()]})
    told = json.loads(ev.encode(update))["session"]["tools"][0]
    assert (told["require_approval"], told["allowed_tools"]) == (filters, ["search"])
    assert told["headers"] == {"X-Key": "hidden-key"}
    assert told["authorization"] == "sesame-token"
    assert told["server_url"].endswith("?key=query-key")
    for secret in ("hidden", "sesame", "query-key"):
        assert secret not in repr(server)
        assert secret not in repr(update)
