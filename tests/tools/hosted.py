"""A hosted MCP server of the tests."""

from __future__ import annotations

from typing import Any

from realtime_widgets import HostedMcp


def docs(**options: Any) -> HostedMcp:
    return HostedMcp("docs", "https://docs.example.com/mcp?key=query-key", authorization="sesame-token", **options)
