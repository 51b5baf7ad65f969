"""The session's configuration: its defaults, what a client may send, and how an update is merged."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from msgspec import Meta

from realtime_widgets.local.realtime.errors import RequestRefusedError, invalid_value
from realtime_widgets.local.realtime.schema import Shape, check
from realtime_widgets.local.realtime.turn_detection import EAGERNESS_SILENCE_MS, TurnSettings

#: What this endpoint calls its model, whatever name the client asked for.
MODEL_ID = "local-stand-in"
#: The service's own voice names.
VOICES = ("alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar")
#: Bytes a second of each audio format.
BYTES_PER_SECOND = {"audio/pcm": 48_000, "audio/pcmu": 8_000, "audio/pcma": 8_000}

Modality = Literal["text", "audio"]
Modalities = Annotated[list[Modality], Meta(min_length=1, max_length=1)]
OutputTokenLimit = Literal["inf"] | Annotated[int, Meta(ge=1, le=4096)]
Name = Annotated[str, Meta(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]


class Pcm(Shape, tag="audio/pcm", tag_field="type"):
    """Raw 16-bit samples."""

    rate: Literal[24000] | None = None


class Pcmu(Shape, tag="audio/pcmu", tag_field="type"):
    """G.711 mu-law at 8 kHz."""


class Pcma(Shape, tag="audio/pcma", tag_field="type"):
    """G.711 A-law at 8 kHz."""


AudioFormat = Pcm | Pcmu | Pcma


class ServerVad(Shape, tag="server_vad", tag_field="type"):
    """Turns end after a silence."""

    threshold: Annotated[float, Meta(ge=0, le=1)] | None = None
    prefix_padding_ms: Annotated[int, Meta(ge=0, le=10_000)] | None = None
    silence_duration_ms: Annotated[int, Meta(ge=0, le=60_000)] | None = None
    idle_timeout_ms: Annotated[int, Meta(ge=5_000, le=30_000)] | None = None
    create_response: bool | None = None
    interrupt_response: bool | None = None


class SemanticVad(Shape, tag="semantic_vad", tag_field="type"):
    """Turns end after a silence whose length follows the eagerness."""

    eagerness: Literal["low", "medium", "high", "auto"] | None = None
    create_response: bool | None = None
    interrupt_response: bool | None = None


class Transcription(Shape):
    """Whether and how the client is told what was understood."""

    model: str | None = None
    language: Annotated[str, Meta(max_length=16)] | None = None
    languages: list[str] | None = None
    keywords: list[str] | None = None
    prompt: Any = None
    delay: str | None = None


class NoiseReduction(Shape):
    """Accepted and shown, without effect here."""

    type: Literal["near_field", "far_field"] | None = None
    strength: float | None = None


class AudioInput(Shape):
    """The client's sound."""

    format: AudioFormat | None = None
    transcription: Transcription | None = None
    noise_reduction: NoiseReduction | None = None
    turn_detection: ServerVad | SemanticVad | None = None


class CustomVoice(Shape):
    """A voice of one's own at the service."""

    id: str


class AudioOutput(Shape):
    """The answer's sound."""

    format: AudioFormat | None = None
    voice: str | CustomVoice | None = None
    speed: Annotated[float, Meta(ge=0.25, le=1.5)] | None = None


class Audio(Shape):
    """Both directions of sound."""

    input: AudioInput | None = None
    output: AudioOutput | None = None


class FunctionTool(Shape, tag="function", tag_field="type"):
    """A function the model may call."""

    name: Name
    description: str | None = None
    parameters: dict[str, Any] | None = None


class ToolChoice(Shape, tag="function", tag_field="type"):
    """The one function the model must call."""

    name: Name


ToolChoices = Literal["none", "auto", "required"] | ToolChoice


class SessionUpdate(Shape):
    """The ``session`` of a ``session.update``."""

    type: Literal["realtime"]
    id: Any = None
    object: Any = None
    expires_at: Any = None
    model: str | None = None
    output_modalities: Modalities | None = None
    instructions: str | None = None
    audio: Audio | None = None
    tools: list[FunctionTool] | None = None
    tool_choice: ToolChoices | None = None
    parallel_tool_calls: bool | None = None
    reasoning: Any = None
    max_output_tokens: OutputTokenLimit | None = None
    truncation: Any = None
    prompt: None = None
    tracing: Any = None
    include: list[Literal["item.input_audio_transcription.logprobs"]] | None = None


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

