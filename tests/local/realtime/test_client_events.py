"""Frames no client should send: the session answers with an error and lives on."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime_widgets.local.inference.loading import BRAIN, RECOGNITION, SYNTHESIS, VOICE_ACTIVITY, Models
from realtime_widgets.local.inference.workers import Inference
from realtime_widgets.local.realtime.client_events import EVENTS
from realtime_widgets.local.realtime.session import ServerSession
from tests.local.stand_ins import LoudnessDetector, ScriptedBrain, ToneRecogniser, ToneSynthesiser

if TYPE_CHECKING:
    from tests.local.conftest import Client

FRAMES = [
    "",
    "null",
    "[]",
    "42",
    '"text"',
    "{",
    "{}}",
    "nul",
    '{"type": "session.update", "session": ' + "[" * 5000 + "]" * 5000 + "}",
    '{"type": "response.create", "response": ' + '{"a":' * 5000 + "1" + "}" * 5000 + "}",
    '{"type": "input_audio_buffer.append", "audio": "\\ud800"}',
    '{"type": "conversation.item.truncate", "item_id": "x", "content_index": 0, "audio_end_ms": 1e400}',
    '{"type": "conversation.item.truncate", "item_id": "x", "content_index": 0, "audio_end_ms": '
    + "9" * 400
    + "}",
    '{"type": "type", "type": "response.cancel", "extra": 1}',
    json.dumps({"type": "response.cancel", "event_id": "e" * 600}),
    json.dumps({"type": "response.cancel", "event_id": {"a": 1}}),
    json.dumps({"type": "\x00" * 100}),
    json.dumps({"type": "x" * 100_000}),
]


@pytest.mark.parametrize("frame", FRAMES, ids=range(len(FRAMES)))
async def test_broken_frame(client: Client, frame: str) -> None:
    await client.socket.send_str(frame)
    error = await client.refused()
    assert error["message"]
    assert len(json.dumps(error)) < 3000
    await client.configure(instructions="still here")


async def test_binary_frame(client: Client) -> None:
    await client.socket.send_bytes(b"\x00\x01" * 100)
    assert (await client.refused())["code"] == "invalid_event"
    await client.configure(instructions="still here")


async def test_odd_bytes_wait_for_their_other_half(client: Client) -> None:
    from tests.local.stand_ins import silence, tone

    await client.append(tone(0.5) + silence(0.5), block_ms=1001 / 48)
    stopped = await client.until("input_audio_buffer.speech_stopped")
    assert abs(stopped["audio_end_ms"] - 800) < 50


SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=20))
NAMES = st.sampled_from(
    ["type", "session", "item", "response", "audio", "item_id", "content_index", "audio_end_ms", "role", "id"]
)
DEEP_NAMES = st.sampled_from(
    ["type", "role", "content", "text", "input", "output", "format", "voice", "turn_detection", "tools", "name"]
)
KINDS = ["message", "function_call", "function_call_output", "item_reference", "input_text", "input_audio"]
TYPES = st.sampled_from(
    [*EVENTS, *KINDS, "realtime", "server_vad", "semantic_vad", "audio/pcmu", "function", "user", "assistant"]
)
VALUES = st.recursive(
    st.one_of(SCALARS, TYPES, st.just("AAAA")),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(DEEP_NAMES, inner, max_size=4),
        st.fixed_dictionaries({"type": TYPES}, optional={"role": TYPES, "content": st.lists(inner, max_size=2)}),
    ),
    max_leaves=12,
)
EVENT = st.builds(
    lambda kind, fields: {**fields, "type": kind},
    st.sampled_from(sorted(EVENTS)),
    st.dictionaries(NAMES, VALUES, max_size=5),
)


async def _survives(events: list[dict[str, Any]]) -> None:
    models = Models(
        {
            VOICE_ACTIVITY: lambda: LoudnessDetector,
            RECOGNITION: ToneRecogniser,
            BRAIN: ScriptedBrain,
            SYNTHESIS: ToneSynthesiser,
        }
    )
    models.start()
    inference = Inference(models)
    sent: list[dict[str, Any]] = []

    async def room() -> None:
        return None

    session = ServerSession(inference, sent.append, room)
    await session.start()
    for event in events:
        await session.handle(json.dumps(event))
    errors = [event["error"] for event in sent if event["type"] == "error"]
    assert [error for error in errors if error["code"] == "server_error"] == []
    before = len(sent)
    await session.handle(json.dumps({"type": "session.update", "session": {"type": "realtime"}}))
    assert "session.updated" in [event["type"] for event in sent[before:]]
    await session.close()
    inference.close()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(EVENT, min_size=1, max_size=6))
def test_no_event_breaks_a_session(events: list[dict[str, Any]]) -> None:
    asyncio.run(_survives(events))
