"""A talk that is copied as a test is a test: it runs, passes, and fails if a tool answers otherwise."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_widgets.core.conversation.items import Content, Item
from realtime_widgets.widgets.insight.as_test import talk_as_test


def said(role: str, text: str, kind: Any = "speech") -> Item:
    return Item(f"item_{text[:5]}", role=role, contents={0: Content(kind, text)})


TALK = [
    said("user", 'How fast at 40 degrees?\nSay it\'s "exact".'),
    Item("c", kind="function_call", call_id="c1", name="rate", arguments='{"celsius": 40}'),
    Item("o", kind="function_call_output", call_id="c1", output="0.8 per second"),
    said("assistant", "It is 0.8 per second."),
    said("user", "Thank"),
    said("user", "you."),
    said("assistant", "You are welcome.", "text"),
]


def namespace(text: str) -> dict[str, Any]:
    made: dict[str, Any] = {}
    exec(compile(text, "test_talk.py", "exec"), made)
    return made


def rate(celsius: float) -> str:
    """How fast our reaction goes."""
    return f"{celsius / 50:g} per second"


def test_the_file_runs_and_passes_with_the_same_tools() -> None:
    text = talk_as_test(TALK, ["rate", "other"])
    assert "TOOLS = []  # rate\n" in text
    made = namespace(text)
    made["TOOLS"].append(rate)
    made["test_the_talk"]()


def test_the_file_fails_if_a_tool_returns_something_else() -> None:
    def other(celsius: float) -> str:
        """How fast our reaction goes."""
        return "nobody knows"

    other.__name__ = "rate"
    made = namespace(talk_as_test(TALK))
    made["TOOLS"].append(other)
    with pytest.raises(Exception, match="nobody knows"):
        made["test_the_talk"]()


def test_a_talk_without_turns_is_a_test_too() -> None:
    namespace(talk_as_test([said("assistant", "Hello?")]))["test_the_talk"]()
