"""The session's configuration: its defaults, how an update is merged, and what cannot change."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any, Literal

from realtime_widgets.local.realtime.context_window import MAX_HEAD_TOKENS, head_tokens
from realtime_widgets.local.realtime.errors import RequestRefusedError, invalid_value
from realtime_widgets.local.realtime.schema import check
from realtime_widgets.local.realtime.session_shapes import RealtimeUpdate, TranscriptionUpdate
from realtime_widgets.local.realtime.transcription import check_transcription
from realtime_widgets.local.realtime.turn_detection import EAGERNESS, TurnSettings

#: What this endpoint calls its model, whatever name the client asked for.
MODEL_ID = "local-stand-in"
#: What it calls the model that writes down what people say.
TRANSCRIPTION_MODEL_ID = "local-whisper"
#: The service's own voice names.
VOICES = ("alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar")
#: Bytes a second of each audio format.
BYTES_PER_SECOND = {"audio/pcm": 48_000, "audio/pcmu": 8_000, "audio/pcma": 8_000}

#: A conversation, or a session that only writes down what is said.
SessionType = Literal["realtime", "transcription"]
#: What the service calls the configuration of each type.
OBJECTS: dict[SessionType, str] = {
    "realtime": "realtime.session",
    "transcription": "realtime.transcription_session",
}

_TURN_DETECTION: dict[str, dict[str, Any]] = {
    "server_vad": {
        "type": "server_vad",
        "threshold": 0.5,
        "prefix_padding_ms": 300,
        "silence_duration_ms": 300,
        "idle_timeout_ms": None,
        "create_response": True,
        "interrupt_response": True,
    },
    "semantic_vad": {
        "type": "semantic_vad",
        "eagerness": "auto",
        "create_response": True,
        "interrupt_response": True,
    },
}
_INPUT: dict[str, Any] = {
    "format": {"type": "audio/pcm", "rate": 24000},
    "transcription": None,
    "noise_reduction": None,
    "turn_detection": _TURN_DETECTION["server_vad"],
}
_DEFAULTS: dict[SessionType, dict[str, Any]] = {
    "realtime": {
        "type": "realtime",
        "model": MODEL_ID,
        "output_modalities": ["audio"],
        "instructions": "",
        "tools": [],
        "tool_choice": "auto",
        "parallel_tool_calls": True,
        "reasoning": None,
        "max_output_tokens": "inf",
        "truncation": "auto",
        "prompt": None,
        "tracing": None,
        "include": None,
        "audio": {
            "input": _INPUT,
            "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "marin", "speed": 1.0},
        },
    },
    "transcription": {
        "type": "transcription",
        "include": None,
        "audio": {"input": {**_INPUT, "transcription": {"model": TRANSCRIPTION_MODEL_ID}}},
    },
}
_SHAPES: dict[SessionType, Any] = {"realtime": RealtimeUpdate, "transcription": TranscriptionUpdate}
_READ_ONLY = ("id", "object", "expires_at", "model")
#: Objects whose inner fields are merged; everything else is given whole each time.
_MERGED = ("audio", "input", "output", "transcription", "noise_reduction")
#: What the first update that switches an object on brings besides the fields it names.
_SWITCHED_ON = {"noise_reduction": {"strength": 1.0}}


def default_config(session_type: SessionType = "realtime") -> dict[str, Any]:
    """Return a fresh session configuration."""
    return copy.deepcopy(_DEFAULTS[session_type])


def initial_config(update: Any) -> dict[str, Any]:
    """Return the configuration of a session of the update's own type that begins with it; see `updated_config`."""
    kind = update.get("type") if isinstance(update, dict) else None
    session_type: SessionType = "transcription" if kind == "transcription" else "realtime"
    return updated_config(default_config(session_type), update, spoke=False)


