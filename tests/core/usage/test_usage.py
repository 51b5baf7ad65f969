"""Tokens and money of responses and transcriptions, against the formula written out by hand."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets import Price, Usage
from realtime_widgets.core.usage.price import ON_THIS_MACHINE
from tests.core.usage.bills import KINDS, ONE, price, wire


def by_formula(rates: Price, read: Any, cached: Any, made: Any) -> float:
    """The protocol's formula, exact."""
    sum_ = Fraction(0)
    for kind, all_, from_cache in zip(KINDS, read, cached, strict=True):
        sum_ += (all_ - from_cache) * Fraction(getattr(rates, f"{kind}_in") or 0)
        sum_ += from_cache * Fraction(getattr(rates, f"{kind}_cached") or 0)
    sum_ += made[0] * Fraction(rates.text_out or 0) + made[1] * Fraction(rates.audio_out or 0)
    return float(sum_ / 1_000_000)


def test_the_usage_of_a_response() -> None:
    usage = Usage.of_response(ONE)
    assert usage == Usage(100, 50, 40, 60, 30, 10, 40, cached_text_tokens=30, reasoning_tokens=5)
    assert usage.total_tokens == 150
    assert str(usage) == "100 tokens in, 30 of it cached, 50 out, 5 of it reasoning; unpriced"


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
        {"input_tokens": -4, "output_tokens": "many", "input_token_details": [3]},
        {"input_tokens": float("nan"), "output_tokens": float("inf")},
    ],
)
def test_what_a_cancelled_response_leaves_out_counts_as_nothing_and_costs_an_unknown_sum(partial: Any) -> None:
    usage = Usage.of_response(partial, price("gpt-realtime"))
    assert usage == Usage()
    assert usage.money is None
    assert str(usage.cost) == "unpriced"
    assert Usage.of_response(partial, ON_THIS_MACHINE).money == 0
    assert str(Usage()) == "0 tokens in, 0 out"


@pytest.mark.parametrize(
    ("model", "read", "cached", "made", "cost"),
    [
        # 1,000 fresh text, 500 cached; 2,000 fresh audio, 8,000 cached; 300 of an image, 100 cached.
        ("gpt-realtime-2.1", (1500, 10_000, 400), (500, 8000, 100), (200, 1000), 0.004 + 0.0002 + 0.064 + 0.0032
         + 0.0015 + 0.00005 + 0.0048 + 0.064),
        ("gpt-realtime-2.1-mini", (1_000_000, 0, 0), (0, 0, 0), (0, 1_000_000), 0.60 + 20),
        # The prices of October 2024: text 5 in, 20 out; audio 100 in, 200 out.
        ("gpt-4o-realtime-preview-2024-10-01", (1000, 600, 0), (0, 0, 0), (100, 1200),
         0.005 + 0.06 + 0.002 + 0.24),
    ],
)  # fmt: skip
def test_the_cost_of_a_response(model: str, read: Any, cached: Any, made: Any, cost: float) -> None:
    assert Usage.of_response(wire(read, cached, made), price(model)).money == pytest.approx(cost)


counts = st.integers(0, 200_000)
models = st.sampled_from(["gpt-realtime-2.1", "gpt-realtime", "gpt-realtime-mini"])


@st.composite
def responses(draw: st.DrawFn) -> tuple[Any, Any, Any]:
    read = tuple(draw(counts) for _ in KINDS)
    cached = tuple(draw(st.integers(0, count)) for count in read)
    return read, cached, (draw(counts), draw(counts))


@given(models, st.lists(responses(), min_size=1, max_size=5))
def test_the_sum_of_the_parts_is_the_total(model: str, several: list[tuple[Any, Any, Any]]) -> None:
    rates = price(model)
    usages = [Usage.of_response(wire(*each), rates, model) for each in several]
    total = sum(usages, Usage())
    expected = sum(by_formula(rates, *each) for each in several)
    if total.total_tokens and all(each.total_tokens for each in usages):
        assert total.money == pytest.approx(expected)
        assert total.money == pytest.approx(sum(each.money or 0 for each in usages))
    tokens = sum(line.quantity for line in total.cost.lines if line.unit == "tokens")
    assert tokens == total.total_tokens, "every token stands in one line"


@given(responses())
def test_cached_tokens_are_never_billed_twice(response: tuple[Any, Any, Any]) -> None:
    read, cached, made = response
    rates = price("gpt-realtime-2.1")
    with_cache = Usage.of_response(wire(read, cached, made), rates)
    without = Usage.of_response(wire(read, (0, 0, 0), made), rates)
    assert with_cache.cost.priced <= without.cost.priced + 1e-12
    assert with_cache.total_tokens == without.total_tokens
    for kind in KINDS:
        billed = [line.quantity for line in with_cache.cost.lines if line.what.startswith(f"{kind} in")]
        assert sum(billed) == getattr(with_cache, f"input_{kind}_tokens")


@given(responses())
def test_where_the_kinds_of_cached_tokens_are_untold_a_cost_is_never_too_low(
    response: tuple[Any, Any, Any],
) -> None:
    rates = price("gpt-realtime-2.1")
    told = wire(*response)
    untold = wire(*response)
    del untold["input_token_details"]["cached_tokens_details"]
    assert Usage.of_response(untold, rates).cost.priced >= Usage.of_response(told, rates).cost.priced - 1e-12
    assert Usage.of_response(untold, rates).cached_tokens == Usage.of_response(told, rates).cached_tokens


