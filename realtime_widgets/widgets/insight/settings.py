"""The settings of a session as the page shows them, and its changes as `RealtimeSession.update` takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realtime_widgets.core.model_settings import EFFORTS
from realtime_widgets.errors import ConfigurationError
from realtime_widgets.widgets.messages import ShownSettings

if TYPE_CHECKING:
    from realtime_widgets.core.settings import Changes, SessionSettings
    from realtime_widgets.runtime.session_runtime import SessionRuntime

#: Preset voices of OpenAI and of the local endpoint, as suggestions (OpenAI's guide to Realtime, November 2026).
_VOICES = ["alloy", "ash", "ballad", "cedar", "coral", "echo", "marin", "sage", "shimmer", "verse"]
_SPOKEN = "the voice cannot change after it has spoken: begin a new conversation"
#: What the page changes; everything else has a shape of its own.
_NAMES = frozenset(
    ["voice", "speed", "instructions", "turn_detection", "language", "reasoning", "max_output_tokens", "text_only"]
)


def shown_settings(settings: SessionSettings, runtime: SessionRuntime) -> ShownSettings:
    """Return the settings in effect, and what of them the service can change."""
    can = runtime.endpoint.capabilities
    detection = "push_to_talk" if settings.turn_detection is None else settings.turn_detection.get("type", "")
    spoken = any(item.role == "assistant" and item.spoken for item in runtime.core.conversation)
    slowest, fastest = can.speeds
    detections = ["server_vad", *(["semantic_vad"] if can.semantic_vad else []), "push_to_talk"]
    voice, limit, heard = settings.voice, settings.max_output_tokens, settings.transcription or {}
    return ShownSettings(
        voice=voice if isinstance(voice, str) else (voice or {}).get("id", ""),
        voices=_VOICES if runtime.endpoint.local or runtime.endpoint.service in ("openai", "azure") else [],
        voice_fixed=_SPOKEN if spoken else "",
        speed=settings.speed,
        slowest=slowest,
        fastest=fastest,
        instructions=settings.instructions,
        turn_detection=detection,
        detections=detections,
        language=str(heard.get("language") or ""),
        transcribes=can.transcription and heard.get("model", "") is not None,
        reasoning=str((settings.reasoning or {}).get("effort") or ""),
        efforts=list(EFFORTS) if can.reasoning else [],
        max_output_tokens="" if limit is None else str(limit),
        limits_output=can.output_limit,
        text_only=settings.answers == "text",
        writes=can.text_output,
    )


def changes_of(page: dict[str, Any], settings: SessionSettings) -> Changes:
    """Return what a page changes as `update` takes it.

    Raises
    ------
    ConfigurationError
        If it names what a page cannot change, or a number is none.
    """
    changes: dict[str, Any] = {}
    for name, value in page.items():
        if name not in _NAMES:
            raise ConfigurationError(f"the page cannot change {name!r}")
        if name == "text_only":
            changes["answers"] = "text" if value else "speech"
        elif name == "language":
            changes["transcription"] = _language(settings, str(value).strip())
        elif name == "max_output_tokens":
            changes[name] = _limit(str(value).strip())
        elif name in ("voice", "reasoning"):
            changes[name] = value or None
        else:
            changes[name] = value
    return changes  # type: ignore[return-value]


def _language(settings: SessionSettings, language: str) -> dict[str, Any] | None:
    given = {name: value for name, value in (settings.transcription or {}).items() if name != "language"}
    if language:
        given["language"] = language
    return given or None


def _limit(text: str) -> int | str | None:
    if text in ("", "inf"):
        return text or None
    if not text.isdigit():
        raise ConfigurationError(f"the longest answer must be a number of tokens, not {text!r}")
    return int(text)
