"""Keys of `AudioChat`: whatever fails, no text or frame shows one, and no redirect carries one away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from realtime_widgets import AudioChat, ConnectionFailedError, RealtimeWidgetsError
from tests.chat.rest_server import RestServer, chunk, events, refusal, written
from tests.tracebacks import key, leaks

if TYPE_CHECKING:
    from tests.chat.rest_server import Answer


def password() -> str:
    return "-".join(("proxys", "pass", "9173"))


def chat_with(url: str) -> AudioChat:
    return AudioChat(endpoint=url, api_key=key(), spoken=False)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 429, 500, 503])
async def test_a_refusal_shows_no_key_though_locals_are_shown(server: RestServer, keep: Any, status: int) -> None:
    server.completions(refusal(status, f"not with {key()}"))
    with pytest.raises(RealtimeWidgetsError) as failed:
        await keep(chat_with(server.url)).ask("Hello?")
    assert leaks(failed.value) == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_refused_with_its_cure(server: RestServer, keep: Any, status: int) -> None:
    server.completions(redirect(status, f"{server.url}/elsewhere"))
    with pytest.raises(ConnectionFailedError, match="name that address as endpoint=") as failed:
        await keep(chat_with(server.url)).ask("Hello?")
    assert leaks(failed.value) == []
    assert len(server.asked) == 1


def redirect(status: int, location: str) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers={"Location": location})

    return answer


async def test_an_answer_and_an_error_in_it_that_quote_the_key_are_masked(server: RestServer, keep: Any) -> None:
    failing = events(chunk({"content": "It"}), {"error": {"message": f"no {key()} here"}})
    server.completions(written(f"You see {key()} here."), failing)
    chat = keep(chat_with(server.url))
    reply = await chat.ask("Hello?")
    assert reply.text == "You see … here."
    with pytest.raises(RealtimeWidgetsError, match="no … here") as failed:
        await chat.ask("And?")
    assert leaks(failed.value, repr(reply), repr(chat.messages)) == []


@pytest.mark.parametrize("proxy", ["http", "nonsense", "socks5"])
async def test_a_proxy_is_told_without_its_password(
    keep: Any, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", f"{proxy}://me:{password()}@127.0.0.1:9")
    with pytest.raises(ConnectionFailedError) as failed:
        await keep(chat_with("http://voice.example/v1")).ask("Hello?")
    assert leaks(failed.value, secret=password) == []
    assert leaks(failed.value) == []


async def test_an_endpoint_that_is_not_there_shows_no_key(keep: Any, unused_tcp_port: int) -> None:
    with pytest.raises(ConnectionFailedError, match="cannot be reached") as failed:
        await keep(chat_with(f"http://127.0.0.1:{unused_tcp_port}/v1")).ask("Hello?")
    assert leaks(failed.value) == []
