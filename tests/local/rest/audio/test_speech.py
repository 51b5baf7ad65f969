"""Text to speech through the official client: formats, streams, what is refused."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import openai
import pybase64
import pytest

from realtime_widgets.local.inference.loading import SYNTHESIS
from realtime_widgets.local.models.codecs import decoded
from tests.local.rest.conftest import KEY

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from tests.local.conftest import StartEndpoint
    from tests.local.rest.conftest import Service

RATE = 24_000


def pitch(samples: npt.NDArray[np.int16]) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(samples)))) * RATE / samples.size


class GatedSynthesiser:
    """Half a second of tone, then as much again for each time the gate is opened; tells when it was given up."""

    voices = ("marin",)

    def __init__(self) -> None:
        self.gate = threading.Semaphore(0)
        self.given_up = threading.Event()

    def stream(self, text: str, voice: str, speed: float = 1.0) -> Iterator[npt.NDArray[np.int16]]:
        block = (np.sin(2 * np.pi * 300 * np.arange(12_000) / RATE) * 8000).astype(np.int16)
        try:
            yield block
            for _ in range(4):
                assert self.gate.acquire(timeout=120)
                yield block
        finally:
            self.given_up.set()


@pytest.mark.parametrize("name", ["mp3", "opus", "aac", "flac", "wav"])
async def test_speech_comes_as_a_file_of_each_format(service: Service, name: Any) -> None:
    answer = await service.client.audio.speech.create(
        model="tts-1", voice="cedar", input="Good morning.", response_format=name
    )
    samples = decoded(answer.content, RATE, 60)
    assert 0.5 <= samples.size / RATE < 0.6
    assert abs(pitch(samples) - 300) < 5
    assert service.endpoint.synthesiser.spoken == [("Good morning.", "cedar", 1.0)]


async def test_raw_samples_and_mp3_where_no_format_is_named(service: Service) -> None:
    create = service.client.audio.speech.create
    raw = await create(model="tts-1", voice="marin", input="Good morning.", response_format="pcm", speed=1.5)
    assert len(raw.content) == 24_000
    assert service.endpoint.synthesiser.spoken[-1][2] == 1.5
    standard = await create(model="tts-1", voice="nova", input="Good morning.", instructions="Cheerfully.")
    assert standard.response.headers["content-type"] == "audio/mpeg"
    assert service.endpoint.synthesiser.spoken[-1][1] == "coral"


async def test_sync_client_speaks_to_a_file(service: Service, tmp_path: Any) -> None:
    def speak() -> None:
        with (
            openai.OpenAI(base_url=service.url, api_key=KEY) as client,
            client.audio.speech.with_streaming_response.create(
                model="tts-1", voice="alloy", input="Good morning.", response_format="wav"
            ) as answer,
        ):
            answer.stream_to_file(tmp_path / "speech.wav")

    await asyncio.to_thread(speak)
    assert decoded((tmp_path / "speech.wav").read_bytes(), RATE, 60).size == 12_000


@pytest.mark.parametrize("name", ["pcm", "wav", "mp3", "opus"])
async def test_first_sound_is_sent_while_the_rest_is_made(start_endpoint: StartEndpoint, name: Any) -> None:
    synthesiser = GatedSynthesiser()
    endpoint = await start_endpoint(loaders={SYNTHESIS: lambda: synthesiser})
    client = openai.AsyncOpenAI(base_url=endpoint.url + "/v1", api_key="none")
    async with client.audio.speech.with_streaming_response.create(
        model="tts-1", voice="marin", input="A long text.", response_format=name
    ) as answer:
        blocks = answer.iter_bytes()
        data = await anext(blocks)
        assert data
        for _ in range(4):
            synthesiser.gate.release()
        async for block in blocks:
            data += block
    if name == "pcm":
        assert len(data) == 5 * 24_000
    else:
        assert 2.5 <= decoded(data, RATE, 60).size / RATE < 2.6


async def test_speech_as_events(service: Service) -> None:
    response = await service.client.audio.speech.create(
        model="tts-1", voice="marin", input="Good morning.", response_format="pcm", stream_format="sse"
    )
    assert response.response.headers["content-type"].startswith("text/event-stream")
    events = [json.loads(line[6:]) for line in response.text.splitlines() if line.startswith("data: ")]
    assert [event["type"] for event in events] == ["speech.audio.delta", "speech.audio.done"]
    assert len(pybase64.b64decode(events[0]["audio"])) == 24_000
    assert events[-1]["usage"] == {"input_tokens": 4, "output_tokens": 10, "total_tokens": 14}


async def test_nothing_more_is_spoken_when_the_client_goes_away(start_endpoint: StartEndpoint) -> None:
    synthesiser = GatedSynthesiser()
    endpoint = await start_endpoint(loaders={SYNTHESIS: lambda: synthesiser})
    client = openai.AsyncOpenAI(base_url=endpoint.url + "/v1", api_key="none")
    async with client.audio.speech.with_streaming_response.create(
        model="tts-1", voice="marin", input="A long text.", response_format="pcm"
    ) as answer:
        await anext(answer.iter_bytes())
    await client.close()
    synthesiser.gate.release()
    assert await asyncio.to_thread(synthesiser.given_up.wait, 20)


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"voice": "nobody"}, "invalid_value", "voice"),
    ({"voice": {"id": "voice_1"}}, "invalid_value", "voice"),
    ({"voice": 5}, "invalid_value", "voice"),
    ({"input": ""}, "invalid_value", "input"),
    ({"input": "x" * 4097}, "string_above_max_length", "input"),
    ({"response_format": "midi"}, "invalid_value", "response_format"),
    ({"speed": 0.2}, "invalid_value", "speed"),
    ({"speed": 4.1}, "invalid_value", "speed"),
    ({"speed": 2}, "invalid_value", "speed"),
    ({"stream_format": "webm"}, "invalid_value", "stream_format"),
    ({"pitch": 2}, "unknown_parameter", "pitch"),
]


@pytest.mark.parametrize(("wrong", "code", "param"), REFUSED, ids=range(len(REFUSED)))
async def test_what_cannot_be_spoken_is_refused(service: Service, wrong: Any, code: str, param: str) -> None:
    body = {"model": "tts-1", "input": "Good morning.", "voice": "marin", **wrong}
    with pytest.raises(openai.BadRequestError) as refused:
        await service.client.post("/audio/speech", body=body, cast_to=object)
    assert (refused.value.code, refused.value.param) == (code, param)
    assert refused.value.type == "invalid_request_error"


async def test_missing_model_is_told_before_anything_is_sent(start_endpoint: StartEndpoint) -> None:
    def fail() -> None:
        raise RuntimeError("secret text of a person")

    endpoint = await start_endpoint(loaders={SYNTHESIS: fail})
    client = openai.AsyncOpenAI(base_url=endpoint.url + "/v1", api_key="none", max_retries=0)
    with pytest.raises(openai.InternalServerError) as refused:
        await client.audio.speech.create(model="tts-1", voice="marin", input="Good morning.")
    assert refused.value.code == "server_error"


class BreakingSynthesiser:
    """Half a second of silence, and then it breaks."""

    voices = ("marin",)

    def stream(self, text: str, voice: str, speed: float = 1.0) -> Iterator[npt.NDArray[np.int16]]:
        yield np.zeros(12_000, dtype=np.int16)
        raise RuntimeError("secret text of a person")


async def test_failure_on_the_way_does_not_look_like_the_end(start_endpoint: StartEndpoint) -> None:
    endpoint = await start_endpoint(loaders={SYNTHESIS: BreakingSynthesiser})
    client = openai.AsyncOpenAI(base_url=endpoint.url + "/v1", api_key="none", max_retries=0)
    create = client.audio.speech.with_streaming_response.create
    with pytest.raises(Exception, match="without sending complete message body"):
        async with create(model="m", voice="marin", input="Hello.", response_format="pcm") as answer:
            assert len(await answer.read()) > 0
    async with create(
        model="m", voice="marin", input="Hello.", response_format="pcm", stream_format="sse"
    ) as answer:
        text = (await answer.read()).decode()
    events = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]
    assert events[0]["type"] == "speech.audio.delta"
    assert events[-1]["error"]["code"] == "server_error"
    assert "secret" not in text
