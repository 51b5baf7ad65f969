"""Sessions that only write down what is said."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import aiohttp
import openai
import pytest

from tests.local.stand_ins import silence, tone

if TYPE_CHECKING:
    from tests.local.conftest import Client, Endpoint

INTENT = "?intent=transcription"
TRANSCRIPTION = "conversation.item.input_audio_transcription"


async def configure(client: Client, **audio_input: Any) -> dict[str, Any]:
    session = {"type": "transcription", "audio": {"input": audio_input}}
    await client.send("session.update", session=session)
    effective: dict[str, Any] = (await client.until("session.updated"))["session"]
    return effective


async def test_spoken_turns_are_written_down_and_not_answered(endpoint: Endpoint) -> None:
    client = await endpoint.connect(INTENT)
    session = client.events[0]["session"]
    assert (session["type"], session["object"]) == ("transcription", "realtime.transcription_session")
    assert set(session) == {"type", "object", "id", "expires_at", "audio", "include"}
    assert set(session["audio"]) == {"input"}
    await configure(client, transcription={"model": "gpt-4o-transcribe", "language": "en"})
    await client.append((tone(0.5) + silence(0.5)) * 2)
    for _ in range(2):
        completed = await client.until(f"{TRANSCRIPTION}.completed")
        assert completed["transcript"] == "hello there"
    assert await client.settled() == []
    committed = client.of("input_audio_buffer.committed")
    assert committed[1]["previous_item_id"] == committed[0]["item_id"]
    assert not [event for event in client.events if event["type"].startswith("response.")]
    assert endpoint.brain.requests == []


async def test_turns_by_hand_for_models_that_know_no_turns(endpoint: Endpoint) -> None:
    client = await endpoint.connect(INTENT)
    session = await configure(
        client, turn_detection=None, transcription={"model": "gpt-realtime-whisper", "delay": "low"}
    )
    assert session["audio"]["input"]["turn_detection"] is None
    await client.append(tone(0.5))
    await client.send("input_audio_buffer.commit")
    completed = await client.until(f"{TRANSCRIPTION}.completed")
    assert completed["usage"] == {"type": "duration", "seconds": 0.5}


async def test_nothing_of_a_conversation_is_there(endpoint: Endpoint) -> None:
    client = await endpoint.connect(INTENT)
    for session, code, param in (
        ({"type": "realtime"}, "invalid_value", "session.type"),
        ({"type": "transcription", "instructions": "x"}, "unknown_parameter", "session.instructions"),
        ({"type": "transcription", "audio": {"output": {}}}, "unknown_parameter", "session.audio.output"),
    ):
        await client.send("session.update", session=session)
        error = await client.refused()
        assert (error["code"], error["param"]) == (code, param)
    await client.send("response.create")
    assert (await client.refused())["param"] == "type"


async def test_a_model_in_the_address_is_refused(endpoint: Endpoint) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await endpoint.connect(INTENT + "&model=gpt-realtime")
    assert refused.value.status == 400


async def test_a_conversation_does_not_become_a_transcription_session(endpoint: Endpoint) -> None:
    client = await endpoint.connect("?model=gpt-realtime")
    await client.send("session.update", session={"type": "transcription"})
    error = await client.refused()
    assert (error["code"], error["param"]) == ("invalid_value", "session.type")
    assert "not allowed" in error["message"]


async def test_the_official_client_holds_one(endpoint: Endpoint) -> None:
    sdk = openai.AsyncOpenAI(base_url=endpoint.url + "/v1", api_key="any")
    async with sdk, sdk.realtime.connect(extra_query={"intent": "transcription"}) as connection:
        assert (await connection.recv()).type == "session.created"
        audio_input: Any = {"transcription": {"model": "gpt-4o-transcribe"}, "turn_detection": None}
        await connection.session.update(session={"type": "transcription", "audio": {"input": audio_input}})
        await connection.input_audio_buffer.append(audio=base64.b64encode(tone(0.5)).decode())
        await connection.input_audio_buffer.commit()
        async for event in connection:
            if event.type == f"{TRANSCRIPTION}.completed":
                assert event.transcript == "hello there"
                break


async def test_a_client_secret_may_open_one(endpoint: Endpoint) -> None:
    session = {"type": "transcription", "audio": {"input": {"transcription": {"model": "whisper-1"}}}}
    url = f"{endpoint.url}/v1/realtime/client_secrets"
    async with endpoint.http.post(url, json={"session": session}) as answer:
        secret = await answer.json()
    assert secret["session"]["object"] == "realtime.transcription_session"
    client = await endpoint.connect(INTENT, headers={"Authorization": f"Bearer {secret['value']}"})
    shown = client.events[0]["session"]
    assert (shown["type"], shown["audio"]["input"]["transcription"]) == ("transcription", {"model": "whisper-1"})


@pytest.mark.parametrize("model", ["gpt-realtime-whisper", "gpt-live-transcribe"])
async def test_models_without_turns_transcribe_in_conversations_with_turn_detection(
    endpoint: Endpoint, model: str
) -> None:
    client = await endpoint.connect()
    session = await client.configure(audio={"input": {"transcription": {"model": model}}})
    assert session["audio"]["input"]["turn_detection"]["type"] == "server_vad"
    await client.append(tone(1.0) + silence(1.0))
    assert (await client.until(f"{TRANSCRIPTION}.completed"))["transcript"]


async def test_models_without_turns_only_transcribe_without_turn_detection(endpoint: Endpoint) -> None:
    client = await endpoint.connect(INTENT)
    wanted = {"input": {"transcription": {"model": "gpt-realtime-whisper"}}}
    await client.send("session.update", session={"type": "transcription", "audio": wanted})
    error = await client.refused()
    assert error["param"] == "session.audio.input.turn_detection"
    assert error["message"].startswith("Turn detection is not supported for this transcription model")


async def test_words_come_while_somebody_speaks_with_models_that_write_along(endpoint: Endpoint) -> None:
    client = await endpoint.connect(INTENT)
    audio_input = {"turn_detection": None, "transcription": {"model": "gpt-live-transcribe"}}
    await configure(client, **audio_input)
    while not client.of(f"{TRANSCRIPTION}.delta"):
        assert len(client.events) < 40, "the longest stretch that is written along is over"
        await client.append(tone(0.9))
        await configure(client, **audio_input)  # all before it was heard
    [delta] = client.of(f"{TRANSCRIPTION}.delta")
    assert delta["delta"] == "hello there"
    await client.send("input_audio_buffer.commit")
    completed = await client.until(f"{TRANSCRIPTION}.completed")
    assert completed["item_id"] == delta["item_id"] == client.of("input_audio_buffer.committed")[0]["item_id"]
    assert len(client.of(f"{TRANSCRIPTION}.delta")) == 1


async def test_words_of_what_is_cleared_belong_to_no_later_item(endpoint: Endpoint) -> None:
    client = await endpoint.connect(INTENT)
    audio_input = {"turn_detection": None, "transcription": {"model": "local-whisper"}}
    await configure(client, **audio_input)
    while not client.of(f"{TRANSCRIPTION}.delta"):
        assert len(client.events) < 40, "the longest stretch that is written along is over"
        await client.append(tone(0.9))
        await configure(client, **audio_input)
    await client.send("input_audio_buffer.clear")
    await client.append(tone(0.5))
    await client.send("input_audio_buffer.commit")
    completed = await client.until(f"{TRANSCRIPTION}.completed")
    assert completed["item_id"] != client.of(f"{TRANSCRIPTION}.delta")[0]["item_id"]