_DEFAULTS: dict[str, Any] = {
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
        "input": {
            "format": {"type": "audio/pcm", "rate": 24000},
            "transcription": None,
            "noise_reduction": None,
            "turn_detection": _TURN_DETECTION["server_vad"],
        },
        "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "marin", "speed": 1.0},
    },
}
_READ_ONLY = ("id", "object", "expires_at", "model")
#: Objects whose inner fields are merged; everything else is given whole each time.
_MERGED = ("audio", "input", "output", "transcription", "noise_reduction")


def default_config() -> dict[str, Any]:
    """Return a fresh session configuration."""
    return copy.deepcopy(_DEFAULTS)


def updated_config(config: dict[str, Any], update: Any, spoke: bool) -> dict[str, Any]:
    """Merge a client's update into a configuration.

    Parameters
    ----------
    config
        The effective configuration; it is not changed.
    update
        The ``session`` of the client's event. Only fields it names change; null brings the default back.
    spoke
        Whether the session has answered with sound: its voice is fixed from then on.

    Returns
    -------
    dict
        The new effective configuration.

    Raises
    ------
    RequestRefusedError
        Where the update is malformed, or asks for what cannot change or is not here.
    """
    check(update, SessionUpdate, "session")
    named = {key: value for key, value in update.items() if key not in _READ_ONLY}
    merged: dict[str, Any] = _merge(config, named, _DEFAULTS)
    output = merged["audio"]["output"]
    check_voice(output["voice"], "session.audio.output.voice")
    if spoke and output["voice"] != config["audio"]["output"]["voice"]:
        raise RequestRefusedError(
            "cannot_update_voice",
            "Cannot update a conversation's voice if assistant audio is present.",
            "session.audio.output.voice",
        )
    detection = merged["audio"]["input"]["turn_detection"]
    if detection and detection.get("idle_timeout_ms") is not None:
        raise invalid_value(
            "This endpoint has no idle timeout; leave 'idle_timeout_ms' out or null.",
            "session.audio.input.turn_detection.idle_timeout_ms",
        )
    return merged


def check_voice(voice: Any, param: str) -> None:
    """Refuse a voice that is none of the service's own names."""
    if voice not in VOICES:
        raise invalid_value(f"Invalid value for '{param}': this endpoint's voices are {', '.join(VOICES)}.", param)


def _merge(current: Any, update: dict[str, Any], defaults: Any) -> dict[str, Any]:
    merged = dict(current)
    for key, value in update.items():
        default = defaults.get(key) if isinstance(defaults, dict) else None
        if value is None:
            merged[key] = None if key == "turn_detection" else copy.deepcopy(default)
        elif key == "turn_detection":
            base, known = merged.get(key), _TURN_DETECTION[value["type"]]
            merged[key] = _merge(base if base and base["type"] == value["type"] else known, value, known)
        elif key == "format":
            merged[key] = full_format(value)
        elif key in _MERGED:
            merged[key] = _merge(merged.get(key) or {}, value, default)
        else:
            merged[key] = value
    return merged


def full_format(audio_format: dict[str, Any]) -> dict[str, Any]:
    """Return the audio format with the sample rate it implies."""
    return {"type": "audio/pcm", "rate": 24000} if audio_format["type"] == "audio/pcm" else audio_format


@dataclass(frozen=True)
class TurnTaking:
    """How turns are found and what a found turn does."""

    settings: TurnSettings
    create_response: bool
    interrupt_response: bool


def turn_taking(config: dict[str, Any]) -> TurnTaking | None:
    """Read the configured turn detection; None where the client ends turns itself."""
    detection = config["audio"]["input"]["turn_detection"]
    if detection is None:
        return None
    if detection["type"] == "semantic_vad":
        settings = TurnSettings(silence_duration_ms=EAGERNESS_SILENCE_MS[detection["eagerness"]])
    else:
        settings = TurnSettings(
            detection["threshold"], detection["prefix_padding_ms"], detection["silence_duration_ms"]
        )
    return TurnTaking(settings, detection["create_response"], detection["interrupt_response"])
