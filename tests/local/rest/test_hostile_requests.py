"""Requests no client should send: the right refusal, never a failure, and the server lives on."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from realtime_widgets.local.rest import bodies
from tests.local.rest.audio.test_speech import GatedSynthesiser

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.local.conftest import StartEndpoint
    from tests.local.rest.conftest import Service

ROUTES = ["/chat/completions", "/audio/speech", "/moderations", "/realtime/client_secrets"]
BODIES = [
    b"",
    b"null",
    b"[]",
    b"42",
    b'"text"',
    b"{",
    b"{}}",
    b"\xff\xfe\x00",
    b'{"model": "\xc3"}',
    b"[" * 100_000,
    b'{"messages": ' * 50_000,
    b'{"messages": ' + b"[" * 900 + b"]" * 900 + b"}",
    b'{"input": "\\ud800", "model": "m", "voice": "marin"}',
    b'{"n": ' + b"9" * 5000 + b"}",
    b'{"speed": 1e999}',
    b'{"input": NaN}',
    b'{"model": "a", "model": 5, "model": null}',
]


async def assert_refused(service: Service, route: str, body: bytes, **headers: str) -> None:
    url, headers = service.url + route, {**service.headers, "Content-Type": "application/json", **headers}
    async with service.endpoint.http.post(url, data=body, headers=headers) as answer:
        assert 400 <= answer.status < 500
        text = await answer.text()
    assert json.loads(text)["error"]["message"]
    assert len(text) < 3000


@pytest.mark.parametrize("route", ROUTES)
async def test_broken_bodies(service: Service, route: str) -> None:
    for body in BODIES:
        await assert_refused(service, route, body)


async def test_bodies_beyond_the_limit(service: Service) -> None:
    for route in ROUTES:
        body = json.dumps({"input": "x" * 33 * 1024 * 1024}).encode()
        url = service.url + route
        async with service.endpoint.http.post(url, data=body, headers=service.headers) as answer:
            assert answer.status == 413
            assert (await answer.json())["error"]["code"] == "request_too_large"


async def test_packed_body_is_limited_by_what_it_unpacks_to(service: Service) -> None:
    body = gzip.compress(b" " * 200 * 1024 * 1024)
    assert len(body) < 300_000
    await assert_refused(service, "/moderations", body, **{"Content-Encoding": "gzip"})
    await assert_refused(service, "/moderations", b"not gzip at all", **{"Content-Encoding": "gzip"})


NAMES = ["model", "messages", "role", "content", "type", "text", "input", "voice", "audio", "modalities", "format"]
NAMES += ["tools", "function", "name", "parameters", "tool_choice", "stream", "n", "session", "expires_after"]
NAMES += [
    "seconds",
    "input_audio",
    "data",
    "tool_calls",
    "id",
    "arguments",
    "image_url",
    "url",
    "stop",
    "metadata",
]
WORDS = [
    "user",
    "assistant",
    "tool",
    "system",
    "text",
    "input_audio",
    "image_url",
    "function",
    "realtime",
    "marin",
]
WORDS += ["wav", "pcm16", "audio", "", "\x00", "\ud83d\ude00" * 50, "A" * 3000, "transcription", "auto", "none"]


def scrambled(chance: random.Random, value: Any, depth: int = 0) -> Any:
    """A value like the given one, with some of it replaced."""
    if chance.random() < 0.12 or value is None:
        return chance.choice(
            [None, True, -1, 2**70, 1e300, [], {}, *chance.sample(WORDS, 3), [{}], {"type": chance.choice(WORDS)}]
        )
    if isinstance(value, dict):
        changed = {key: scrambled(chance, inner, depth + 1) for key, inner in value.items()}
        if chance.random() < 0.2:
            changed[chance.choice(NAMES)] = chance.choice(WORDS)
        if changed and chance.random() < 0.1:
            del changed[chance.choice(list(changed))]
        return changed
    return [scrambled(chance, inner, depth + 1) for inner in value] if isinstance(value, list) else value


GOOD: dict[str, dict[str, Any]] = {
    "/chat/completions": {
        "model": "m",
        "messages": [
            {"role": "system", "content": "x"},
            {
                "role": "user",
                "content": [{"type": "text", "text": "x"}, {"type": "image_url", "image_url": {"url": ""}}],
            },
            {
                "role": "user",
                "content": [{"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}],
            },
            {"role": "assistant", "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f"}}]},
            {"role": "tool", "tool_call_id": "c", "content": "y"},
            {"role": "assistant", "audio": {"id": "audio_x"}},
        ],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "modalities": ["text", "audio"],
        "audio": {"voice": "marin", "format": "wav"},
        "stop": ["x"],
        "metadata": {"a": "b"},
    },
    "/audio/speech": {"model": "m", "input": "x", "voice": "marin", "response_format": "mp3", "speed": 9},
    "/moderations": {"input": [{"type": "text", "text": "x"}, 5]},
    "/realtime/client_secrets": {
        "expires_after": {"anchor": "created_at", "seconds": 5},
        "session": {
            "type": "realtime",
            "audio": {"input": {"turn_detection": {"type": "server_vad"}}},
            "tools": [],
        },
    },
}


@pytest.mark.parametrize("route", ROUTES)
async def test_scrambled_bodies(service: Service, route: str) -> None:
    chance = random.Random(7)
    url = service.url + route
    for _ in range(150):
        body = scrambled(chance, GOOD[route])
        async with service.endpoint.http.post(url, json=body, headers=service.headers) as answer:
            assert answer.status < 500, body
            if answer.status >= 400:
                assert (await answer.json())["error"]["message"]
            else:
                await answer.read()
    assert (await service.client.moderations.create(input="still here")).results[0].flagged is False


async def test_unknown_routes_and_methods_are_told_in_the_services_shape(service: Service) -> None:
    http, headers = service.endpoint.http, service.headers
    async with http.post(service.url + "/embeddings", json={}, headers=headers) as answer:
        assert answer.status == 404
        assert "POST /v1/embeddings" in (await answer.json())["error"]["message"]
    async with http.get(service.url + "/chat/completions", headers=headers) as answer:
        assert answer.status == 405
        assert answer.headers["Allow"] == "POST"
        assert (await answer.json())["error"]["type"] == "invalid_request_error"
    for route in (*ROUTES, "/audio/transcriptions"):
        async with http.post(service.url + route, json={}) as answer:
            assert answer.status == 401
            assert (await answer.json())["error"]["code"] == "invalid_api_key"


async def test_client_that_breaks_off_its_upload_leaves_nothing_behind(service: Service) -> None:
    host, port = service.url.removeprefix("http://").removesuffix("/v1").split(":")
    for _ in range(40):  # more than may be under way at the same time
        _, writer = await asyncio.open_connection(host, int(port))
        key = service.headers["Authorization"]
        head = (
            f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: {key}\r\nContent-Length: 99\r\n\r\n"
        )
        writer.write(head.encode() + b'{"model": ')
        await writer.drain()
        writer.close()
        await writer.wait_closed()
    answer = await service.client.chat.completions.create(
        model="gpt-audio", messages=[{"role": "user", "content": "hello"}]
    )
    assert answer.choices[0].message.content == "You said: hello."


@pytest.mark.parametrize(
    ("route", "kind", "start"),
    [
        ("chat/completions", "application/json", b'{"model": '),
        ("audio/transcriptions", "multipart/form-data; boundary=x", b"--x\r\n"),
    ],
)
async def test_body_that_does_not_come_is_not_waited_for(
    service: Service, monkeypatch: pytest.MonkeyPatch, route: str, kind: str, start: bytes
) -> None:
    monkeypatch.setattr(bodies, "UPLOAD_SECONDS", 0.05)

    async def slow() -> AsyncIterator[bytes]:
        yield start
        await asyncio.Event().wait()

    headers = {**service.headers, "Content-Type": kind}
    async with service.endpoint.http.post(f"{service.url}/{route}", data=slow(), headers=headers) as answer:
        assert answer.status == 408
        assert (await answer.json())["error"]["code"] == "request_timeout"


async def test_requests_beyond_the_limit_are_refused_until_one_ends(start_endpoint: StartEndpoint) -> None:
    from realtime_widgets.local.inference.loading import SYNTHESIS
    from realtime_widgets.local.rest.routes import MAX_REQUESTS

    synthesiser = GatedSynthesiser()
    endpoint = await start_endpoint(loaders={SYNTHESIS: lambda: synthesiser})
    url, body = endpoint.url + "/v1/audio/speech", {"model": "m", "voice": "marin", "input": "Hello."}
    body["response_format"] = "pcm"
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as http:
        running = [await http.post(url, json=body) for _ in range(MAX_REQUESTS)]
        async with http.post(url, json=body) as answer:
            assert answer.status == 429
            assert (await answer.json())["error"]["type"] == "rate_limit_error"
        for _ in range(4 * MAX_REQUESTS):
            synthesiser.gate.release()
        assert {len(await one.read()) for one in running} == {5 * 24_000}
        for _ in range(4):
            synthesiser.gate.release()
        async with http.post(url, json=body) as answer:
            assert answer.status == 200
            await answer.read()
