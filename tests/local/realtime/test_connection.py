"""A thousand broken, hostile and misplaced messages over real sockets, while somebody beside talks undisturbed."""

from __future__ import annotations

import asyncio
import json
import random
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import WSMsgType

from realtime_widgets.local.realtime.client_events import EVENTS
from tests.local.stand_ins import silence, tone

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.local.conftest import Client, Endpoint

COUNT, BATCH, SEED = 1000, 20, 20_261_125
#: What a broken message may be answered with; nothing in it may be a failure of the server's own.
CODES = {
    "conversation_already_has_active_response",
    "input_audio_buffer_commit_empty",
    "input_audio_buffer_full",
    "invalid_event",
    "invalid_tool_call_id",
    "invalid_value",
    "item_delete_invalid_item_id",
    "item_retrieve_invalid_item_id",
    "item_truncate_invalid_item_id",
    "missing_required_parameter",
    "response_cancel_not_active",
    "string_above_max_length",
    "unknown_parameter",
    "unsupported_content_type",
}
VALID: dict[str, dict[str, Any]] = {
    "session.update": {
        "session": {
            "type": "realtime",
            "instructions": "x",
            "audio": {
                "input": {"turn_detection": {"type": "server_vad", "threshold": 0.5}},
                "output": {"speed": 1.1},
            },
            "tools": [{"type": "function", "name": "f", "parameters": {"type": "object"}}],
        }
    },
    "input_audio_buffer.append": {"audio": "AAAA" * 400},
    "conversation.item.create": {
        "item": {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "x"}]},
        "previous_item_id": "root",
    },
    "conversation.item.retrieve": {"item_id": "item_x"},
    "conversation.item.delete": {"item_id": "item_x"},
    "conversation.item.truncate": {"item_id": "item_x", "content_index": 0, "audio_end_ms": 10},
    "response.create": {"response": {"output_modalities": ["text"], "metadata": {"a": "b"}, "input": []}},
    "response.cancel": {"response_id": "resp_x"},
}
STRANGE: list[Any] = [
    None, True, -1, 0, 1.5, 10**400, -(2**63), "", "x", "\x00", "\u202e", "\ud83d", "A" * 5000, [], {}, [[[]]],
    {"type": "message"}, ["audio", "text"], "audio/pcmu", "root", [None], {"": None}, float("1e308"),
]  # fmt: skip


def broken(rng: random.Random) -> dict[str, Any]:
    """A good event with something wrong in it, or a good one at a wrong time."""
    kind = rng.choice(sorted(EVENTS))
    event = json.loads(json.dumps({"type": kind, **VALID.get(kind, {})}))
    for _ in range(rng.randint(0, 3)):
        place = event
        while inner := [value for value in place.values() if isinstance(value, dict) and value]:
            if rng.random() < 0.3:
                break
            place = rng.choice(inner)
        name = rng.choice([*place, rng.choice(["extra", "id", "type", "audio"])])
        if rng.random() < 0.2:
            place.pop(name, None)
        else:
            place[name] = rng.choice(STRANGE)
    return dict(event)


def deep(rng: random.Random) -> str:
    depth = rng.choice([100, 3000, 100_000])
    opening, closing = rng.choice([("[", "]"), ('{"a":', "}")])
    return (
        '{"type": "session.update", "session": ' + opening * depth + "1" * (opening != "[") + closing * depth + "}"
    )


def huge(rng: random.Random) -> str:
    name = rng.choice(["type", "event_id", "audio", "x" * 100_000])
    return json.dumps({"type": "input_audio_buffer.append", name: "A" * rng.choice([600, 100_000, 1_000_003])})


def cut(rng: random.Random) -> str:
    frame = json.dumps(broken(rng), ensure_ascii=True)
    return frame[: rng.randrange(len(frame))]


TEXTS: list[Callable[[random.Random], str]] = [lambda rng: json.dumps(broken(rng))] * 14 + [deep, huge, cut, cut]


class Attacker:
    """Sends messages and sees to it that each is answered rightly; comes back when it was put out cleanly."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.closes: list[int | None] = []
        self.codes: set[str] = set()

    async def run(self, rng: random.Random) -> None:
        client = await self.endpoint.connect()
        for batch in range(COUNT // BATCH):
            for _ in range(BATCH):
                if rng.random() < 0.05:
                    await client.socket.send_bytes(rng.randbytes(rng.choice([0, 1, 50_000])))
                else:
                    await client.socket.send_str(rng.choice(TEXTS)(rng))
            await self.still_served(client, f"mark {batch}")
            if batch % 5 == 4:
                await self.half_a_character(client)
                client = await self.endpoint.connect()

    async def still_served(self, client: Client, mark: str) -> None:
        """Have one more request answered; all errors before it are of the kinds they should be."""
        await client.send("conversation.item.delete", item_id="nothing", event_id=mark)
        while True:
            event = await client.receive()
            if event["type"] == "error":
                assert event["error"]["code"] in CODES, event
                assert len(json.dumps(event)) < 3000
                self.codes.add(event["error"]["code"])
                if event["error"]["event_id"] == mark:
                    return

    async def half_a_character(self, client: Client) -> None:
        await client.socket.send_frame('{"type": "é'.encode()[:-1], WSMsgType.TEXT)
        while (message := await client.socket.receive()).type is WSMsgType.TEXT:
            pass
        assert message.type in (WSMsgType.CLOSE, WSMsgType.CLOSED)
        self.closes.append(client.socket.close_code)


async def test_a_thousand_hostile_messages_and_somebody_beside(endpoint: Endpoint) -> None:
    endpoint.synthesiser.free = 10_000
    beside = await endpoint.connect()
    attacker = Attacker(endpoint)
    attack = asyncio.create_task(attacker.run(random.Random(SEED)))
    turns = 0
    while not attack.done() or turns < 3:
        await beside.append(tone(0.5) + silence(0.5))
        response = (await beside.until("response.done"))["response"]
        assert response["status"] == "completed"
        assert response["output"][0]["content"][0]["transcript"] == "You said: hello there."
        turns += 1
    await attack
    assert attacker.closes == [aiohttp.WSCloseCode.INVALID_TEXT] * 10
    assert attacker.codes >= CODES - {
        "input_audio_buffer_full",
        "unsupported_content_type",
        "invalid_tool_call_id",
    }
    assert beside.of("error") == []
    async with endpoint.http.get(endpoint.url + "/health") as answer:
        assert (await answer.json())["sessions"] == 2
