"""How a session's turns are found and answered, read from its configuration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from realtime_widgets.local.speech.turn_detector import EAGERNESS, PROMPT, TurnSettings

#: Silence that ends a turn of ``server_vad`` where it is not judged and the client does not say, in ms.
DEFAULT_SILENCE_MS = TurnSettings().silence_duration_ms


@dataclass(frozen=True)
class TurnTaking:
    """How turns are detected and what a turn does.

    Attributes
    ----------
    settings
        How they are detected.
    create_response, interrupt_response
        Whether a turn is answered, and whether speech interrupts answers.
    idle_timeout_ms
        Silence after an answer that is committed, in ms; None if silence has no effect.
    judges_if_idle
        Whether turns are judged only while the endpoint has time for it, because the client did not ask for it.
    """

    settings: TurnSettings
    create_response: bool
    interrupt_response: bool
    idle_timeout_ms: int | None = None
    judges_if_idle: bool = False


def turn_taking(config: dict[str, Any]) -> TurnTaking | None:
    """Return the configured turn detection; None if the client ends turns itself."""
    detection = config["audio"]["input"]["turn_detection"]
    if detection is None:
        return None
    answers = config["type"] == "realtime"
    asked_ms = detection.get("silence_duration_ms")
    own_choice = detection["type"] == "server_vad" and asked_ms is None and answers
    if detection["type"] == "semantic_vad":
        settings = EAGERNESS[detection["eagerness"]]
    else:
        settings = TurnSettings(
            detection["threshold"],
            detection["prefix_padding_ms"],
            DEFAULT_SILENCE_MS if asked_ms is None else asked_ms,
            PROMPT if own_choice else None,
        )
    return TurnTaking(
        settings,
        answers and detection["create_response"],
        answers and detection["interrupt_response"],
        detection.get("idle_timeout_ms") if answers else None,
        own_choice,
    )
