"""A codec by hand: settings, what it sends and what it reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from realtime_widgets.protocol.endpoint.capabilities import Capabilities

if TYPE_CHECKING:
    from realtime_widgets.protocol import events as ev
    from realtime_widgets.protocol.wire.codec import Codec

CAN_ALL = Capabilities()
SETTINGS: dict[str, Any] = {
    "type": "realtime",
    "instructions": "Be brief.",
    "output_modalities": ["audio"],
    "audio": {
        "input": {
            "format": {"type": "audio/pcm", "rate": 24000},
            "transcription": {"model": "whisper-1"},
            "noise_reduction": {"type": "near_field"},
            "turn_detection": {"type": "server_vad", "silence_duration_ms": 400, "idle_timeout_ms": 6000},
        },
        "output": {"format": {"type": "audio/pcmu"}, "voice": "marin", "speed": 1.2},
    },
    "tools": [{"type": "function", "name": "double"}, {"type": "mcp", "server_label": "s"}],
    "max_output_tokens": 300,
    "truncation": "disabled",
    "temperature": 0.7,
}


def out(codec: Codec, event: ev.ClientEvent) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(codec.write(event))
    return data


def read(codec: Codec, kind: str, **fields: Any) -> list[Any]:
    return codec.read(json.dumps({"type": kind, "event_id": "e1", **fields}))
