"""The application: its list of models, its health, and the door to the sessions."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

import realtime_widgets
from realtime_widgets.local.realtime.responses.rate_limits import SessionLimits

if TYPE_CHECKING:
    from tests.local.conftest import Endpoint, StartEndpoint


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


async def test_sessions_that_clients_close_leave_no_task(endpoint: Endpoint) -> None:
    problems: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: problems.extend(_of_the_package(context)))
    for _ in range(20):
        client = await endpoint.connect()
        await client.configure(instructions="Be brief.")
        await client.socket.close()
    async with asyncio.timeout(20):
        while any("Outbox.run" in repr(task) for task in asyncio.all_tasks()):
            gc.collect()
            await asyncio.sleep(0)
    assert problems == []


def _of_the_package(context: dict[str, Any]) -> list[str]:
    """Return what an exception handler was told; nothing if a task of other code failed, from other tests."""
    future = context.get("future")
    code = getattr(future.get_coro(), "cr_code", None) if isinstance(future, asyncio.Task) else None
    package = str(Path(realtime_widgets.__file__).parent)
    return [str(context)] if code is None or code.co_filename.startswith(package) else []


async def test_server_that_ends_says_goodbye(start_endpoint: StartEndpoint) -> None:
    endpoint = await start_endpoint()
    client = await endpoint.connect()
    shutting_down = asyncio.create_task(endpoint.app.shutdown())
    message = await client.socket.receive()
    assert message.type is aiohttp.WSMsgType.CLOSE
    assert message.data == aiohttp.WSCloseCode.GOING_AWAY
    await shutting_down


async def test_the_shape_of_2024_is_refused_as_the_service_does(endpoint: Endpoint) -> None:
    headers = {"OpenAI-Beta": "realtime=v1"}
    async with endpoint.http.ws_connect(f"{endpoint.url}/v1/realtime", headers=headers) as socket:
        event = await socket.receive_json()
        assert (event["type"], event["error"]["code"]) == ("error", "beta_api_shape_disabled")
        closed = await socket.receive()
        assert (closed.type, closed.data) == (aiohttp.WSMsgType.CLOSE, 4000)
        assert closed.extra == "invalid_request_error.beta_api_shape_disabled"
    await endpoint.connect()


@pytest.mark.parametrize("model", ["gpt-live-1", "gpt-live-1.1"])
async def test_a_live_model_is_told_to_be_another_protocol(endpoint: Endpoint, model: str) -> None:
    async with endpoint.http.ws_connect(f"{endpoint.url}/v1/realtime?model={model}") as socket:
        error = (await socket.receive_json())["error"]
        assert (error["type"], error["code"], error["param"]) == (
            "invalid_request_error",
            "invalid_model",
            "model",
        )
        assert "/v1/live/sessions" in error["message"]
        closed = await socket.receive()
        assert (closed.data, closed.extra) == (4000, "invalid_request_error.invalid_model")
