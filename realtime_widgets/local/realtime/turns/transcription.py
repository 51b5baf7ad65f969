"""Transcripts of the user's speech: the rules between their settings, and their usage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realtime_widgets.local.api.errors import invalid_value
from realtime_widgets.local.api.tokens import USER_AUDIO_TOKEN_MS, audio_tokens, text_tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Models of the service that transcribe while the user speaks, without turns.
_WITHOUT_TURNS = ("gpt-live-transcribe", "gpt-realtime-whisper")
#: How this endpoint's own names begin.
_OWN = "local-"
#: Settings that only some models of the service support.
_ONLY_FOR = {
    "delay": ("gpt-realtime-whisper",),
    "languages": ("gpt-transcribe", "gpt-live-transcribe"),
    "keywords": ("gpt-transcribe", "gpt-live-transcribe"),
}
_WITHOUT_PROMPT = ("gpt-realtime-whisper", "gpt-4o-transcribe-diarize")
#: Models of the service that are billed by the minute; others by the token.
_BY_DURATION = ("whisper-1", "gpt-transcribe", *_WITHOUT_TURNS)


def check_transcription(audio_input: dict[str, Any], param: str, in_conversation: bool = True) -> None:
    """Refuse settings that do not go together.

    Parameters
    ----------
    audio_input
        The merged ``audio.input`` of a session.
    param
        Its path in the client's event.
    in_conversation
        Whether the model also answers: there the service takes models without turns together with turn detection
        (seen in recordings of it), in sessions that only transcribe it does not (documented).
    """
    noise = audio_input["noise_reduction"]
    if noise is not None and noise.get("type") is None:
        where = f"{param}.noise_reduction.type"
        raise invalid_value(f"Invalid value for '{where}': choose 'near_field' or 'far_field'.", where)
    settings = audio_input["transcription"]
    if settings is None:
        return
    model = settings.get("model")
    if not in_conversation and model in _WITHOUT_TURNS and audio_input["turn_detection"] is not None:
        where = f"{param}.turn_detection"
        text = f"Turn detection is not supported for this transcription model; set '{where}' to null."
        raise invalid_value(text, where)
    for name, models in _ONLY_FOR.items():
        if settings.get(name) is not None and model not in models and not (model or "").startswith(_OWN):
            where = f"{param}.transcription.{name}"
            raise invalid_value(f"'{name}' is only supported with {' and '.join(models)}.", where)
    if settings.get("prompt") and model in _WITHOUT_PROMPT:
        where = f"{param}.transcription.prompt"
        raise invalid_value(f"'prompt' is not supported with '{model}'.", where)


def writes_along(config: dict[str, Any]) -> bool:
    """Whether words are written while they are said: by the models that do, in sessions that only transcribe."""
    model = (config["audio"]["input"]["transcription"] or {}).get("model") or ""
    return config["type"] == "transcription" and (model in _WITHOUT_TURNS or model.startswith(_OWN))


def spoken_language(language: str | None, languages: Sequence[str] | None) -> str:
    """Return the code of the language to recognise: the one named, or English if it is possible at all."""
    return language or ("en" if not languages or "en" in languages else languages[0])


def transcription_usage(model: str | None, milliseconds: float, transcript: str) -> dict[str, Any]:
    """Return the ``usage`` object of a transcription, in the unit of `model`; None counts tokens."""
    if model in _BY_DURATION:
        return {"type": "duration", "seconds": round(milliseconds / 1000, 3)}
    heard = audio_tokens(milliseconds, USER_AUDIO_TOKEN_MS)
    written = text_tokens(transcript)
    return {
        "type": "tokens",
        "total_tokens": heard + written,
        "input_tokens": heard,
        "output_tokens": written,
        "input_token_details": {"text_tokens": 0, "audio_tokens": heard},
    }
