"""The official client, the endpoint as a process, and its real models: what people hear and are told."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openai
import pybase64
import pytest

from devtools.sound.weather import WEATHER
from realtime_widgets.local.models.codecs import decoded, encoded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from realtime_widgets.local.server.child_process import EmbeddedEndpoint

pytestmark = pytest.mark.models

SOUNDS = Path(__file__).parents[2] / "sounds"
JFK = SOUNDS / "jfk.flac"
SPOKEN: Any = {"modalities": ["text", "audio"], "audio": {"voice": "marin", "format": "mp3"}}
WEATHER_TOOL: Any = {"type": "function", "function": WEATHER}


@pytest.fixture(scope="module")
def client(embedded: EmbeddedEndpoint) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=embedded.url, api_key=embedded.api_key) as client:
        yield client


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def test_person_is_transcribed_in_every_format(client: openai.OpenAI) -> None:
    create = client.audio.transcriptions.create
    text = create(model="whisper-1", file=JFK).text
    assert words(text) == words(
        "And so my fellow Americans ask not what your country can do for you ask what you can do for your country"
    )
    timed = create(model="whisper-1", file=JFK, response_format="verbose_json")
    assert timed.duration == 11.0
    assert timed.segments is not None
    assert len(timed.segments) > 2
    # He pauses about between these times before "ask not".
    assert 2.0 < timed.segments[0].end < timed.segments[1].start < 3.6
    assert all(
        before.end <= after.start for before, after in zip(timed.segments, timed.segments[1:], strict=False)
    )
    deltas = [event for event in create(model="whisper-1", file=JFK, stream=True) if "delta" in event.type]
    assert len(deltas) > 2


def test_speech_is_understood_again_in_every_format(client: openai.OpenAI) -> None:
    said = "Good morning, the train leaves at nine."
    for name in ("mp3", "opus", "aac", "flac", "wav"):
        sound = client.audio.speech.create(model="tts-1", voice="marin", input=said, response_format=name)
        heard = client.audio.transcriptions.create(model="whisper-1", file=(f"speech.{name}", sound.content)).text
        assert words(heard)[:5] == words(said)[:5]


def test_spoken_question_calls_a_tool_and_its_result_is_spoken(client: openai.OpenAI) -> None:
    speech = client.audio.speech.create(
        model="tts-1", voice="marin", input="What is the weather in Paris?", response_format="wav"
    )
    sound = encoded(decoded(speech.content, 24_000, 60), "wav")
    part: Any = {
        "type": "input_audio",
        "input_audio": {"data": pybase64.b64encode(sound).decode(), "format": "wav"},
    }
    messages: list[Any] = [{"role": "user", "content": [part]}]
    first = client.chat.completions.create(model="gpt-audio", messages=messages, tools=[WEATHER_TOOL], **SPOKEN)
    [call] = first.choices[0].message.tool_calls or []
    assert call.type == "function"
    assert json.loads(call.function.arguments)["city"].lower() == "paris"

    output = json.dumps({"forecast": "sunny", "celsius": 21})
    messages += [first.choices[0].message, {"role": "tool", "tool_call_id": call.id, "content": output}]
    second = client.chat.completions.create(model="gpt-audio", messages=messages, tools=[WEATHER_TOOL], **SPOKEN)
    audio = second.choices[0].message.audio
    assert audio is not None
    assert "sunny" in audio.transcript.lower()
    heard = client.audio.transcriptions.create(model="whisper-1", file=("a.mp3", pybase64.b64decode(audio.data)))
    assert "sunny" in heard.text.lower()

    # What it said is remembered by its id.
    messages += [
        {"role": "assistant", "audio": {"id": audio.id}},
        {"role": "user", "content": "What did you say?"},
    ]
    again = client.chat.completions.create(model="gpt-audio", messages=messages)
    assert audio.transcript in (again.choices[0].message.content or "")
