"""How full the context is: known windows, limits that the user set, and a word in time."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_widgets.core.usage.context import ContextUse, context_limit
from tests.core.usage.bills import wire
from tests.core.usage.test_meter import meter
from tests.core.wire import event, finished


@pytest.mark.parametrize(
    ("model", "truncation", "expected"),
    [
        ("gpt-realtime-2.1-mini", "auto", (128_000, True)),
        ("gpt-realtime-2025-08-28", None, (32_000, True)),
        ("gpt-realtime-mini-2025-12-15", "disabled", (32_000, False)),
        (
            "gpt-realtime-2.1",
            {"type": "retention_ratio", "token_limits": {"post_instructions": 8000}},
            (8000, True),
        ),
        ("somebodys-model", "auto", (None, True)),
        ("somebodys-model", {"token_limits": {"post_instructions": 500}}, (500, True)),
        ("gpt-realtime-2.1", {"token_limits": "many"}, (128_000, True)),
    ],
)
def test_the_limit_of_a_session(model: str, truncation: object, expected: tuple[int | None, bool]) -> None:
    assert context_limit(model, truncation) == expected


def test_the_last_answer_in_the_conversation_tells_how_full_it_is() -> None:
    it = meter("gpt-realtime")
    assert str(it.context) == ""
    it.receive(finished("r1", usage=wire((16_000, 0, 0), (0, 0, 0), (0, 0))))
    assert str(it.context) == "context 50% full"
    it.receive(event("response.done", response=aside(wire((4, 0, 0), (0, 0, 0), (4, 0)))))
    assert it.context.tokens == 16_000
    it.receive(finished("r2", usage=wire((8_000, 0, 0), (0, 0, 0), (0, 0))))
    assert it.context.tokens == 8_000  # the service left out the oldest part


def aside(usage: dict[str, Any]) -> dict[str, Any]:
    return {"id": "a1", "status": "completed", "conversation_id": None, "output": [], "usage": usage}


def test_the_user_is_told_in_time_what_follows() -> None:
    assert ContextUse(25_000, 32_000).notice == ""
    assert "oldest part is left out" in ContextUse(26_000, 32_000).notice
    assert "answers fail" in ContextUse(26_000, 32_000, shortens=False).notice
    assert ContextUse(900_000, None).notice == ""
    assert ContextUse(900_000, 32_000).share == 1
