"""One endpoint over HTTP: where it is, and what is told of its refusals and of its key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets import AudioChat, ConnectionFailedError, Endpoint, ResponseFailedError
from tests.chat.chats import chat_with
from tests.chat.rest_server import refusal, written

if TYPE_CHECKING:
    from tests.chat.rest_server import RestServer


@pytest.mark.parametrize(
    ("status", "words"),
    [(401, "API key is wrong"), (404, "no /chat/completions at this address"), (429, "account's limits")],
)
async def test_a_refusal_names_the_cure_and_never_the_key(
    server: RestServer, keep: Any, status: int, words: str
) -> None:
    server.completions(refusal(status, "Incorrect API key provided: sk-secret-1.", "x"))
    chat = keep(chat_with(server))
    with pytest.raises(ConnectionFailedError, match=words) as failure:
        await chat.ask("Hello?")
    assert failure.value.http_status == status
    assert "secret" not in f"{failure.value}{failure.value!r}{chat!r}"


async def test_a_refusal_that_quotes_a_key_is_told_without_it(server: RestServer, keep: Any) -> None:
    server.completions(refusal(400, "Nothing for sk-secret-1 here."))
    chat = keep(chat_with(server))
    with pytest.raises(ResponseFailedError, match="Nothing for … here"):
        await chat.ask("Hello?")


async def test_nobody_at_the_address_is_told(keep: Any) -> None:
    chat = keep(AudioChat(endpoint="http://127.0.0.1:9/v1"))
    with pytest.raises(ConnectionFailedError, match="cannot be reached") as failure:
        await chat.ask("Hello?")
    assert failure.value.unreachable


async def test_a_client_of_the_openai_package_says_where_to_ask(server: RestServer, keep: Any) -> None:
    from openai import AsyncOpenAI

    server.completions(written("Yes."))
    chat = keep(AudioChat(client=AsyncOpenAI(base_url=server.url, api_key="sk-secret-2"), spoken=False))
    await chat.ask("Is it?")
    assert server.headers[0]["Authorization"] == "Bearer sk-secret-2"


async def test_an_endpoint_keeps_its_model(server: RestServer, keep: Any) -> None:
    server.completions(written("Yes."))
    chat = keep(
        AudioChat(endpoint=Endpoint(server.url, "our-model"), spoken=False, prices={"our-model": "gpt-audio"})
    )
    await chat.ask("Is it?")
    assert server.asked[0]["model"] == "our-model"
