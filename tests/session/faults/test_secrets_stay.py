"""Keys go to their service alone: whatever fails, no text, frame, log, transcript or journal shows one."""

from __future__ import annotations

import json
import logging
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest

from devtools.endpoints.serving import serving
from realtime_widgets import (
    AudioChat,
    ConfigurationError,
    ConnectionFailedError,
    Endpoint,
    HostedMcp,
    RealtimeSession,
    SpeechPipeline,
)
from realtime_widgets.testing import Call, ScriptedServer, Talk, close, emit, expect
from tests.session.watching import notices
from tests.tracebacks import key, leaks

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from websockets.asyncio.server import ServerConnection
    from websockets.http11 import Request, Response

    from tests.conftest import Open


def password() -> str:
    return "-".join(("proxys", "pass", "9173"))


@asynccontextmanager
async def door(status: int, seen: list[Request], **headers: str) -> AsyncIterator[str]:
    """Answer each handshake with a status, and with headers and a text that quote the key."""

    def answer(client: ServerConnection, request: Request) -> Response:
        seen.append(request)
        response = client.respond(HTTPStatus(status), f"not with {key()}\n")
        for name, value in headers.items():
            response.headers[name] = value
        return response

    async def never(client: ServerConnection) -> None:
        raise AssertionError

    async with serving(never, process_request=answer) as port:
        yield f"http://127.0.0.1:{port}/v1"


def asked(url: str, **options: Any) -> Endpoint:
    return Endpoint(url, "m", api_key=key(), extra_headers={"X-Api-Token": key()}, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500])
@pytest.mark.parametrize("dialect", ["ga", "2024"])
async def test_a_refused_handshake_shows_no_key_though_locals_are_shown(status: int, dialect: Any) -> None:
    async with door(status, []) as url:
        session = RealtimeSession(endpoint=asked(url, dialect=dialect))
        with pytest.raises(ConnectionFailedError, match=str(status)) as failed:
            await session.start()
        assert leaks(failed.value) == []
        await session.close()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_neither_key_nor_talk_follow_a_redirect(status: int) -> None:
    elsewhere: list[Request] = []
    async with door(404, elsewhere) as other, door(status, [], Location=other + "/realtime") as url:
        session = RealtimeSession(endpoint=asked(url))
        with pytest.raises(ConnectionFailedError, match=f"HTTP {status}: it sends requests on") as failed:
            await session.start()
        assert "name that address as endpoint=" in str(failed.value)
        await session.close()
    assert elsewhere == []


