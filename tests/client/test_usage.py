from __future__ import annotations

from typing import Any

import pytest

from realtime_widgets.usage import Usage

ONE: dict[str, Any] = {
    "total_tokens": 150,
    "input_tokens": 100,
    "output_tokens": 50,
    "input_token_details": {"text_tokens": 40, "audio_tokens": 60, "cached_tokens": 30, "image_tokens": 0},
    "output_token_details": {"text_tokens": 10, "audio_tokens": 40, "reasoning_tokens": 5},
}


def test_the_usage_of_a_response() -> None:
    usage = Usage.of_response(ONE)
    assert usage == Usage(100, 50, 40, 60, 30, 10, 40)
    assert usage.total_tokens == 150
    assert str(usage) == "100 tokens in, 30 of it cached, 50 out"


def test_the_parts_of_a_sum_are_not_counted_twice() -> None:
    usage = Usage.total([ONE, None, ONE, {}])
    assert (usage.total_tokens, usage.cached_tokens, usage.input_audio_tokens) == (300, 60, 120)


@pytest.mark.parametrize(
    "partial",
    [
        None,
        {},
        {"input_tokens": None},
        {"input_token_details": None, "output_token_details": {"text_tokens": None}},
    ],
)
def test_what_a_cancelled_response_leaves_out_counts_as_nothing(partial: Any) -> None:
    assert Usage.of_response(partial) == Usage()
    assert str(Usage()) == "0 tokens in, 0 out"
