"""What whoever runs the endpoint can see of it: its metrics, the numbers of each session, its log."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING

import aiohttp
import pytest

from realtime_widgets.local.logs import SPEECH, JsonLines
from tests.local.stand_ins import silence, tone

if TYPE_CHECKING:
    from tests.local.conftest import Endpoint, StartEndpoint

KEY = "correct-horse"


async def shown(endpoint: Endpoint) -> dict[str, float]:
    async with endpoint.http.get(endpoint.url + "/metrics") as answer:
        assert answer.status == 200
        lines = (await answer.text()).splitlines()
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if line[0] != "#")}


async def sessions(endpoint: Endpoint) -> list[dict[str, object]]:
    async with endpoint.http.get(endpoint.url + "/metrics?sessions") as answer:
        found: list[dict[str, object]] = (await answer.json())["sessions"]
        return found


async def test_a_spoken_turn_is_counted_for_its_session_and_for_all(endpoint: Endpoint) -> None:
    client = await endpoint.connect()
    await client.append(tone(1.0) + silence(1.0))
    await client.until("response.done")
    [session] = await sessions(endpoint)
    assert (session["turns"], session["responses"]) == (1, {"completed": 1})
    assert session["voice_seconds"] == 0.5
    await client.send("no.such.event")
    await client.until("error")
    counts = await shown(endpoint)
    assert counts["realtime_widgets_sessions"] == 1
    assert counts["realtime_widgets_turns_total"] == 1
    assert counts['realtime_widgets_responses_total{status="completed"}'] == 1
    assert counts["realtime_widgets_answer_gap_seconds_count"] == 1
    assert sum(value for name, value in counts.items() if name.startswith("realtime_widgets_errors_total")) == 1


async def test_the_log_line_of_a_session_holds_its_numbers_and_nothing_that_was_said(
    endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "realtime_widgets"):
        client = await endpoint.connect()
        await client.say("my secret plan")
        await client.until("response.done")
        await client.socket.close()
        while await sessions(endpoint):
            pass  # each look lets the server go on
    lines = [JsonLines().format(record) for record in caplog.records]
    ends = [json.loads(line) for line in lines if "ends" in line]
    assert len(ends) == 1
    assert (ends[0]["kind"], ends[0]["responses"], ends[0]["level"]) == ("websocket", {"completed": 1}, "info")
    assert "secret plan" not in "".join(lines)


async def test_speech_is_logged_where_it_is_asked_for(
    endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, SPEECH.name):
        client = await endpoint.connect()
        await client.append(tone(1.0) + silence(1.0))
        await client.until("response.done")
    assert "heard: hello there" in caplog.messages
    assert any(message.startswith("said: ") for message in caplog.messages)


async def test_metrics_are_for_who_has_the_key(start_endpoint: StartEndpoint) -> None:
    endpoint = await start_endpoint(api_key=KEY)
    async with endpoint.http.get(endpoint.url + "/metrics") as answer:
        assert answer.status == 401


async def test_of_21_sessions_20_talk_and_one_is_refused(start_endpoint: StartEndpoint) -> None:
    endpoint = await start_endpoint(max_sessions=20)
    clients = [await endpoint.connect() for _ in range(20)]
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await endpoint.connect()
    assert refusal.value.status == 429

    async def turn(number: int) -> None:
        client = clients[number]
        await client.append(tone(1.0) + silence(1.0))
        await client.until("response.done")
        assert len(client.of("input_audio_buffer.committed")) == 1
        assert [event["response"]["status"] for event in client.of("response.done")] == ["completed"]

    await asyncio.gather(*(turn(number) for number in range(20)))
    assert (await shown(endpoint))["realtime_widgets_turns_total"] == 20
