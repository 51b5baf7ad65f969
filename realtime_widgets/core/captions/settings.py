"""What the user sets on a session that only writes down what is said, in the protocol's shape. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from realtime_widgets.audio.pcm import SAMPLE_RATE
from realtime_widgets.core import model_settings as ms
from realtime_widgets.core.settings import TurnDetection, turn_detection_settings
from realtime_widgets.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from realtime_widgets.protocol.events import JsonObject

_PCM = {"type": "audio/pcm", "rate": SAMPLE_RATE}
#: Value of ``turn_detection`` that leaves it to the model: by the service where it can, otherwise here.
AUTO = "auto"
#: Turn detection by the service: a pause of this length ends a segment, wherever a talk's would end sooner.
_DETECTION = {"type": "server_vad", "silence_duration_ms": 500}
#: Models that write while somebody speaks and find no turns: the client commits.
WITHOUT_TURNS = ("gpt-live-transcribe", "gpt-realtime-whisper")
#: What only some of OpenAI's models take; of models that are not known here the service decides.
_ONLY_FOR = {
    "languages": ("gpt-transcribe", "gpt-live-transcribe"),
    "keywords": ("gpt-transcribe", "gpt-live-transcribe"),
    "delay": ("gpt-realtime-whisper",),
}
_KNOWN = (*WITHOUT_TURNS, "gpt-transcribe", "gpt-4o-transcribe", "gpt-4o-mini-transcribe", "whisper-1")
_WITHOUT_PROMPT = ("gpt-realtime-whisper", "gpt-4o-transcribe-diarize")


@dataclass(frozen=True)
class CaptionSettings:
    """Settings of a session that only writes down.

    Attributes
    ----------
    transcription
        Model, languages and so on, as a mapping in the protocol's shape; with ``logprobs`` in it.
    turn_detection
        As of a talk; ``"auto"`` is that of the service, or None for models that find no turns.
    noise_reduction
        As of a talk.
    extra
        Fields in the protocol's shape that are merged over all others.
    """

    transcription: Any
    turn_detection: Any = AUTO
    noise_reduction: Any = None
    extra: Any = None

    #: What the session's core and its widgets ask of any settings.
    false_interruption_timeout = None
    voice = None
    hands_free = True

    def __post_init__(self) -> None:
        heard = ms.transcription_settings(self.transcription) or {}
        model = heard.get("model")
        if not model:
            raise ConfigurationError("captions need a model that transcribes: name it as model=")
        detection: TurnDetection = self.turn_detection
        if isinstance(detection, str) and detection == AUTO:
            detection = None if model in WITHOUT_TURNS else dict(_DETECTION)
        shape = turn_detection_settings(detection)
        if shape and model in WITHOUT_TURNS:
            raise ConfigurationError(f"{model} finds no turns by itself: leave out turn_detection=")
        # Nothing is answered, so nothing is to be interrupted either.
        for name in ("create_response", "interrupt_response", "idle_timeout_ms"):
            (shape or {}).pop(name, None)
        _check_taken(model, heard)
        object.__setattr__(self, "transcription", heard)
        object.__setattr__(self, "turn_detection", shape)
        object.__setattr__(self, "noise_reduction", ms.noise_settings(self.noise_reduction))
        object.__setattr__(self, "extra", ms.extra_settings(self.extra))

    @property
    def heard_by(self) -> str:
        """Model that transcribes."""
        return str(self.transcription["model"])

    def committed_here(self) -> CaptionSettings:
        """Return the same settings without turn detection of the service."""
        return replace(self, turn_detection=None)

    def session(self, tools: Sequence[JsonObject] = (), heard_by: str | None = None) -> JsonObject:
        """Return the whole configuration, for `session.update`; there are no tools, and the model is its own."""
        heard = dict(self.transcription)
        include = [ms.LOGPROBS] if heard.pop("logprobs", False) else []
        sound: JsonObject = {"format": _PCM, "transcription": heard, "turn_detection": self.turn_detection}
        if self.noise_reduction is not None:
            sound["noise_reduction"] = None if self.noise_reduction == "off" else self.noise_reduction
        session: JsonObject = {"type": "transcription", "audio": {"input": sound}}
        if include:
            session["include"] = include
        return ms.merged(session, self.extra)

    def changes_from(self, before: object, heard_by: str | None = None) -> JsonObject:
        """Return what `session.update` has to name to come from `before` to these settings: all of them."""
        return self.session()


def caption_transcription(
    model: str | None, language: str | None, languages: Sequence[str] | str | None, **others: Any
) -> JsonObject:
    """Return the ``transcription`` of settings, checked.

    Parameters
    ----------
    model
        Name of the model; None leaves it out.
    language, languages
        One language, or several; one text as `languages` counts as a list of one.
    **others
        ``keywords``, ``prompt``, ``delay``, ``logprobs``.

    Raises
    ------
    ConfigurationError
        If a value cannot be, or both are given.
    """
    if language is not None and languages is not None:
        raise ConfigurationError("give language= or languages=, not both")
    several = [languages] if isinstance(languages, str) else languages
    given = {"model": model, "language": language, "languages": several, **others}
    found = ms.transcription_settings({name: value for name, value in given.items() if value is not None})
    return {name: list(value) if isinstance(value, tuple) else value for name, value in (found or {}).items()}


def _check_taken(model: str, heard: Mapping[str, Any]) -> None:
    """Refuse what a model is known not to take."""
    for name, models in _ONLY_FOR.items():
        if heard.get(name) and model in _KNOWN and model not in models:
            instead = "; name one language as language=" if name == "languages" else ""
            raise ConfigurationError(f"{model} takes no {name}=: that is for {' and '.join(models)}{instead}")
    if heard.get("prompt") and model in _WITHOUT_PROMPT:
        raise ConfigurationError(f"{model} takes no prompt=")
