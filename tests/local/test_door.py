"""Who may come in, and what HTTP says."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import aiohttp
import pytest

from realtime_widgets.local.realtime.rate_limits import SessionLimits

if TYPE_CHECKING:
    from tests.local.conftest import Endpoint, StartEndpoint

KEY = "correct-horse"


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def test_models_and_health(endpoint: Endpoint) -> None:
    async with endpoint.http.get(endpoint.url + "/v1/models") as answer:
        [model] = (await answer.json())["data"]
    assert model["object"] == "model"
    assert model["id"] == "local-stand-in"
    assert model["problem"] is None
    async with endpoint.http.get(endpoint.url + "/v1/models/gpt-realtime") as answer:
        assert (await answer.json())["id"] == "local-stand-in"
    async with endpoint.http.get(endpoint.url + "/health") as answer:
        assert (await answer.json())["status"] == "ok"


async def test_session_is_complete_and_honest(endpoint: Endpoint) -> None:
    client = await endpoint.connect("?model=gpt-realtime")
    session = client.events[0]["session"]
    assert session["id"].startswith("sess_")
    assert session["object"] == "realtime.session"
    assert session["model"] == "local-stand-in"
    assert session["expires_at"] > 0
    assert session["audio"]["input"]["turn_detection"] == {
        "type": "server_vad",
        "threshold": 0.5,
        "prefix_padding_ms": 300,
        "silence_duration_ms": 300,
        "idle_timeout_ms": None,
        "create_response": True,
        "interrupt_response": True,
    }


@pytest.mark.parametrize("path", ["/v1/models", "/v1/realtime"])
async def test_wrong_or_no_key_is_turned_away(start_endpoint: StartEndpoint, path: str) -> None:
    endpoint = await start_endpoint(api_key=KEY)
    for headers in ({}, bearer("wrong"), bearer("cl\u00e9"), {"Authorization": KEY}, bearer(KEY + "x")):
        async with endpoint.http.get(endpoint.url + path, headers=headers) as answer:
            assert answer.status == 401
            error = (await answer.json())["error"]
            assert error["code"] == "invalid_api_key"
            assert KEY not in error["message"]
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await endpoint.connect(headers=bearer("wrong"))
    assert refused.value.status == 401


async def test_key_opens(start_endpoint: StartEndpoint) -> None:
    endpoint = await start_endpoint(api_key=KEY)
    async with endpoint.http.get(endpoint.url + "/v1/models", headers=bearer(KEY)) as answer:
        assert answer.status == 200
    await endpoint.connect(headers=bearer(KEY))


async def test_browser_shows_its_key_as_a_subprotocol(start_endpoint: StartEndpoint) -> None:
    endpoint = await start_endpoint(api_key=KEY)
    protocols = ("realtime", f"openai-insecure-api-key.{KEY}")
    client = await endpoint.connect(protocols=protocols)
    assert client.socket.protocol == "realtime"
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await endpoint.connect(protocols=("realtime", "openai-insecure-api-key.wrong"))


async def test_pages_of_other_sites_stay_out_without_a_key(endpoint: Endpoint) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await endpoint.connect(headers={"Origin": "https://example.com"})
    assert refused.value.status == 403
    await endpoint.connect(headers={"Origin": "http://localhost:8888"})


@pytest.mark.parametrize(("query", "status"), [("?call_id=rtc_1", 404), ("?intent=dictation", 400)])
async def test_what_is_not_here_is_refused_at_the_door(endpoint: Endpoint, query: str, status: int) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await endpoint.connect(query)
    assert refused.value.status == status


async def test_plain_http_is_told_to_upgrade(endpoint: Endpoint) -> None:
    async with endpoint.http.get(endpoint.url + "/v1/realtime") as answer:
        assert answer.status == 426


async def test_number_of_sessions_is_limited(start_endpoint: StartEndpoint) -> None:
    endpoint = await start_endpoint(max_sessions=1)
    first = await endpoint.connect()
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await endpoint.connect()
    assert refused.value.status == 429
    await first.socket.close()
    await endpoint.connect()


async def test_frame_beyond_the_limit_ends_the_session(endpoint: Endpoint) -> None:
    client = await endpoint.connect()
    audio = "A" * (20 * 1024 * 1024 + 4)
    await client.socket.send_str('{"type": "input_audio_buffer.append", "audio": "' + audio + '"}')
    error = await client.refused()
    assert error["param"] == "audio"
    assert "15 MiB" in error["message"]
    with contextlib.suppress(ConnectionError):  # the server does not wait for the rest of the frame
        await client.socket.send_str("x" * (21 * 1024 * 1024))
    message = await client.socket.receive()
    assert message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
    await endpoint.connect()


async def test_session_ends_when_its_time_is_over(start_endpoint: StartEndpoint) -> None:
    endpoint = await start_endpoint(limits=SessionLimits(seconds=0.5))
    client = await endpoint.connect()
    assert (await client.refused())["code"] == "session_expired"
    message = await client.socket.receive()
    assert message.type is aiohttp.WSMsgType.CLOSE
    assert message.data == aiohttp.WSCloseCode.GOING_AWAY


async def test_server_that_ends_says_goodbye(start_endpoint: StartEndpoint) -> None:
    endpoint = await start_endpoint()
    client = await endpoint.connect()
    shutting_down = asyncio.create_task(endpoint.app.shutdown())
    message = await client.socket.receive()
    assert message.type is aiohttp.WSMsgType.CLOSE
    assert message.data == aiohttp.WSCloseCode.GOING_AWAY
    await shutting_down
