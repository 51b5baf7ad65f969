"""How a session's turns are found and answered, read from its configuration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from realtime_widgets.local.speech.turn_detector import EAGERNESS, TurnSettings


@dataclass(frozen=True)
class TurnTaking:
    """How turns are detected and what a turn does; `idle_timeout_ms` is None if silence has no effect."""

    settings: TurnSettings
    create_response: bool
    interrupt_response: bool
    idle_timeout_ms: int | None = None


def turn_taking(config: dict[str, Any]) -> TurnTaking | None:
    """Return the configured turn detection; None if the client ends turns itself."""
    detection = config["audio"]["input"]["turn_detection"]
    if detection is None:
        return None
    if detection["type"] == "semantic_vad":
        settings = EAGERNESS[detection["eagerness"]]
    else:
        settings = TurnSettings(
            detection["threshold"], detection["prefix_padding_ms"], detection["silence_duration_ms"]
        )
    answers = config["type"] == "realtime"
    return TurnTaking(
        settings,
        answers and detection["create_response"],
        answers and detection["interrupt_response"],
        detection.get("idle_timeout_ms") if answers else None,
    )
