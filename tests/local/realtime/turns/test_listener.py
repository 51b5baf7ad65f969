"""A model's judgement decides how long a pause is waited for, unless the client says so or there is no model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets.local.inference.loading import TURN_END
from tests.local.stand_ins import silence, tone

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from tests.local.conftest import StartEndpoint

FINISHED_MS = {"low": 500, "medium": 300, "auto": 300, "high": 192}
LONGEST_MS = {"low": 8000, "medium": 4000, "auto": 4000, "high": 2000}


class Judge:
    """Says what it is told to say, and remembers how much it heard."""

    def __init__(self, *verdicts: float) -> None:
        self.verdicts = list(verdicts)
        self.heard_seconds: list[float] = []

    def __call__(self, samples: npt.NDArray[np.float32]) -> float:
        self.heard_seconds.append(samples.size / 16_000)
        return self.verdicts.pop(0)


def semantic(**fields: Any) -> dict[str, Any]:
    return {"input": {"turn_detection": {"type": "semantic_vad", **fields}}}


def by_sound(**fields: Any) -> dict[str, Any]:
    return {"input": {"turn_detection": {"type": "server_vad", **fields}}}


async def waited(start_endpoint: StartEndpoint, judge: Judge, audio: dict[str, Any]) -> float:
    """Silence in ms after which a tone of 500 ms ends as a turn."""
    endpoint = await start_endpoint(loaders={TURN_END: lambda: judge})
    client = await endpoint.connect()
    await endpoint.ready()
    await client.configure(audio=audio)
    await client.append(tone(0.5) + silence(9))
    return float((await client.until("input_audio_buffer.speech_stopped"))["audio_end_ms"]) - 500


@pytest.mark.parametrize("eagerness", ["low", "medium", "auto", "high"])
async def test_the_wait_follows_judgement_and_eagerness(start_endpoint: StartEndpoint, eagerness: str) -> None:
    audio = semantic(eagerness=eagerness)
    sure = await waited(start_endpoint, Judge(0.9), audio)
    assert abs(sure - FINISHED_MS[eagerness]) < 50
    doubtful = await waited(start_endpoint, Judge(0.25), audio)
    assert sure < doubtful < LONGEST_MS[eagerness]
    unfinished = await waited(start_endpoint, Judge(0.0), audio)
    assert abs(unfinished - LONGEST_MS[eagerness]) < 50


async def test_who_goes_on_is_judged_again(start_endpoint: StartEndpoint) -> None:
    judge = Judge(0.0, 0.9)
    endpoint = await start_endpoint(loaders={TURN_END: lambda: judge})
    client = await endpoint.connect()
    await endpoint.ready()
    await client.configure(audio=semantic())
    await client.append(tone(0.5) + silence(1.5) + tone(0.5) + silence(0.5))
    await client.until("response.done")
    assert len(client.of("input_audio_buffer.speech_stopped")) == 1
    first, second = judge.heard_seconds
    assert abs(first - 0.6) < 0.06
    assert abs(second - 2.6) < 0.06


async def test_of_a_long_speech_the_end_is_judged(start_endpoint: StartEndpoint) -> None:
    judge = Judge(0.9)
    endpoint = await start_endpoint(loaders={TURN_END: lambda: judge})
    client = await endpoint.connect()
    await endpoint.ready()
    await client.configure(audio=semantic())
    await client.append(tone(30) + silence(0.5))
    await client.until("response.done")
    assert judge.heard_seconds == [10]


@pytest.mark.parametrize(("finished", "expected_ms"), [(0.99, 192), (0.5, 300), (0.0, 700)])
async def test_a_silence_that_nobody_asked_for_follows_judgement(
    start_endpoint: StartEndpoint, finished: float, expected_ms: int
) -> None:
    assert abs(await waited(start_endpoint, Judge(finished), by_sound()) - expected_ms) < 50


@pytest.mark.parametrize("silence_ms", [200, 300, 500])
async def test_a_silence_that_was_asked_for_asks_nobody(start_endpoint: StartEndpoint, silence_ms: int) -> None:
    judge = Judge()
    assert abs(await waited(start_endpoint, judge, by_sound(silence_duration_ms=silence_ms)) - silence_ms) < 50
    assert judge.heard_seconds == []


async def test_the_silence_is_shown_as_a_number_and_left_to_the_endpoint_again(
    start_endpoint: StartEndpoint,
) -> None:
    judge = Judge(0.99)
    endpoint = await start_endpoint(loaders={TURN_END: lambda: judge})
    client = await endpoint.connect()
    await endpoint.ready()

    async def shown(**fields: Any) -> Any:
        session = await client.configure(audio=by_sound(**fields))
        return session["audio"]["input"]["turn_detection"]["silence_duration_ms"]

    assert await shown() == 300
    assert await shown(silence_duration_ms=400) == 400
    assert await shown(threshold=0.6) == 400
    assert await shown(silence_duration_ms=None) == 300
    await client.append(tone(0.5) + silence(0.5))
    stopped = await client.until("input_audio_buffer.speech_stopped")
    assert abs(stopped["audio_end_ms"] - 700) < 50


async def test_without_a_model_300_ms_end_a_turn(start_endpoint: StartEndpoint) -> None:
    endpoint = await start_endpoint()
    client = await endpoint.connect()
    await client.append(tone(0.5) + silence(1))
    stopped = await client.until("input_audio_buffer.speech_stopped")
    assert abs(stopped["audio_end_ms"] - 800) < 50


async def test_who_is_only_written_down_is_not_judged(start_endpoint: StartEndpoint) -> None:
    judge = Judge()
    endpoint = await start_endpoint(loaders={TURN_END: lambda: judge})
    client = await endpoint.connect("?intent=transcription")
    await endpoint.ready()
    await client.append(tone(0.5) + silence(1))
    stopped = await client.until("input_audio_buffer.speech_stopped")
    assert abs(stopped["audio_end_ms"] - 800) < 50
    assert judge.heard_seconds == []


@pytest.mark.parametrize(("eagerness", "expected_ms"), [("low", 800), ("medium", 500), ("high", 300)])
async def test_without_a_model_the_clock_decides(
    start_endpoint: StartEndpoint, eagerness: str, expected_ms: int
) -> None:
    endpoint = await start_endpoint()
    client = await endpoint.connect()
    await client.configure(audio=semantic(eagerness=eagerness))
    await client.append(tone(0.5) + silence(2))
    stopped = await client.until("input_audio_buffer.speech_stopped")
    assert abs(stopped["audio_end_ms"] - 500 - expected_ms) < 50
