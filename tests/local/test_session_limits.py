"""What a session may take: its context window, its rate limits, and settings that cannot change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets.local.realtime.images import image_tokens
from realtime_widgets.local.realtime.rate_limits import RateLimits, SessionLimits
from tests.local.support_probes import item

if TYPE_CHECKING:
    from tests.local.conftest import Client, Endpoint, StartEndpoint

#: About 10,000 tokens.
LONG_TEXT = "abcd" * 10_000


async def ask(client: Client, text: str) -> dict[str, Any]:
    await client.say(text, output_modalities=["text"])
    response: dict[str, Any] = (await client.until("response.done"))["response"]
    return response


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


async def test_rate_limits_are_told_after_each_response(client: Client) -> None:
    response = await ask(client, "hi")
    [requests, tokens] = (await client.until("rate_limits.updated"))["rate_limits"]
    assert (requests["name"], tokens["name"]) == ("requests", "tokens")
    assert requests["remaining"] >= requests["limit"] - 1
    assert tokens["limit"] - response["usage"]["total_tokens"] <= tokens["remaining"] <= tokens["limit"]


async def test_a_response_beyond_the_limit_fails(start_endpoint: StartEndpoint) -> None:
    endpoint = await start_endpoint(limits=SessionLimits(requests_per_minute=1))
    client = await endpoint.connect()
    assert (await ask(client, "hi"))["status"] == "completed"
    response = await ask(client, "again")
    assert response["status"] == "failed"
    error = response["status_details"]["error"]
    assert (error["type"], error["code"]) == ("rate_limit_error", "rate_limit_exceeded")
    assert (await client.until("rate_limits.updated"))["rate_limits"][0]["remaining"] == 0
    beside = await endpoint.connect()
    assert (await ask(beside, "hi"))["status"] == "completed"


def test_limits_come_back_within_a_minute() -> None:
    now = 0.0
    limits = RateLimits(SessionLimits(requests_per_minute=2, tokens_per_minute=100), lambda: now)
    assert limits.take_request() is None
    limits.take_tokens(150)
    reason = limits.take_request()
    assert reason is not None
    assert "tokens" in reason
    now = 31.0
    assert limits.take_request() is None
    now = 120.0
    assert [one["remaining"] for one in limits.public()] == [2, 100]
    assert [one["reset_seconds"] for one in limits.public()] == [0, 0]


@pytest.mark.parametrize("later", ["auto", None, {"workflow_name": "other"}])
async def test_tracing_cannot_be_changed_once_it_is_set(client: Client, later: Any) -> None:
    tracing = {"workflow_name": "talk", "metadata": {"a": 1}}
    await client.configure(tracing=tracing)
    await client.configure(tracing=tracing)
    await client.send("session.update", session={"type": "realtime", "tracing": later})
    error = await client.refused()
    assert (error["code"], error["param"]) == ("invalid_value", "session.tracing")


async def test_the_model_asked_for_may_be_named_again(client: Client) -> None:
    session = await client.configure(model="gpt-realtime")
    assert session["model"] == "local-stand-in"
    await client.configure(model="local-stand-in")


async def test_a_refused_update_changes_nothing(client: Client) -> None:
    before = await client.configure(instructions="Be kind.")
    await client.send("session.update", session={"type": "realtime", "instructions": "Be rude.", "model": "other"})
    await client.refused()
    assert await client.configure() == before


async def test_noise_reduction_keeps_its_strength(client: Client) -> None:
    def noise(value: Any) -> dict[str, Any]:
        return {"input": {"noise_reduction": value}}

    shown = []
    for value in ({"type": "near_field"}, {"strength": 0.25}, {"type": "far_field"}, None):
        session = await client.configure(audio=noise(value))
        shown.append(session["audio"]["input"]["noise_reduction"])
    assert shown == [
        {"type": "near_field", "strength": 1.0},
        {"type": "near_field", "strength": 0.25},
        {"type": "far_field", "strength": 0.25},
        None,
    ]


def test_images_cost_by_their_size() -> None:
    costs = [image_tokens(*size) for size in ((1, 1, "auto"), (1024, 1024, "high"), (4096, 2048, "high"))]
    assert costs == [85 + 170, 85 + 4 * 170, 85 + 6 * 170]
    assert image_tokens(4096, 4096, "low") == 85


async def test_images_are_counted_with_a_response(client: Client) -> None:
    await client.send("conversation.item.create", item=item("input_image"))
    details = (await ask(client, "hi"))["usage"]["input_token_details"]
    assert details["image_tokens"] == 255
    details = (await ask(client, "hi"))["usage"]["input_token_details"]
    assert details["cached_tokens_details"]["image_tokens"] == 255
