"""The official client talks with the endpoint and its real models."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import openai
import pybase64
import pytest

from devtools.sound.weather import WEATHER
from realtime_widgets.audio.samples import from_pcm16, read_sound, resample, to_pcm16
from realtime_widgets.local.models.interfaces import RECOGNITION_RATE, SYNTHESIS_RATE
from realtime_widgets.local.speech import load_recogniser, load_synthesiser

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from realtime_widgets.local.models.interfaces import Recogniser, Synthesiser
    from realtime_widgets.local.server.child_process import EmbeddedEndpoint

pytestmark = pytest.mark.models

SOUNDS = Path(__file__).parent.parent / "sounds"
TIMEOUT_S = 120.0
WEATHER_TOOL = {"type": "function", **WEATHER}
TRANSCRIBED = {"input": {"transcription": {"model": "whisper-1"}}}


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    return load_recogniser()


@pytest.fixture(scope="module")
def synthesiser() -> Synthesiser:
    return load_synthesiser()


@pytest.fixture
async def talk(embedded: EmbeddedEndpoint) -> AsyncIterator[Talk]:
    client = openai.AsyncOpenAI(base_url=embedded.url, api_key=embedded.api_key)
    async with client, client.realtime.connect(model="gpt-realtime") as connection:
        yield Talk(connection)


class Talk:
    """A conversation through the official client; `events` holds all that came."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.events: list[Any] = []

    async def configure(self, **session: Any) -> None:
        await self.connection.session.update(session={"type": "realtime", **session})
        await self.until("session.updated")

    async def write(self, text: str) -> None:
        content = [{"type": "input_text", "text": text}]
        await self.connection.conversation.item.create(
            item={"type": "message", "role": "user", "content": content}
        )
        await self.connection.response.create()

    async def speak(self, pcm: bytes) -> None:
        """Append speech and the quiet after it."""
        sound = pcm + bytes(48_000)
        for start in range(0, len(sound), 4800):
            audio = pybase64.b64encode(sound[start : start + 4800]).decode()
            await self.connection.input_audio_buffer.append(audio=audio)

    async def until(self, kind: str) -> Any:
        while True:
            try:
                event = await asyncio.wait_for(self.connection.recv(), TIMEOUT_S)
            except TimeoutError:
                pytest.fail(f"no {kind} after {[event.type for event in self.events[-10:]]}")
            assert event.type != "error", event
            self.events.append(event)
            if event.type == kind:
                return event

    async def first(self, kind: str) -> Any:
        """Return the first event of this type, whether it came already or is still to come."""
        came = [event for event in self.events if event.type == kind]
        return came[0] if came else await self.until(kind)

    async def until_answered(self, after: str) -> None:
        """Wait until a response other than `after` is completed."""
        while True:
            dones = [event.response for event in self.events if event.type == "response.done"]
            if any(response.id != after and response.status == "completed" for response in dones):
                return
            await self.until("response.done")

    def sound(self, response_id: str) -> bytes:
        deltas = [event for event in self.events if event.type == "response.output_audio.delta"]
        return b"".join(pybase64.b64decode(e.delta) for e in deltas if e.response_id == response_id)


def clip(name: str) -> bytes:
    samples, rate = read_sound(SOUNDS / name)
    return to_pcm16(samples, rate)


def spoken(synthesiser: Synthesiser, text: str) -> bytes:
    return np.concatenate(list(synthesiser.stream(text, "marin"))).astype("<i2").tobytes()


def heard(recogniser: Recogniser, pcm: bytes) -> str:
    samples = resample(from_pcm16(pcm), SYNTHESIS_RATE, RECOGNITION_RATE)
    return recogniser(samples).text


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


async def test_person_speaks_and_is_answered_in_speech(talk: Talk, recogniser: Recogniser) -> None:
    await talk.configure(audio=TRANSCRIBED)
    await talk.speak(clip("librivox_0880.flac"))
    said = await talk.until("conversation.item.input_audio_transcription.completed")
    assert "young man" in said.transcript.lower()
    done = await talk.until("response.done")
    assert done.response.status == "completed"
    answer = done.response.output[0].content[0].transcript
    sound = talk.sound(done.response.id)
    assert len(sound) > 24_000
    assert words(answer)[:3] == words(heard(recogniser, sound))[:3]