def test_more_cached_than_read_is_billed_as_what_was_read() -> None:
    usage = Usage.of_response(wire((100, 0, 0), (900, 50, 0), (0, 0)), price("gpt-realtime"))
    assert [(line.what, line.quantity) for line in usage.cost.lines] == [("text in, cached", 100)]


def test_reasoning_is_billed_as_text_once() -> None:
    within = Usage.of_response(wire((0, 0, 0), (0, 0, 0), (1_000_000, 0), 400_000), price("gpt-realtime-2.1"))
    beside = wire((0, 0, 0), (0, 0, 0), (600_000, 0), 400_000)
    beside["output_tokens"] = 1_000_000
    assert within.money == Usage.of_response(beside, price("gpt-realtime-2.1")).money == 24


@given(responses())
def test_an_unknown_model_is_unpriced_and_never_zero(response: tuple[Any, Any, Any]) -> None:
    usage = Usage.of_response(wire(*response), model="what-is-it")
    assert usage.money is None
    assert str(usage.cost) == "unpriced"


def test_transcription_by_duration_is_billed_by_the_minute() -> None:
    usage = Usage.of_transcription({"type": "duration", "seconds": 90}, price("gpt-transcribe"), "gpt-transcribe")
    assert usage.money == pytest.approx(1.5 * 0.0045)
    assert (usage.total_tokens, usage.transcription.seconds) == (0, 90)


def test_transcription_by_tokens_is_billed_by_tokens() -> None:
    given_usage = {
        "type": "tokens",
        "input_tokens": 1100,
        "output_tokens": 40,
        "total_tokens": 1140,
        "input_token_details": {"text_tokens": 100, "audio_tokens": 1000},
    }
    usage = Usage.of_transcription(given_usage, price("gpt-4o-transcribe"))
    assert usage.money == pytest.approx((100 * 2.5 + 1000 * 6 + 40 * 10) / 1e6)
    assert (usage.total_tokens, usage.transcription.total_tokens) == (0, 1140)
    by_minute = Usage.of_transcription(given_usage, price("whisper-1"))
    assert by_minute.money == pytest.approx(100 / 60 * 0.006), "ten audio tokens are a second"


def test_transcription_that_nobody_can_price() -> None:
    assert Usage.of_transcription({"type": "duration", "seconds": 3}).money is None
    assert Usage.of_transcription({"type": "duration", "seconds": 3}, price("gpt-4o-transcribe")).money is None
    assert Usage.of_transcription(None, price("whisper-1")).money is None


def test_what_is_billed_by_the_time_of_the_session() -> None:
    grok = price("grok-voice-latest")
    response = Usage.of_response({}, grok, "grok-voice-latest")
    assert response.money is None
    assert str(response) == "0 tokens in, 0 out; billed by the minute of the session"
    assert Usage.of_session_time(90, grok).money == pytest.approx(0.12)


def test_tokens_of_this_machine_can_be_priced_as_a_service_would() -> None:
    here = Usage.of_response(ONE, ON_THIS_MACHINE) + Usage.of_transcription({"seconds": 60}, ON_THIS_MACHINE)
    there = Usage.of_response(ONE, price("gpt-realtime-2.1"))
    cost = here.cost_at(price("gpt-realtime-2.1"), "gpt-realtime-2.1", price("gpt-transcribe"), "gpt-transcribe")
    assert here.money == 0
    assert cost.total == pytest.approx((there.money or 0) + 0.0045)
    assert {line.model for line in cost.lines} == {"gpt-realtime-2.1", "gpt-transcribe"}
    assert Usage().cost_at(price("gpt-realtime-2.1")).total == 0


def test_time_and_tokens_of_one_price_add_up() -> None:
    mixed = Price(text_in=2, text_out=6, per_session_minute=0.08, source="both")
    usage = Usage.of_response(wire((1000, 500, 0), (0, 0, 0), (2000, 700)), mixed, "mixed")
    assert usage.cost.priced == pytest.approx((1000 * 2 + 2000 * 6) / 1e6)
    assert usage.cost.unpriced == ()
    assert "the minutes of the session" in str(usage.cost)
    assert usage.money is None
    in_all = usage.cost + Usage.of_session_time(90, mixed, "mixed").cost
    assert in_all.priced == pytest.approx((1000 * 2 + 2000 * 6) / 1e6 + 0.12)


def test_a_spoken_text_is_billed_by_its_characters_where_they_have_a_price() -> None:
    usage = Usage.of_spoken_text("Hello!", None, price("tts-1"), "tts-1")
    assert usage.money == pytest.approx(6 * 15 / 1e6)
    assert "6 characters" in usage.table()
    assert "$15.00 per million" in usage.table()
    by_token = Usage.of_spoken_text("Hello!", wire((4, 0, 0), (0, 0, 0), (0, 30)), price("gpt-4o-mini-tts"), "")
    assert by_token.money == pytest.approx((4 * 0.6 + 30 * 12) / 1e6)


def test_typed_messages_are_billed_one_by_one_where_they_have_a_price() -> None:
    usage = Usage.of_messages(3, price("grok-voice-latest"), "grok-voice-latest")
    assert usage.money == pytest.approx(0.012)
    assert "3 messages" in usage.table()
    assert "$0.004 per message" in usage.table()
    assert Usage.of_messages(3, price("gpt-realtime-2.1")).cost.lines == ()
