"""The settings of one response: its own over those of the session."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_widgets.local.realtime.responses.options import response_options
from realtime_widgets.local.realtime.session_config import default_config


def config(**changes: Any) -> dict[str, Any]:
    return {**default_config(), **changes}


@pytest.mark.parametrize(
    ("own", "direction"),
    [
        (None, ""),
        ("Greet the user.", "Greet the user."),
        ("You are Ada.\nGreet the user.", "Greet the user."),
        ("You are Ada.", ""),
    ],
)
def test_what_a_response_adds_to_the_instructions_of_the_session(own: str | None, direction: str) -> None:
    options = response_options(config(instructions="You are Ada."), {"instructions": own})
    assert options.direction == direction
    assert options.instructions == (own or "You are Ada.")


def test_reasoning_and_parallel_calls_are_the_models_own_choice_until_they_are_set() -> None:
    options = response_options(config())
    assert (options.reasoning_effort, options.parallel_tool_calls) == (None, None)
    standing = config(reasoning={"effort": "low"}, parallel_tool_calls=False)
    options = response_options(standing, {"reasoning": {"effort": "high"}})
    assert (options.reasoning_effort, options.parallel_tool_calls) == ("high", False)
