"""The idle timeout: a silence after an answer is committed and answered, counted in the session's own sound."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from tests.local.stand_ins import silence, tone

if TYPE_CHECKING:
    from tests.local.conftest import Client, Endpoint

IDLE = {"input": {"turn_detection": {"type": "server_vad", "idle_timeout_ms": 5000}}}


async def answered(client: Client) -> None:
    """Have a spoken turn answered; 900 ms are sent by then, and the answer takes 500 ms to play."""
    await client.append(tone(0.5) + silence(0.4))
    await client.until("response.done")


async def test_a_long_silence_is_committed_and_answered(client: Client) -> None:
    await client.configure(audio=IDLE)
    await answered(client)
    before = len(client.events)
    await client.append(silence(5.6))
    triggered = await client.until("input_audio_buffer.timeout_triggered")
    done = await client.until("response.done")

    kinds = [event["type"] for event in client.events[before:] if event["type"] != "rate_limits.updated"]
    assert kinds[:5] == [
        "input_audio_buffer.timeout_triggered",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "response.created",
    ]
    assert abs(triggered["audio_start_ms"] - 1400) < 50  # when the answer had been played
    assert abs(triggered["audio_end_ms"] - triggered["audio_start_ms"] - 5000) < 50
    committed = client.of("input_audio_buffer.committed")[-1]
    assert committed["item_id"] == triggered["item_id"]
    assert done["response"]["status"] == "completed"
    await client.send("conversation.item.retrieve", item_id=triggered["item_id"])
    [part] = (await client.until("conversation.item.retrieved"))["item"]["content"]
    assert abs(len(base64.b64decode(part["audio"])) / 48 - 5000) < 50


async def test_silence_again_is_answered_again(client: Client) -> None:
    await client.configure(audio=IDLE)
    await answered(client)
    for _ in range(2):
        await client.append(silence(5.6))
        await client.until("input_audio_buffer.timeout_triggered")
        await client.until("response.done")


async def test_nobody_is_hurried_before_the_first_answer_or_while_speaking(client: Client) -> None:
    await client.configure(audio=IDLE)
    await client.append(silence(8))
    assert await client.settled() == []
    await answered(client)
    await client.append(silence(4) + tone(3) + silence(0.4))
    await client.until("response.done")
    assert client.of("input_audio_buffer.timeout_triggered") == []


async def test_a_cough_begins_the_wait_anew(client: Client) -> None:
    await client.configure(audio=IDLE)
    await answered(client)
    await client.append(silence(4) + tone(0.3, 4000) + silence(4))
    assert "input_audio_buffer.timeout_triggered" not in [event["type"] for event in await client.settled()]
    await client.append(silence(1.5))
    await client.until("input_audio_buffer.timeout_triggered")


async def test_switched_off_it_waits_for_ever(client: Client) -> None:
    await client.configure(audio=IDLE)
    await answered(client)
    off = {"type": "server_vad", "idle_timeout_ms": None}
    await client.configure(audio={"input": {"turn_detection": off}})
    await client.append(silence(31))
    assert await client.settled() == []


async def test_a_commit_in_a_long_silence_takes_the_end_of_it(client: Client, endpoint: Endpoint) -> None:
    await client.configure(audio=IDLE)
    await answered(client)
    await client.append(silence(4))
    await client.send("input_audio_buffer.commit")
    item_id = (await client.until("input_audio_buffer.committed"))["item_id"]
    await client.send("conversation.item.retrieve", item_id=item_id)
    [part] = (await client.until("conversation.item.retrieved"))["item"]["content"]
    assert len(base64.b64decode(part["audio"])) / 48 < 600
