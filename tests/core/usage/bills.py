"""What services tell of the use of a response, and prices for it."""

from __future__ import annotations

from typing import Any

from realtime_widgets import Price, PriceTable

ONE: dict[str, Any] = {
    "total_tokens": 150,
    "input_tokens": 100,
    "output_tokens": 50,
    "input_token_details": {"text_tokens": 40, "audio_tokens": 60, "cached_tokens": 30, "image_tokens": 0},
    "output_token_details": {"text_tokens": 10, "audio_tokens": 40, "reasoning_tokens": 5},
}
KINDS = ("text", "audio", "image")


def price(model: str) -> Price:
    found = PriceTable().price(model)
    assert found is not None
    return found


def wire(
    read: tuple[int, int, int], cached: tuple[int, int, int], made: tuple[int, int], reasoning: int = 0
) -> dict[str, Any]:
    """The ``usage`` of a response by kind: text, audio, image."""
    details = {f"{kind}_tokens": count for kind, count in zip(KINDS, cached, strict=True)}
    return {
        "total_tokens": sum(read) + sum(made),
        "input_tokens": sum(read),
        "output_tokens": sum(made),
        "input_token_details": {
            **{f"{kind}_tokens": count for kind, count in zip(KINDS, read, strict=True)},
            "cached_tokens": sum(cached),
            "cached_tokens_details": details,
        },
        "output_token_details": {"text_tokens": made[0], "audio_tokens": made[1], "reasoning_tokens": reasoning},
    }
