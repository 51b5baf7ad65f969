"""What a session used, folded from the server's events."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets import PriceTable
from realtime_widgets.core.usage.meter import Meter, RateLimit
from realtime_widgets.core.usage.price import ON_THIS_MACHINE
from tests.core.usage.bills import wire
from tests.core.wire import event, finished

USED = wire((0, 1000, 0), (0, 0, 0), (0, 500))
#: At the prices of gpt-realtime-2.1.
COST = (1000 * 32 + 500 * 64) / 1e6


def words(item_id: str, usage: Any) -> Any:
    kind = "conversation.item.input_audio_transcription.completed"
    return event(kind, item_id=item_id, content_index=0, transcript="Hi", usage=usage)


def configured(model: str | None, transcription: str | None = None) -> Any:
    audio = {"input": {"transcription": {"model": transcription} if transcription else None}}
    return event("session.updated", session={"type": "realtime", "model": model, "audio": audio})


def meter(model: str = "gpt-realtime-2.1", transcription: str | None = "whisper-1", **options: Any) -> Meter:
    return Meter(PriceTable(), model, transcription, **options)


def test_responses_and_transcriptions_are_billed_each_from_its_own_event() -> None:
    it = meter()
    it.receive(words("u1", {"type": "duration", "seconds": 30}))
    it.receive(finished("r1", usage=USED))
    it.receive(finished("r2", usage=USED))
    assert it.used.money == pytest.approx(2 * COST + 0.003)
    assert it.used.total_tokens == 3000
    assert it.of(["r1"], ["u1"]).money == pytest.approx(COST + 0.003)
    assert it.of(["r2"], []).money == pytest.approx(COST)
    assert it.of(["r9"], ["u9"]).money == 0


def test_an_end_that_is_told_twice_is_billed_once() -> None:
    it = meter()
    for _ in range(2):
        it.receive(finished("r1", usage=USED))
        it.receive(words("u1", {"type": "duration", "seconds": 30}))
    assert it.used.money == pytest.approx(COST + 0.003)


EVENTS = [
    finished("r1", usage=USED),
    finished("r2", usage=wire((700, 50, 3), (600, 40, 0), (20, 0))),
    finished("r3", status="cancelled", usage=wire((10, 0, 0), (0, 0, 0), (0, 4))),
    words("u1", {"type": "duration", "seconds": 7}),
    words("u2", {"type": "duration", "seconds": 2.5}),
]


@given(st.permutations(EVENTS), st.lists(st.sampled_from(EVENTS), max_size=4))
def test_the_order_of_events_and_their_repetition_change_nothing(order: list[Any], again: list[Any]) -> None:
    expected, it = meter(), meter()
    for each in EVENTS:
        expected.receive(each)
    for each in (*order, *again):
        it.receive(each)
    assert it.used == expected.used
    assert it.used.money == pytest.approx(expected.used.money)
    parts = [it.of([response], []) for response in ("r1", "r2", "r3")] + [it.of([], ["u1", "u2"])]
    assert sum(part.money or 0 for part in parts) == pytest.approx(it.used.money)


def test_a_response_is_billed_at_the_price_of_the_model_that_made_it() -> None:
    it = meter()
    it.receive(configured("gpt-realtime-2.1"))
    it.receive(finished("r1", usage=USED))
    it.receive(configured("gpt-4o-realtime-preview-2024-10-01"))
    it.receive(finished("r2", usage=USED))
    assert it.of(["r1"], []).money == pytest.approx(COST)
    assert it.of(["r2"], []).money == pytest.approx((1000 * 100 + 500 * 200) / 1e6)


def test_a_model_that_the_service_names_and_nobody_knows_is_unpriced() -> None:
    it = meter()
    it.receive(configured("house-blend", "house-ears"))
    it.receive(finished("r1", usage=USED))
    it.receive(words("u1", {"type": "duration", "seconds": 30}))
    assert it.price is None
    assert it.used.money is None
    assert {line.model for line in it.used.cost.unpriced} == {"house-blend", "house-ears"}


def test_what_runs_on_this_machine_is_free_whatever_it_is_called() -> None:
    for it in (meter("gpt-realtime", free=True), meter("local-stand-in")):
        it.receive(finished("r1", usage=USED))
        it.receive(finished("r2", status="cancelled", usage=None))
        it.receive(words("u1", {"type": "duration", "seconds": 30}))
        assert it.used.money == 0
        assert str(it.used.cost) == "free, on this machine"


def test_a_local_endpoint_whose_answers_come_from_elsewhere_is_not_called_free() -> None:
    it = meter("local-stand-in", free=True)
    it.receive(configured("local-gpt-5", "local-stand-in"))
    it.receive(finished("r1", usage=USED))
    assert it.used.money is None
    it.receive(configured("local-script", "local-stand-in"))
    assert it.price == ON_THIS_MACHINE


def test_the_time_of_a_session_is_billed_where_that_is_the_price() -> None:
    it = meter("grok-voice-latest", None)
    it.receive(finished("r1", usage={}))
    it.receive(words("u1", None))
    assert it.of(["r1"], ["u1"]).money is None
    total = it.total(90)
    assert str(total.cost) == "$0.12"
    assert total.money == pytest.approx(0.12)
    assert meter().total(90).money == 0


@pytest.mark.parametrize("usage", [None, {}, 3, [], "none", {"input_token_details": 3}])
def test_a_usage_of_an_unforeseen_shape_is_an_unknown_cost_and_no_error(usage: Any) -> None:
    it = meter()
    it.receive(finished("r1", usage=usage))
    it.receive(finished("r2", usage=USED))
    assert str(it.used.cost) == "at least $0.064"
    assert it.used.money is None


def test_rate_limits_are_kept_as_they_come() -> None:
    it = meter()
    tokens = {"name": "tokens", "limit": 40_000, "remaining": 39_000, "reset_seconds": 1.5}
    it.receive(event("rate_limits.updated", rate_limits=[tokens, {"name": "requests", "limit": 100}]))
    it.receive(
        event("rate_limits.updated", rate_limits=[{**tokens, "remaining": 38_000, "new": 1}, {"odd": True}])
    )
    assert it.rate_limits == {
        "tokens": RateLimit("tokens", 40_000, 38_000, 1.5),
        "requests": RateLimit("requests", 100, None, None),
    }
