"""Keys with a short life: what they open, for how long, and what a session begins with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import aiohttp
import openai
import pybase64
import pytest

from realtime_widgets import ConfigurationError, ConnectionFailedError, RealtimeSession
from realtime_widgets.local.api.errors import RequestRefusedError
from realtime_widgets.local.http.client_secrets import MAX_SECRETS, ClientSecrets
from realtime_widgets.testing import ScriptedServer, Talk
from tests.local.rest.conftest import KEY
from tests.local.stand_ins import tone

if TYPE_CHECKING:
    from tests.local.conftest import StartEndpoint
    from tests.local.rest.conftest import Service

SESSION: Any = {
    "type": "realtime",
    "instructions": "You are a pirate.",
    "output_modalities": ["text"],
    "audio": {"output": {"voice": "cedar"}},
    "tools": [{"type": "function", "name": "clock", "parameters": {"type": "object", "properties": {}}}],
}


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def test_secret_opens_sessions_with_the_settings_bound_to_it(service: Service) -> None:
    secret = await service.client.realtime.client_secrets.create(session=SESSION)
    assert secret.value.startswith("ek_")
    assert secret.session.type == "realtime"
    assert secret.session.instructions == "You are a pirate."
    for _ in range(2):
        client = await service.endpoint.connect(headers=bearer(secret.value))
        session = client.events[0]["session"]
        assert session["instructions"] == "You are a pirate."
        assert session["audio"]["output"]["voice"] == "cedar"
        assert session["tools"][0]["name"] == "clock"
        assert session["audio"]["input"]["turn_detection"]["type"] == "server_vad"
        # What is bound is only where the session begins.
        assert (await client.configure(instructions="You are a parrot."))["instructions"] == "You are a parrot."


async def test_official_client_connects_with_a_secret(service: Service) -> None:
    secret = await service.client.realtime.client_secrets.create(session=SESSION)
    page = openai.AsyncOpenAI(base_url=service.url, api_key=secret.value)
    async with page, page.realtime.connect(model="gpt-realtime") as connection:
        event = await connection.recv()
        assert event.type == "session.created"
        await connection.conversation.item.create(
            item={"type": "message", "role": "user", "content": [{"type": "input_text", "text": "ahoy"}]}
        )
        await connection.response.create()
        async for event in connection:
            if event.type == "response.output_text.done":
                assert event.text == "You said: ahoy."
                break


async def test_secret_of_a_transcription_session_opens_one(service: Service) -> None:
    wanted: Any = {"type": "transcription", "audio": {"input": {"turn_detection": None}}}
    secret = await service.client.realtime.client_secrets.create(session=wanted)
    assert secret.session.type == "transcription"
    page = openai.AsyncOpenAI(base_url=service.url, api_key=secret.value)
    async with page, page.realtime.connect(extra_query={"intent": "transcription"}) as connection:
        event: Any = await connection.recv()
        assert (event.type, event.session.type) == ("session.created", "transcription")
        assert event.session.audio.input.turn_detection is None
        await connection.input_audio_buffer.append(audio=pybase64.b64encode(tone(0.5)).decode())
        await connection.input_audio_buffer.commit()
        async for event in connection:
            if event.type == "conversation.item.input_audio_transcription.completed":
                assert event.transcript == "hello there"
                break


def test_secrets_alive_are_limited_and_make_room_when_they_expire() -> None:
    now = [1000.0]
    secrets = ClientSecrets(lambda: now[0])
    for _ in range(MAX_SECRETS):
        secrets.mint(10, {})
    with pytest.raises(RequestRefusedError, match="limit"):
        secrets.mint(10, {})
    now[0] += 10
    value, _ = secrets.mint(10, {})
    assert secrets.get(value) is not None


async def test_browser_shows_the_secret_as_a_subprotocol(service: Service) -> None:
    secret = await service.client.realtime.client_secrets.create()
    protocols = ("realtime", f"openai-insecure-api-key.{secret.value}")
    client = await service.endpoint.connect(protocols=protocols)
    assert client.events[0]["session"]["audio"]["output"]["voice"] == "marin"


@pytest.mark.parametrize("seconds", [10, None, 7200])
async def test_secret_opens_nothing_once_it_has_expired(service: Service, seconds: int | None) -> None:
    wanted: Any = openai.omit if seconds is None else {"anchor": "created_at", "seconds": seconds}
    secret = await service.client.realtime.client_secrets.create(expires_after=wanted)
    assert secret.expires_at == service.clock.now + (seconds or 600)
    service.clock.now = secret.expires_at - 1
    running = await service.endpoint.connect(headers=bearer(secret.value))
    service.clock.now = secret.expires_at
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await service.endpoint.connect(headers=bearer(secret.value))
    assert refused.value.status == 401
    await running.configure(instructions="still here")


async def test_expired_secret_is_refused_where_no_key_is_asked_for(start_endpoint: StartEndpoint) -> None:
    endpoint = await start_endpoint()
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await endpoint.connect(headers=bearer("ek_unknown"))
    assert refused.value.status == 401
    async with endpoint.http.post(endpoint.url + "/v1/realtime/client_secrets", json={}) as answer:
        value = (await answer.json())["value"]
    await endpoint.connect(headers=bearer(value))


async def test_secret_opens_sessions_only(service: Service) -> None:
    secret = await service.client.realtime.client_secrets.create()
    page = openai.AsyncOpenAI(base_url=service.url, api_key=secret.value, max_retries=0)
    with pytest.raises(openai.AuthenticationError, match="sessions and calls only"):
        await page.models.list()
    with pytest.raises(openai.AuthenticationError):
        await page.realtime.client_secrets.create()


REFUSED: list[tuple[dict[str, Any], str, str | None]] = [
    ({"expires_after": {"seconds": 9}}, "invalid_value", "expires_after.seconds"),
    ({"expires_after": {"seconds": 7201}}, "invalid_value", "expires_after.seconds"),
    ({"expires_after": {"anchor": "now"}}, "invalid_value", "expires_after.anchor"),
    ({"expires_after": 600}, "invalid_value", "expires_after"),
    ({"session": []}, "invalid_value", "session"),
    ({"session": {}}, "missing_required_parameter", "session.type"),
    (
        {"session": {"type": "realtime", "audio": {"output": {"voice": "x"}}}},
        "invalid_value",
        "session.audio.output.voice",
    ),
    ({"sessions": {}}, "unknown_parameter", "sessions"),
]


@pytest.mark.parametrize(("body", "code", "param"), REFUSED, ids=range(len(REFUSED)))
async def test_what_cannot_be_is_refused(service: Service, body: Any, code: str, param: str | None) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        await service.client.post("/realtime/client_secrets", body=body, cast_to=object)
    assert (refused.value.code, refused.value.param) == (code, param)


def clock() -> str:
    """Tell the time."""
    return "noon"


async def test_a_session_has_a_key_made_for_a_page(service: Service) -> None:
    async with RealtimeSession(
        "You are a pirate.", endpoint=service.url, api_key=KEY, voice="cedar", answers="text", tools=[clock]
    ) as session:
        secret = await session.client_secret(expires_after=60)
        value = secret.value.reveal()
        assert secret.expires_at.timestamp() == pytest.approx(service.clock() + 60, abs=2)
        shown = [repr(secret), str(secret), repr(session), json.dumps([each.event for each in session.journal])]
        assert not [text for text in shown if value in text or KEY in text]
    client = await service.endpoint.connect(headers=bearer(value))
    opened = client.events[0]["session"]
    assert opened["instructions"] == "You are a pirate."
    assert opened["audio"]["output"]["voice"] == "cedar"
    assert [tool["name"] for tool in opened["tools"]] == ["clock"]


async def test_a_key_made_by_a_session_ends_in_time(service: Service) -> None:
    async with RealtimeSession(endpoint=service.url, api_key=KEY) as session:
        secret = await session.client_secret(expires_after=10)
    service.clock.now += 11
    page = RealtimeSession(endpoint=service.url, api_key=secret.value)
    with pytest.raises(ConnectionFailedError) as refused:
        await page.start()
    assert secret.value.reveal() not in str(refused.value)


@pytest.mark.parametrize("seconds", [9, 7201, "60", True, 60.5, None])
async def test_a_key_cannot_live_longer_or_shorter_than_it_may(service: Service, seconds: Any) -> None:
    session = RealtimeSession(endpoint=service.url, api_key=KEY)
    with pytest.raises(ConfigurationError, match="between 10 and 7,200"):
        await session.client_secret(expires_after=seconds)
    await session.close()


async def test_a_server_that_makes_no_keys_is_named() -> None:
    async with ScriptedServer(Talk().start()) as server:
        session = RealtimeSession(endpoint=server.url, api_key="sk")
        with pytest.raises(ConnectionFailedError, match=r"127\.0\.0\.1"):
            await session.client_secret()
        await session.close()