async def test_written_turn_is_answered_in_text(talk: Talk) -> None:
    await talk.configure(output_modalities=["text"])
    await talk.write("Hello, who are you?")
    done = await talk.until("response.done")
    text = done.response.output[0].content[0].text
    assert text
    assert "".join(e.delta for e in talk.events if e.type == "response.output_text.delta") == text


async def test_an_application_says_what_one_answer_is_to_do(talk: Talk) -> None:
    await talk.configure(output_modalities=["text"], instructions="You are Ada.")
    said = []
    for instructions in (
        # As LiveKit sends it: with the instructions of the session before its own.
        "You are Ada.\nGreet the user.",
        "You are Ada.\nAsk the user for their name.",
        "Read the following text aloud verbatim: One.\nTwo, and three.",
    ):
        await talk.connection.response.create(response={"instructions": instructions})
        said.append((await talk.until("response.done")).response.output[0].content[0].text)
    assert said[0].startswith("Hello, I am Ada.")
    assert said[1:] == ["What is your name?", "One.\nTwo, and three."]
    # As Pipecat sends what is appended.
    text = "The user has been quiet. Politely ask if they're still there."
    item = {"type": "message", "role": "system", "content": [{"type": "input_text", "text": text}]}
    await talk.connection.conversation.item.create(item=item)
    await talk.connection.response.create()
    done = await talk.until("response.done")
    assert done.response.output[0].content[0].text == "Are you still there?"
    await talk.connection.response.create(response={"instructions": "Say nothing."})
    done = await talk.until("response.done")
    assert (done.response.status, done.response.output) == ("completed", [])


@pytest.mark.parametrize("way", ["written", "spoken"])
async def test_tool_is_called_and_its_result_used(talk: Talk, synthesiser: Synthesiser, way: str) -> None:
    await talk.configure(tools=[WEATHER_TOOL], audio=TRANSCRIBED)
    question = "What is the weather in Paris?"
    if way == "written":
        await talk.write(question)
    else:
        await talk.speak(spoken(synthesiser, question))
    done = await talk.until("response.done")
    [call] = [item for item in done.response.output if item.type == "function_call"]
    assert call.name == "get_weather"
    assert json.loads(call.arguments)["city"].lower() == "paris"

    output = json.dumps({"forecast": "sunny", "celsius": 21})
    result = {"type": "function_call_output", "call_id": call.call_id, "output": output}
    await talk.connection.conversation.item.create(item=result)
    await talk.connection.response.create()
    done = await talk.until("response.done")
    transcript = done.response.output[-1].content[0].transcript
    assert "sunny" in transcript.lower()


async def test_speech_interrupts_a_long_answer(talk: Talk, synthesiser: Synthesiser) -> None:
    await talk.write("Hello, who are you?")
    delta = await talk.until("response.output_audio.delta")
    await talk.speak(spoken(synthesiser, "Stop, please."))
    started = await talk.until("input_audio_buffer.speech_started")
    await talk.connection.conversation.item.truncate(item_id=delta.item_id, content_index=0, audio_end_ms=600)
    await talk.until("conversation.item.truncated")
    committed = await talk.first("input_audio_buffer.committed")
    assert committed.item_id == started.item_id
    await talk.connection.conversation.item.retrieve(item_id=delta.item_id)
    item = (await talk.until("conversation.item.retrieved")).item
    assert item.content[0].transcript is None
    assert len(pybase64.b64decode(item.content[0].audio)) == 600 * 48
    await talk.until_answered(after=delta.response_id)


async def test_silence_and_noise_are_not_answered(talk: Talk) -> None:
    noise = np.random.default_rng(1).standard_normal(SYNTHESIS_RATE * 2) * 0.01
    await talk.speak(to_pcm16(noise))
    await talk.connection.input_audio_buffer.clear()
    await talk.until("input_audio_buffer.cleared")
    assert [event.type for event in talk.events] == ["session.created", "input_audio_buffer.cleared"]
