"""Prices: found by name, snapshot, deployment and day; what is unknown has none."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest

from devtools.published_prices import copy
from realtime_widgets import ConfigurationError, Price, PriceTable
from realtime_widgets.core.usage.prices import OWN_LIST
from realtime_widgets.core.usage.published_prices import COPY, published_prices

TABLE = PriceTable()


@pytest.mark.parametrize(
    ("model", "text", "audio", "image"),
    [
        ("gpt-realtime-2.1", (4, 0.40, 24), (32, 0.40, 64), (5, 0.50)),
        ("gpt-realtime-2", (4, 0.40, 24), (32, 0.40, 64), (5, 0.50)),
        ("gpt-realtime-2.1-mini", (0.60, 0.06, 2.40), (10, 0.30, 20), (0.80, 0.08)),
        ("gpt-realtime-1.5", (4, 0.40, 16), (32, 0.40, 64), (5, 0.50)),
        ("gpt-realtime", (4, 0.40, 16), (32, 0.40, 64), (5, 0.50)),
        ("gpt-realtime-2025-08-28", (4, 0.40, 16), (32, 0.40, 64), (5, 0.50)),
        ("gpt-realtime-mini-2025-12-15", (0.60, 0.06, 2.40), (10, 0.30, 20), (0.80, 0.08)),
        ("gpt-4o-realtime-preview-2024-10-01", (5, 2.50, 20), (100, 20, 200), (None, None)),
        ("gpt-4o-realtime-preview-2024-12-17", (5, 2.50, 20), (40, 2.50, 80), (None, None)),
        ("gpt-4o-realtime-preview-2025-06-03", (5, 2.50, 20), (40, 2.50, 80), (None, None)),
        ("gpt-4o-mini-realtime-preview-2024-12-17", (0.60, 0.30, 2.40), (10, 0.30, 20), (None, None)),
    ],
)
def test_the_prices_of_realtime_models(model: str, text: object, audio: object, image: object) -> None:
    price = TABLE.price(model)
    assert price is not None
    assert (price.text_in, price.text_cached, price.text_out) == text
    assert (price.audio_in, price.audio_cached, price.audio_out) == audio
    assert (price.image_in, price.image_cached) == image


@pytest.mark.parametrize(
    "model",
    ["gpt-realtime-3", "gpt-realtime-2.1-maxi", "a gpt-realtime", "gpt-realtime-2025-8-28", "", "scripted"],
)
def test_a_model_that_only_resembles_a_known_one_has_no_price(model: str) -> None:
    assert TABLE.price(model) is None


def test_every_price_says_where_it_is_from_and_when_it_was_read() -> None:
    for name, price in OWN_LIST:
        assert price.source, name
    for name, price in published_prices():
        assert re.match(r"genai-prices [\d.]+ as of 20\d\d-\d\d-\d\d", price.source), name


def test_the_published_prices_are_those_of_their_source() -> None:
    kept = json.loads(COPY.read_text("utf-8"))
    made = copy(date.fromisoformat(kept["read"]))
    if made["source"] == kept["source"]:  # a newer release is taken up by ``python -m devtools.published_prices``
        assert made == kept


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("gpt-4o-transcribe-diarize", {"text_in": 2.5, "audio_in": 6, "text_out": 10}),
        ("gpt-4o-mini-tts-2025-03-20", {"text_in": 0.6, "audio_out": 12, "text_out": None}),
        ("tts-1-hd", {"characters_in": 30}),
        ("gpt-6-luna", {"text_in": 0.1, "text_cached": 0.01, "text_out": 0.5}),
        ("gpt-live-1.1", {"per_session_minute": 0.05, "per_standby_minute": 0.02, "text_in": None}),
        ("gpt-realtime-translate", {"per_session_minute": 0.034}),
        ("gemini-3.8-live", {"text_in": 0.75, "text_out": 4.5, "audio_in": 3, "audio_out": 12, "image_in": 1}),
        ("eleven_realtime_v1_max", {"per_session_minute": 0.08, "text_in": 1.8, "text_out": 9}),
        ("grok-voice-latest", {"per_session_minute": 0.08, "per_text_message": 0.004}),
        ("grok-voice-of-tomorrow", {"per_session_minute": 0.08, "per_text_message": 0.004}),
        ("gpt-transcribe", {"per_minute": 0.0045, "per_session_minute": None}),
        ("whisper-1", {"per_minute": 0.006}),
    ],
)
def test_the_prices_of_other_models(model: str, expected: dict[str, float | None]) -> None:
    price = TABLE.price(model)
    assert price is not None
    assert {name: getattr(price, name) for name in expected} == expected


def test_a_name_that_had_several_prices_has_the_one_of_the_day() -> None:
    def audio_out(on: date | None) -> float | None:
        price = TABLE.price("gpt-4o-realtime-preview", on)
        assert price is not None
        return price.audio_out

    assert audio_out(date(2024, 10, 5)) == 200
    assert audio_out(date(2024, 12, 16)) == 200
    assert audio_out(date(2024, 12, 17)) == 80
    assert audio_out(None) == 80
    assert audio_out(date(2023, 1, 1)) == 200


def test_what_is_billed_by_time() -> None:
    grok, whisper = TABLE.price("grok-voice-latest"), TABLE.price("gpt-realtime-whisper")
    assert grok and grok.per_session_minute == 0.08
    assert whisper and whisper.per_minute == 0.017


def test_a_deployment_costs_what_its_model_costs() -> None:
    table = TABLE.with_own({"our-deployment": "gpt-realtime-2.1", "our-words": "whisper-1"})
    price = table.price("our-deployment")
    assert price
    assert price.text_out == 24
    assert price.source.endswith(", as gpt-realtime-2.1")
    assert TABLE.price("our-deployment") is None, "the table it was made from is as before"


def test_a_persons_own_price_goes_before_the_built_in_one() -> None:
    table = TABLE.with_own(
        {"gpt-realtime": {"text_in": 1, "text_out": 2}, "house-*": Price(text_in=3, text_out=3)}
    )
    price, house = table.price("gpt-realtime-2025-08-28"), table.price("house-7")
    assert price and (price.text_in, price.audio_in, price.source) == (1, None, "your own table")
    assert house and house.text_in == 3
    assert table.price("house-7b-2025-01-01") == house


def test_the_services_word_on_its_model_goes_before_what_was_asked_for() -> None:
    assert TABLE.price_of("gpt-realtime-2025-08-28", "our-deployment") == TABLE.price("gpt-realtime")
    assert TABLE.price_of("something-else", "gpt-realtime-2.1") is None
    assert TABLE.price_of("", "gpt-realtime-2.1") == TABLE.price("gpt-realtime-2.1")
    own = TABLE.with_own({"our-deployment": Price(text_in=9)})
    assert own.price_of("gpt-realtime-2025-08-28", "our-deployment") == Price(text_in=9)


def test_cached_tokens_without_a_price_of_their_own_cost_what_fresh_ones_do() -> None:
    assert Price(audio_in=32).cached("audio") == 32
    assert Price(audio_in=32, audio_cached=0.4).cached("audio") == 0.4


@pytest.mark.parametrize(
    ("prices", "words"),
    [
        ({"mine": "gpt-realtme"}, "'gpt-realtme' as the model of 'mine', but that has no price"),
        ({"mine": {"audio": 3}}, "has no 'audio'; it may have text_in"),
        ({"mine": {"audio_in": -1}}, "audio_in must be US dollars, 0 or more, not -1"),
        ({"mine": {"audio_in": "3"}}, "not '3'"),
        ({"mine": 3}, "must be a Price, a mapping or a model's name, not 3"),
        ([("mine", 3)], "must map models' names to prices"),
    ],
)
def test_what_is_no_price_is_refused_in_words(prices: object, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        TABLE.with_own(prices)  # type: ignore[arg-type]
