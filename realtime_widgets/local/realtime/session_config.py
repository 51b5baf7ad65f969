"""The configuration of a session: its defaults, how an update is merged, and what cannot change."""

from __future__ import annotations

import copy
from typing import Any, Literal

from realtime_widgets.local.api.audio_formats import full_format
from realtime_widgets.local.api.errors import RequestRefusedError, invalid_value
from realtime_widgets.local.api.names import MODEL_ID, TRANSCRIPTION_MODEL_ID, check_voice
from realtime_widgets.local.api.session_shapes import RealtimeUpdate, TranscriptionUpdate
from realtime_widgets.local.api.tokens import MAX_HEAD_TOKENS, head_tokens
from realtime_widgets.local.api.validation import check
from realtime_widgets.local.mcp.definitions import shown_config
from realtime_widgets.local.realtime.turns.settings import DEFAULT_SILENCE_MS
from realtime_widgets.local.realtime.turns.transcription import check_transcription

#: A conversation, or a session that only transcribes.
SessionType = Literal["realtime", "transcription"]
#: Object name of the configuration of each type.
OBJECTS: dict[SessionType, str] = {
    "realtime": "realtime.session",
    "transcription": "realtime.transcription_session",
}

_TURN_DETECTION: dict[str, dict[str, Any]] = {
    "server_vad": {
        "type": "server_vad",
        "threshold": 0.5,
        "prefix_padding_ms": 300,
        "silence_duration_ms": None,  # as long as the endpoint thinks right; see `public_config`
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
#: Objects whose fields are merged one by one; everything else is replaced as a whole.
_MERGED = ("audio", "input", "output", "transcription", "noise_reduction")
#: Fields that an object has when it is first switched on.
_SWITCHED_ON = {"noise_reduction": {"strength": 1.0}}


def default_config(session_type: SessionType = "realtime") -> dict[str, Any]:
    """Return a new configuration with the defaults."""
    return copy.deepcopy(_DEFAULTS[session_type])


def initial_config(update: Any) -> dict[str, Any]:
    """Return the configuration of a new session of the type that `update` names; see `updated_config`."""
    kind = update.get("type") if isinstance(update, dict) else None
    session_type: SessionType = "transcription" if kind == "transcription" else "realtime"
    return updated_config(default_config(session_type), update, spoke=False)


def public_config(config: dict[str, Any]) -> dict[str, Any]:
    """Return a configuration as clients see it: without secrets, and with the silence that they did not set."""
    shown = shown_config(config)
    detection = shown["audio"]["input"]["turn_detection"]
    if detection is not None and detection.get("silence_duration_ms", 0) is None:
        shown["audio"] = copy.deepcopy(shown["audio"])
        shown["audio"]["input"]["turn_detection"]["silence_duration_ms"] = DEFAULT_SILENCE_MS
    return shown


def updated_config(config: dict[str, Any], update: Any, spoke: bool) -> dict[str, Any]:
    """Merge an update of the client into a configuration.

    Parameters
    ----------
    config
        The effective configuration; it is not changed.
    update
        The ``session`` of the client's event. Only the fields it names change; null restores the default.
        A ``model`` has no effect, as in the service: the model is chosen with the address.
    spoke
        Whether the session has answered with audio: its voice is fixed from then on.

    Returns
    -------
    dict
        The new effective configuration.

    Raises
    ------
    RequestRefusedError
        If the update is malformed, or asks for what cannot change or is not supported here.
    """
    session_type: SessionType = config["type"]
    _check_type(update, session_type)
    check(update, _SHAPES[session_type], "session")
    named = {key: value for key, value in update.items() if key not in _READ_ONLY}
    merged: dict[str, Any] = _merge(config, named, _DEFAULTS[session_type])
    check_transcription(merged["audio"]["input"], "session.audio.input", session_type == "realtime")
    if session_type == "realtime":
        _check_fixed(config, merged, spoke)
        if head_tokens(merged["instructions"], merged["tools"]) > MAX_HEAD_TOKENS:
            text = f"Instructions and tools together may have at most {MAX_HEAD_TOKENS} tokens."
            raise invalid_value(text, "session.instructions")
    return merged


def _check_type(update: Any, session_type: SessionType) -> None:
    """Refuse an update for the other type of session; unknown types are refused by the shapes."""
    other: SessionType = "transcription" if session_type == "realtime" else "realtime"
    if isinstance(update, dict) and update.get("type") == other:
        raise invalid_value(
            f"Passing a {other} session update event to a {session_type} session is not allowed.", "session.type"
        )


def _check_fixed(config: dict[str, Any], merged: dict[str, Any], spoke: bool) -> None:
    """Refuse changes of what is fixed from the start, from the first sound, or once it is set."""
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