def updated_config(config: dict[str, Any], update: Any, spoke: bool, model: str | None = None) -> dict[str, Any]:
    """Merge a client's update into a configuration.

    Parameters
    ----------
    config
        The effective configuration; it is not changed.
    update
        The ``session`` of the client's event. Only fields it names change; null brings the default back.
    spoke
        Whether the session has answered with sound: its voice is fixed from then on.
    model
        The model that the client asked for, which it may name again but not change; None where it named none.

    Returns
    -------
    dict
        The new effective configuration.

    Raises
    ------
    RequestRefusedError
        Where the update is malformed, or asks for what cannot change or is not here.
    """
    session_type: SessionType = config["type"]
    _check_type(update, session_type)
    check(update, _SHAPES[session_type], "session")
    named = {key: value for key, value in update.items() if key not in _READ_ONLY}
    merged: dict[str, Any] = _merge(config, named, _DEFAULTS[session_type])
    check_transcription(merged["audio"]["input"], "session.audio.input")
    if session_type == "realtime":
        _check_fixed(config, update, merged, spoke, model)
        if head_tokens(merged["instructions"], merged["tools"]) > MAX_HEAD_TOKENS:
            text = f"Instructions and tools together may have {MAX_HEAD_TOKENS} tokens at most."
            raise invalid_value(text, "session.instructions")
    return merged


def _check_type(update: Any, session_type: SessionType) -> None:
    """Refuse an update for the other type of session; what is no type at all is left to the shapes."""
    other: SessionType = "transcription" if session_type == "realtime" else "realtime"
    if isinstance(update, dict) and update.get("type") == other:
        raise invalid_value(
            f"Passing a {other} session update event to a {session_type} session is not allowed.", "session.type"
        )


def _check_fixed(
    config: dict[str, Any], update: dict[str, Any], merged: dict[str, Any], spoke: bool, model: str | None
) -> None:
    """Refuse changes of what is fixed from the start, from the first sound, or once it is set."""
    if model is not None and update.get("model") not in (None, config["model"], model):
        text = f"The model of a session cannot be changed; this one was asked for as '{model}'."
        raise invalid_value(text, "session.model")
    voice = merged["audio"]["output"]["voice"]
    check_voice(voice, "session.audio.output.voice")
    if spoke and voice != config["audio"]["output"]["voice"]:
        raise RequestRefusedError(
            "cannot_update_voice",
            "Cannot update a conversation's voice if assistant audio is present.",
            "session.audio.output.voice",
        )
    if config["tracing"] is not None and merged["tracing"] != config["tracing"]:
        text = "Once tracing is enabled for a session, its configuration cannot be modified."
        raise invalid_value(text, "session.tracing")


def check_voice(voice: Any, param: str) -> None:
    """Refuse a voice that is none of the service's own names."""
    if voice not in VOICES:
        raise invalid_value(f"Invalid value for '{param}': this endpoint's voices are {', '.join(VOICES)}.", param)


def _merge(current: Any, update: dict[str, Any], defaults: Any) -> dict[str, Any]:
    merged = dict(current)
    for key, value in update.items():
        default = defaults.get(key) if isinstance(defaults, dict) else None
        if value is None:
            off = key in ("turn_detection", "transcription")
            merged[key] = None if off else copy.deepcopy(default)
        elif key == "turn_detection":
            base, known = merged.get(key), _TURN_DETECTION[value["type"]]
            merged[key] = _merge(base if base and base["type"] == value["type"] else known, value, known)
        elif key == "format":
            merged[key] = full_format(value)
        elif key in _MERGED:
            merged[key] = _merge(merged.get(key) or _SWITCHED_ON.get(key, {}), value, default)
        else:
            merged[key] = value
    return merged


def full_format(audio_format: dict[str, Any]) -> dict[str, Any]:
    """Return the audio format with the sample rate it implies."""
    return {"type": "audio/pcm", "rate": 24000} if audio_format["type"] == "audio/pcm" else audio_format


@dataclass(frozen=True)
class TurnTaking:
    """How turns are found and what a found turn does; `idle_timeout_ms` is None where silence is left alone."""

    settings: TurnSettings
    create_response: bool
    interrupt_response: bool
    idle_timeout_ms: int | None = None


def turn_taking(config: dict[str, Any]) -> TurnTaking | None:
    """Read the configured turn detection; None where the client ends turns itself."""
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
