"""Requests and tokens of a session by the minute."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realtime_widgets.local.realtime.responses.rate_limits import RateLimits, SessionLimits

if TYPE_CHECKING:
    from tests.local.conftest import Client, StartEndpoint


async def ask(client: Client, text: str) -> dict[str, Any]:
    await client.say(text, output_modalities=["text"])
    response: dict[str, Any] = (await client.until("response.done"))["response"]
    return response


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
    assert limits.count_request() is None
    limits.count_tokens(150)
    reason = limits.count_request()
    assert reason is not None
    assert "tokens" in reason
    now = 31.0
    assert limits.count_request() is None
    now = 120.0
    assert [one["remaining"] for one in limits.public()] == [2, 100]
    assert [one["reset_seconds"] for one in limits.public()] == [0, 0]
