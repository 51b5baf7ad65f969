"""The field for a key: what is no key is told without it, and a key can be changed."""

from __future__ import annotations

import pytest

from realtime_widgets import KeyPrompt
from tests.widgets.page import send, typed

KEY = "sk-never-to-be-seen-7431"


@pytest.mark.parametrize("key", ["", "  ", "sk-with space", "sk-…"])
def test_what_is_no_key_is_told_without_it(key: str) -> None:
    prompt = KeyPrompt()
    typed(prompt, key)
    assert prompt.given is False
    assert "copy" in prompt.problem
    assert key.strip() == "" or key not in prompt.problem


def test_the_key_can_be_changed() -> None:
    prompt = KeyPrompt()
    typed(prompt, KEY)
    prompt._handle_msg({"content": {"data": {"method": "custom", "content": {"type": "forget"}}}, "buffers": []})
    assert prompt.given is False
    typed(prompt, KEY)
    prompt.forget()
    assert prompt.given is False


def test_a_key_prompt_shows_that_no_key_came() -> None:
    prompt = KeyPrompt()
    send(prompt, {"type": "key"})
    assert "Key came without its key" in prompt.problem
    assert prompt.given is False
