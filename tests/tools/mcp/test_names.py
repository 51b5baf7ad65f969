"""Names of the tools of MCP servers, as tables."""

from __future__ import annotations

import re

import pytest

from realtime_widgets.tools.mcp.names import free_name, legal_name


@pytest.mark.parametrize(
    ("name", "legal"),
    [("get_time", "get_time"), ("a.b/c d", "a_b_c_d"), ("über", "_ber"), ("", "tool"), ("…", "_")],
)
def test_names_are_brought_into_the_pattern(name: str, legal: str) -> None:
    assert legal_name(name) == legal


def test_long_names_stay_apart() -> None:
    one, other = legal_name("x" * 100 + "1"), legal_name("x" * 100 + "2")
    assert one != other
    assert all(re.fullmatch("[a-zA-Z0-9_-]{64}", name) for name in (one, other))


@pytest.mark.parametrize(
    ("taken", "prefix", "name"),
    [
        ([], False, "now"),
        ([], True, "time_now"),
        (["now"], False, "time_now"),
        (["now", "time_now"], False, "time_now_2"),
        (["now", "time_now", "time_now_2"], False, "time_now_3"),
    ],
)
def test_a_name_that_is_taken_gets_the_servers_before_it(taken: list[str], prefix: bool, name: str) -> None:
    assert free_name("now", "time", taken, prefix) == name
