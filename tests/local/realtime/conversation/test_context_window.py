"""The context window: the oldest items leave it, or the response fails, as the session is configured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets.local.realtime.responses.rate_limits import SessionLimits

if TYPE_CHECKING:
    from tests.local.conftest import Client, Endpoint, StartEndpoint


#: About 10,000 tokens.
LONG_TEXT = "abcd" * 10_000


async def ask(client: Client, text: str) -> dict[str, Any]:
    await client.say(text, output_modalities=["text"])
    response: dict[str, Any] = (await client.until("response.done"))["response"]
    return response


@pytest.fixture
async def endpoint(start_endpoint: StartEndpoint) -> Endpoint:
    """An endpoint whose model takes about as much as those of 2025."""
    return await start_endpoint(limits=SessionLimits(context_tokens=32_768))


async def test_the_oldest_items_leave_a_full_window(client: Client, endpoint: Endpoint) -> None:
    for name in "ab":
        await ask(client, f"{name}{LONG_TEXT}")
    await ask(client, "short")
    seen = [item["content"][0]["text"] for item in endpoint.brain.requests[-1].items]
    assert len(seen) < 5
    assert seen[-1] == "short"
    usage = client.of("response.done")[-1]["response"]["usage"]
    assert usage["input_tokens"] <= 28_672
    # What was dropped stays in the conversation for the client.
    first = client.of("conversation.item.done")[0]["item"]["id"]
    await client.send("conversation.item.retrieve", item_id=first)
    await client.until("conversation.item.retrieved")


async def test_a_retention_ratio_drops_more_and_keeps_the_cache(client: Client, endpoint: Endpoint) -> None:
    limits = {"post_instructions": 1000}
    truncation = {"type": "retention_ratio", "retention_ratio": 0.5, "token_limits": limits}
    await client.configure(truncation=truncation, output_modalities=["text"])
    cached = []
    for index in range(12):
        usage = (await ask(client, f"{index}" + "abcd" * 99))["usage"]
        assert usage["input_tokens"] <= 1000
        cached.append(usage["input_token_details"]["cached_tokens"])
    # Dropped in a few large steps: most answers still find what came before them in the cache.
    assert 1 <= cached[1:].count(0) <= 5


async def test_a_full_window_is_an_error_where_truncation_is_disabled(client: Client) -> None:
    await client.configure(truncation="disabled")
    await ask(client, LONG_TEXT)
    response = await ask(client, LONG_TEXT)
    assert response["status"] == "failed"
    assert response["status_details"]["error"]["code"] == "context_length_exceeded"
    await client.configure(truncation="auto")
    assert (await ask(client, "short"))["status"] == "completed"


async def test_a_window_is_as_long_as_those_of_todays_models(start_endpoint: StartEndpoint) -> None:
    client = await (await start_endpoint()).connect()
    await client.configure(truncation="disabled", output_modalities=["text"])
    for _ in range(6):
        assert (await ask(client, LONG_TEXT))["status"] == "completed"