@pytest.mark.parametrize("proxy", ["http", "nonsense", "socks5"])
async def test_a_proxy_is_told_without_its_password(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", f"{proxy}://me:{password()}@127.0.0.1:9")
    session = RealtimeSession(endpoint=asked("http://voice.example/v1"))
    with pytest.raises(ConnectionFailedError) as failed:
        await session.start()
    told = [failed.value, session.runtime.closed_reason, *notices(session)]
    assert leaks(*told, secret=password) == []
    assert leaks(*told) == []
    await session.close()


def quoting() -> list[Any]:
    """What a server says that quotes the key wherever it can."""
    talk = Talk()
    quoted = {"type": "invalid_request_error", "code": "odd", "message": f"no {key()} here"}
    return [
        *talk.start(instructions=f"Your key is {key()}"),
        *talk.text_turn("Hi", f"You are {key()}."),
        emit("error", error=quoted),
        emit("something.new", key=key()),
        *talk.text_turn("Again", "Yes."),
        expect("conversation.item.create"),
        close(1011, f"{key()} is over"),
    ]


async def test_a_server_that_quotes_the_key_is_masked_at_every_way_out(
    connect: Open, caplog: pytest.LogCaptureFixture, tmp_path: Any
) -> None:
    caplog.set_level(logging.INFO)
    async with ScriptedServer(quoting()) as server:
        session = connect(server, api_key=key(), reconnect=False)
        events = session.events()
        first = await session.ask("Hi")
        assert first.text == "You are …."
        await session.ask("Again")
        with pytest.raises(ConnectionFailedError) as failed:
            await session.ask("And?")
        assert "… is over" in str(failed.value)
        session.journal.save(tmp_path / "talk.jsonl")
        followed = [repr(event) async for event in events]
        shown = [str(failed.value), *notices(session), session.transcript, *followed, repr(first)]
        shown += [session.conversation.to_markdown(), json.dumps(session.conversation.to_records())]
        shown += [(tmp_path / "talk.jsonl").read_text(), caplog.text, session.runtime.closed_reason]
        assert any("no … here" in text for text in shown)
        assert leaks(failed.value, *shown) == []


async def test_what_local_servers_are_given_in_place_of_a_key_may_be_said(connect: Open) -> None:
    talk = Talk()
    async with ScriptedServer([*talk.start(), *talk.text_turn("Hi", "I run on ollama.")]) as server:
        session = connect(server, api_key="ollama")
        assert (await session.ask("Hi")).text == "I run on ollama."


async def test_a_tool_that_quotes_the_key_is_masked_for_the_model_and_the_card(connect: Open) -> None:
    talk = Talk()

    async def leak() -> str:
        """Say what nobody should."""
        return f"OPENAI_API_KEY={key()}"

    async def fail() -> str:
        """Fail with what nobody should say."""
        raise RuntimeError(f"Incorrect API key provided: {key()}")

    script = [*talk.start(), *talk.function_call_turn("Go", [Call("leak", {}), Call("fail", {})], "Done.")]
    async with ScriptedServer(script) as server:
        session = connect(server, api_key=key(), tools=[leak, fail])
        reply = await session.ask("Go")
        told = json.dumps(server.received_of("conversation.item.create"), ensure_ascii=False)
        assert "OPENAI_API_KEY=…" in told
        assert "Incorrect API key provided: …" in told
        assert leaks(told, *map(repr, (reply, *reply.tool_calls))) == []


MAKES: dict[str, Callable[[], object]] = {
    "session": lambda: RealtimeSession(api_key=key(), turn_detection="never"),  # type: ignore[arg-type]
    "address": lambda: RealtimeSession(endpoint="nowhere", api_key=key()),
    "key of two lines": lambda: RealtimeSession(endpoint="openai", api_key=f"{key()}\nX: y"),
    "endpoint": lambda: Endpoint("http://127.0.0.1:1/v1", "m", api_key=key(), dialect="no"),  # type: ignore[arg-type]
    "headers": lambda: Endpoint("ftp://x", "m", extra_headers={"X-Key": key()}),
    "azure": lambda: Endpoint.azure("nowhere", "d", api_key=key()),
    "chat": lambda: AudioChat(api_key=key(), audio_format="tape"),  # type: ignore[arg-type]
    "pipeline": lambda: SpeechPipeline(api_key=key(), think="nowhere"),
    "stage": lambda: SpeechPipeline(endpoint="local", think={"api_key": key(), "modle": "x"}),
    "hosted": lambda: HostedMcp("docs", authorization=key(), headers={"X": key()}),
    "hosted key of two lines": lambda: HostedMcp("docs", "https://x/mcp", authorization=f"{key()}\nX: y"),
    "key as address": lambda: RealtimeSession(endpoint=key()),
    "key as resource": lambda: RealtimeSession(endpoint=f"azure:{key()}", model="d"),
    "key as port": lambda: RealtimeSession(endpoint=f"https://me:{key()}"),
    "key as model": lambda: RealtimeSession(endpoint="http://127.0.0.1:1/v1", model=key()),
    "unknown argument": lambda: Endpoint("http://127.0.0.1:1/v1", "m", api_key=key(), modle="x"),  # type: ignore[call-arg]
}


@pytest.mark.parametrize("made", MAKES)
def test_what_cannot_be_made_shows_no_key_though_locals_are_shown(made: str) -> None:
    with pytest.raises((ConfigurationError, TypeError)) as failed:
        MAKES[made]()
    assert leaks(failed.value) == []


@pytest.mark.parametrize("variable", ["OPENAI_BASE_URL", "AZURE_OPENAI_ENDPOINT"])
def test_a_key_in_the_variable_of_an_address_is_not_shown(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, key())
    with pytest.raises(ConfigurationError, match="not a key, which belongs in api_key=") as failed:
        RealtimeSession(endpoint="azure" if variable.startswith("AZURE") else None, model="d")
    assert leaks(failed.value) == []


async def test_a_provider_that_gives_what_cannot_be_a_key_shows_nothing_of_it(connect: Open) -> None:
    session = connect("http://127.0.0.1:9/v1", api_key=lambda: f"{key()} and more")
    with pytest.raises(ConfigurationError, match="characters that cannot be in a key") as failed:
        await session.start()
    assert leaks(failed.value) == []
