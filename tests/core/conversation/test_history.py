"""An earlier talk as items for a new one, in whatever form it comes: the newest of it, and what services take."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_widgets import ConfigurationError
from realtime_widgets.core.conversation.history import HISTORY_CHARACTERS, earlier_talk

MESSAGES: list[dict[str, Any]] = [
    {"role": "developer", "content": "Be brief."},
    {
        "role": "user",
        "content": [{"type": "text", "text": "Look"}, {"type": "image_url", "image_url": {"url": "x"}}],
    },
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "see", "arguments": "{}"}}],
    },
    {"role": "tool", "tool_call_id": "c1", "content": "a cat"},
    {"role": "assistant", "content": "A cat."},
]


def test_messages_become_items_with_calls_and_outputs_and_images_are_told() -> None:
    talk = earlier_talk(MESSAGES)
    assert [item.get("role", item["type"]) for item in talk.items] == [
        "system",
        "user",
        "function_call",
        "function_call_output",
        "assistant",
    ]
    assert talk.items[1]["content"] == [{"type": "input_text", "text": "Look"}]
    assert talk.items[-1]["content"] == [{"type": "output_text", "text": "A cat."}]
    assert str(talk) == "5 messages of it are put in as text, without 1 images"


def test_the_newest_fit_and_no_output_stands_without_its_call() -> None:
    call, output = MESSAGES[2], {"role": "tool", "tool_call_id": "c1", "content": "x" * 100}
    long = {"role": "user", "content": "y" * (HISTORY_CHARACTERS - 101)}
    talk = earlier_talk([{"role": "user", "content": "old"}, call, output, long])
    assert [item["type"] for item in talk.items] == ["message"]
    assert talk.left_out == 3


@pytest.mark.parametrize(
    ("history", "says"),
    [
        ("the talk", "not str"),
        (7, "not int"),
        ([{"content": "who?"}], "message 0 of history= has no role"),
        ([{"role": "narrator", "content": "x"}], "'narrator'; known are user"),
    ],
)
def test_what_is_no_talk_is_told(history: Any, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        earlier_talk(history)
