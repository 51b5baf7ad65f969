"""Recordings to words through the official client: formats, times, streams, what is refused."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import numpy as np
import openai
import pytest

from realtime_widgets.audio.pcm import SAMPLE_RATE
from realtime_widgets.local.models.codecs import encoded
from tests.local.rest.conftest import KEY
from tests.local.stand_ins import silence, tone

if TYPE_CHECKING:
    from tests.local.rest.conftest import Service

#: Speech from 1.0 s to 2.0 s and from 3.0 s to 3.5 s, of 4.5 s.
PCM = silence(1) + tone(1) + silence(1) + tone(0.5) + silence(1)
SAMPLES = np.frombuffer(PCM, dtype="<i2").astype(np.int16)
WAV = encoded(SAMPLES, "wav")
HELLO = "hello there"


@pytest.mark.parametrize("name", ["wav", "mp3", "flac", "opus", "aac"])
async def test_words_of_a_file_of_each_format(service: Service, name: str) -> None:
    answer = await service.client.audio.transcriptions.create(
        model="whisper-1", file=(f"talk.{name}", encoded(SAMPLES, name)), language="en", prompt="A talk."
    )
    assert answer.text == HELLO
    usage: Any = answer.usage
    assert usage.type == "tokens"
    assert usage.input_token_details.audio_tokens in (45, 46)
    assert usage.total_tokens == usage.input_tokens + usage.output_tokens


async def test_sync_client_sends_a_file(service: Service, tmp_path: Any) -> None:
    path = tmp_path / "talk.wav"
    path.write_bytes(WAV)

    def transcribe() -> str:
        with openai.OpenAI(base_url=service.url, api_key=KEY) as client, path.open("rb") as file:
            return client.audio.transcriptions.create(model="gpt-4o-transcribe", file=file).text

    assert await asyncio.to_thread(transcribe) == HELLO


async def test_times_of_segments(service: Service) -> None:
    answer = await service.client.audio.transcriptions.create(
        model="whisper-1", file=WAV, response_format="verbose_json", timestamp_granularities=["segment"]
    )
    assert answer.duration == 4.5
    assert answer.language == "english"
    assert answer.text == f"{HELLO} {HELLO}"
    assert answer.segments is not None
    first, second = answer.segments
    for segment, start, end in ((first, 1.0, 2.0), (second, 3.0, 3.5)):
        assert segment.text == HELLO
        assert abs(segment.start - start) < 0.05
        assert abs(segment.end - end) < 0.05
    assert answer.usage is not None
    assert answer.usage.seconds == 4.5


async def test_subtitles(service: Service) -> None:
    create = service.client.audio.transcriptions.create
    srt = await create(model="whisper-1", file=WAV, response_format="srt")
    lines = srt.splitlines()
    assert lines[0] == "1"
    assert lines[1].startswith("00:00:00,9") or lines[1].startswith("00:00:01,0")
    assert lines[2] == HELLO
    assert lines[4] == "2"
    vtt = await create(model="whisper-1", file=WAV, response_format="vtt")
    assert vtt.startswith("WEBVTT\n\n00:00:0")
    assert vtt.count(" --> ") == 2
    assert await create(model="whisper-1", file=WAV, response_format="text") == HELLO + "\n"


async def test_words_are_streamed(service: Service) -> None:
    stream = await service.client.audio.transcriptions.create(model="gpt-4o-transcribe", file=WAV, stream=True)
    events = [event async for event in stream]
    assert [event.type for event in events] == [
        "transcript.text.delta",
        "transcript.text.delta",
        "transcript.text.done",
    ]
    done: Any = events[-1]
    assert "".join(event.delta for event in events if event.type == "transcript.text.delta") == done.text
    assert done.text == f"{HELLO} {HELLO}"
    assert done.usage.input_tokens == 45


async def test_silence_has_no_words(service: Service) -> None:
    quiet = encoded(np.zeros(2 * SAMPLE_RATE, dtype=np.int16), "wav")
    create = service.client.audio.transcriptions.create
    assert (await create(model="whisper-1", file=quiet)).text == ""
    assert await create(model="whisper-1", file=quiet, response_format="vtt") == "WEBVTT\n\n"
    events = [event async for event in await create(model="whisper-1", file=quiet, stream=True)]
    assert [event.type for event in events] == ["transcript.text.done"]


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"file": b"no sound at all"}, "invalid_value", "file"),
    ({"file": b""}, "invalid_value", "file"),
    ({"file": WAV[:44]}, "invalid_value", "file"),
    ({"file": b"#EXTM3U\nhttp://127.0.0.1/secret.wav\n"}, "invalid_value", "file"),
    ({"file": b"ID3" + b"\xff" * 5000}, "invalid_value", "file"),
    ({"language": "xx"}, "invalid_value", "language"),
    ({"response_format": "diarized_json"}, "invalid_value", "response_format"),
    ({"response_format": "srt", "stream": True}, "invalid_value", "response_format"),
    ({"include": ["logprobs"]}, "invalid_value", "include"),
    ({"timestamp_granularities": ["segment"]}, "invalid_value", "timestamp_granularities"),
    (
        {"timestamp_granularities": ["word"], "response_format": "verbose_json"},
        "invalid_value",
        "timestamp_granularities",
    ),
    ({"known_speaker_names": ["me"]}, "unknown_parameter", "known_speaker_names"),
]


@pytest.mark.parametrize(("wrong", "code", "param"), REFUSED, ids=range(len(REFUSED)))
async def test_what_cannot_be_transcribed_is_refused(service: Service, wrong: Any, code: str, param: str) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        await service.client.audio.transcriptions.create(**{"model": "whisper-1", "file": WAV, **wrong})
    assert (refused.value.code, refused.value.param) == (code, param)


async def test_cut_off_recording_gives_what_is_there(service: Service) -> None:
    cut = encoded(SAMPLES, "mp3")[: 64_000 // 8 * 2]
    assert (await service.client.audio.transcriptions.create(model="whisper-1", file=("a.mp3", cut))).text == HELLO


async def test_recording_beyond_the_limits_is_refused(service: Service) -> None:
    with pytest.raises(openai.APIStatusError) as refused:
        await service.client.audio.transcriptions.create(model="whisper-1", file=bytes(26 * 1024 * 1024))
    assert (refused.value.status_code, refused.value.code) == (413, "request_too_large")
    # Small as a file, long as sound.
    hours = encoded(np.zeros(1501 * SAMPLE_RATE, dtype=np.int16), "flac")
    with pytest.raises(openai.BadRequestError, match="longer than 1500 seconds"):
        await service.client.audio.transcriptions.create(model="whisper-1", file=hours)


BROKEN: list[tuple[str, bytes]] = [
    ("multipart/form-data; boundary=x", b""),
    ("multipart/form-data; boundary=x", b"--x\r\n"),
    ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nabc'),
    ("multipart/form-data; boundary=x", b"nothing of the kind" * 1000),
    ("multipart/form-data; boundary=x", b"--x\r\n\r\nno name\r\n--x--\r\n"),
    ("multipart/form-data; boundary=x", b"--x\r\n" + b"A" * 20_000 + b": b\r\n\r\n\r\n--x--\r\n"),
    (
        "multipart/form-data; boundary=x",
        b"--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y--\r\n--x--\r\n",
    ),
    ("multipart/form-data; boundary=" + "x" * 100, b"--x--"),
    ("multipart/form-data", b"--x--"),
    ("application/json", b"{}"),
]


@pytest.mark.parametrize(("kind", "body"), BROKEN, ids=range(len(BROKEN)))
async def test_broken_form_is_refused_and_the_server_lives_on(service: Service, kind: str, body: bytes) -> None:
    url, headers = service.url + "/audio/transcriptions", {**service.headers, "Content-Type": kind}
    async with service.endpoint.http.post(url, data=body, headers=headers) as answer:
        assert answer.status == 400
        assert (await answer.json())["error"]["message"]
    assert (await service.client.audio.transcriptions.create(model="whisper-1", file=WAV)).text == HELLO
