"""Settings of the model and of what it hears, typed, checked and brought into the protocol's shape. Pure.

Ranges and names are those that the service documents (November 2026). A mapping in the protocol's own shape is
taken wherever a typed value is; names that are not known here are left to the service.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal

from realtime_widgets.errors import ConfigurationError

if TYPE_CHECKING:
    from realtime_widgets.protocol.events import JsonObject

Answers = Literal["speech", "text"]
Effort = Literal["minimal", "low", "medium", "high", "xhigh"]

EFFORTS = ("minimal", "low", "medium", "high", "xhigh")
#: Waits of a transcription that is written while the user speaks.
DELAYS = ("minimal", "low", "medium", "high", "xhigh")
NOISE_REDUCTIONS = ("near_field", "far_field")
#: Most tokens of one answer that can be asked for, its tool calls included.
MAX_OUTPUT_TOKENS = 4_096
#: What `include=` names to receive the probability of each word of a transcription.
LOGPROBS = "item.input_audio_transcription.logprobs"
_MODALITIES = {"speech": ["audio"], "text": ["text"]}
_OFF = "off"


@dataclass(frozen=True)
class Transcription:
    """How what the user says is written down; what is None is left to the service.

    Attributes
    ----------
    model : str, optional
        Model that transcribes; the endpoint's default otherwise.
    language : str, optional
        Language that is spoken, as ``"de"`` (ISO 639-1).
    languages : sequence of str, optional
        Languages that may be spoken; for models that take several.
    keywords : sequence of str, optional
        Names and terms that are likely to be said.
    prompt : str, optional
        Words that the model may lean on.
    delay : str, optional
        How long a model that writes along waits for certainty: ``"minimal"``, ``"low"``, ``"medium"``, ``"high"``
        or ``"xhigh"``.
    logprobs : bool
        Whether the service sends the probability of each word, which `session.events()` shows.

    Raises
    ------
    ConfigurationError
        If a value is not what its name takes.
    """

    model: str | None = None
    language: str | None = None
    languages: Sequence[str] | None = None
    keywords: Sequence[str] | None = None
    prompt: str | None = None
    delay: Literal["minimal", "low", "medium", "high", "xhigh"] | None = None
    logprobs: bool = False

    def __post_init__(self) -> None:
        _check_transcription(_given(self))
        if not isinstance(self.logprobs, bool):
            raise ConfigurationError(f"transcription: logprobs must be True or False, not {self.logprobs!r}")


@dataclass(frozen=True)
class NoiseReduction:
    """How the service cleans the sound of the microphone before it listens.

    Attributes
    ----------
    type : str
        ``"near_field"`` for a headset or a phone, ``"far_field"`` for a laptop or a room.
    strength : float, optional
        0 to 1; the service's default otherwise.

    Raises
    ------
    ConfigurationError
        If the type is neither, or the strength is outside its range.
    """

    type: Literal["near_field", "far_field"]
    strength: float | None = None

    def __post_init__(self) -> None:
        _check_noise_reduction(_given(self))


@dataclass(frozen=True)
class Truncation:
    """How a talk that outgrows the model's context is shortened by the service.

    Attributes
    ----------
    retention_ratio : float
        Share of the talk that is kept when it is cut, 0 to 1: cuts that are rare and long keep the cache of the
        service useful.
    token_limit : int, optional
        Tokens of the talk, without instructions, above which it is cut.

    Raises
    ------
    ConfigurationError
        If a value is outside its range.
    """

    retention_ratio: float
    token_limit: int | None = None

    def __post_init__(self) -> None:
        truncation_settings(self)


def modalities(answers: object) -> list[str]:
    """Return the protocol's ``output_modalities`` for ``answers=``.

    Raises
    ------
    ConfigurationError
        If it is neither ``"speech"`` nor ``"text"``.
    """
    if not isinstance(answers, str) or answers not in _MODALITIES:
        raise ConfigurationError(f'answers must be "speech" or "text", not {answers!r}')
    return _MODALITIES[answers]


def reasoning_settings(value: object) -> JsonObject | None:
    """Return the protocol's ``reasoning`` for an effort or a mapping, None for the service's default.

    Raises
    ------
    ConfigurationError
        If there is no such effort.
    """
    if value is None:
        return None
    settings = dict(value) if isinstance(value, Mapping) else {"effort": value}
    effort = settings.get("effort")
    if effort is not None and effort not in EFFORTS:
        raise ConfigurationError(f"reasoning must be one of {_names(EFFORTS)}, not {effort!r}")
    return settings


def output_limit(value: object) -> int | Literal["inf"] | None:
    """Return the limit of an answer in tokens.

    Raises
    ------
    ConfigurationError
        If it is no whole number from 1 to 4,096, nor ``"inf"``.
    """
    if value is None or (isinstance(value, str) and value == "inf"):
        return value  # type: ignore[return-value]  # mypy does not narrow text to a literal
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_OUTPUT_TOKENS:
        raise ConfigurationError(
            f'max_output_tokens must be a whole number from 1 to {MAX_OUTPUT_TOKENS:,}, or "inf", not {value!r}'
        )
    return value


def truncation_settings(value: object) -> str | JsonObject | None:
    """Return the protocol's ``truncation``.

    Raises
    ------
    ConfigurationError
        If it is neither ``"auto"``, ``"disabled"``, a `Truncation` nor a mapping, or a number is out of range.
    """
    if value is None or (isinstance(value, str) and value in ("auto", "disabled")):
        return value
    if isinstance(value, Truncation):
        limits = {} if value.token_limit is None else {"token_limits": {"post_instructions": value.token_limit}}
        value = {"type": "retention_ratio", "retention_ratio": value.retention_ratio, **limits}
    if not isinstance(value, Mapping):
        raise ConfigurationError(
            f'truncation must be "auto", "disabled", a Truncation or a mapping, not {value!r}'
        )
    ratio = value.get("retention_ratio", 1)
    if not _number(ratio) or not 0 <= ratio <= 1:
        raise ConfigurationError(f"truncation: retention_ratio must be between 0 and 1, not {ratio!r}")
    limits = value.get("token_limits") or {}
    if not isinstance(limits, Mapping):
        raise ConfigurationError(f"truncation: token_limits must be a mapping by name, not {limits!r}")
    for name, limit in limits.items():
        if isinstance(limit, bool) or not isinstance(limit, int) or limit < 0:
            raise ConfigurationError(f"truncation: {name} must be a whole number of tokens, not {limit!r}")
    return dict(value)


def tool_choice_settings(value: object) -> str | JsonObject:
    """Return the protocol's ``tool_choice``; any text but its own words is the name of a tool.

    Raises
    ------
    ConfigurationError
        If it is neither text nor a mapping with a ``"type"``.
    """
    if isinstance(value, str) and value:
        return value if value in ("auto", "none", "required") else {"type": "function", "name": value}
    if isinstance(value, Mapping) and isinstance(value.get("type"), str):
        return dict(value)
    raise ConfigurationError(
        'tool_choice must be "auto", "none", "required", the name of a tool, or a mapping with a "type", '
        f"not {value!r}"
    )


def noise_settings(value: object) -> JsonObject | Literal["off"] | None:
    """Return the protocol's ``noise_reduction``; ``"off"`` for none, None for the service's default.

    Raises
    ------
    ConfigurationError
        If there is no such kind, or the strength is outside its range.
    """
    if value is None or (isinstance(value, str) and value == _OFF):
        return value  # type: ignore[return-value]  # mypy does not narrow text to a literal
    if isinstance(value, NoiseReduction):
        return _given(value)
    settings = dict(value) if isinstance(value, Mapping) else {"type": value}
    _check_noise_reduction(settings)
    return settings


def transcription_settings(value: object) -> JsonObject | None:
    """Return the protocol's ``transcription``, with ``logprobs`` in it; None for the endpoint's default.

    ``"off"`` becomes ``{"model": None}``; any other text is the name of a model.

    Raises
    ------
    ConfigurationError
        If it is neither text, a `Transcription` nor a mapping, or a value in it cannot be.
    """
    if value is None:
        return None
    if isinstance(value, Transcription):
        return {**_given(value), **({"logprobs": True} if value.logprobs else {})}
    if isinstance(value, str) and value:
        return {"model": None if value == _OFF else value}
    if isinstance(value, Mapping):
        _check_transcription(value)
        return dict(value)
    raise ConfigurationError(
        f'transcription must be the name of a model, "off", a Transcription or a mapping, not {value!r}'
    )


def tracing_settings(value: object) -> str | JsonObject | None:
    """Return the protocol's ``tracing``.

    Raises
    ------
    ConfigurationError
        If it is neither ``"auto"`` nor a mapping of text.
    """
    if value is None or (isinstance(value, str) and value == "auto"):
        return value
    if isinstance(value, Mapping):
        return dict(value)
    raise ConfigurationError(f'tracing must be "auto" or a mapping, not {value!r}')


def voice_settings(value: object) -> str | JsonObject | None:
    """Return the protocol's ``voice``: a preset by name, or an own voice by its id (``"voice_…"``).

    Raises
    ------
    ConfigurationError
        If it is no name and no id.
    """
    if value is None:
        return None
    if isinstance(value, str) and value:
        return {"id": value} if value.startswith("voice_") else value
    if isinstance(value, Mapping) and isinstance(value.get("id"), str) and value["id"]:
        return dict(value)
    raise ConfigurationError(
        f"voice must be the name of a voice, such as 'marin', or the id of an own one, not {value!r}"
    )


def names_of(value: object, what: str) -> list[str]:
    """Return a sequence of texts as a list.

    Raises
    ------
    ConfigurationError
        If it is something else.
    """
    if (
        isinstance(value, str)
        or not isinstance(value, Sequence)
        or not all(isinstance(each, str) for each in value)
    ):
        raise ConfigurationError(f"{what} must be a list of texts, not {value!r}")
    return list(value)


def extra_settings(value: object) -> JsonObject:
    """Return what ``extra=`` adds to the settings.

    Raises
    ------
    ConfigurationError
        If it is no mapping by names of fields, or names the type of the session.
    """
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise ConfigurationError(f"extra must be a mapping in the protocol's shape, not {value!r}")
    if "type" in value:
        raise ConfigurationError('extra must not hold "type": the session has its own')
    return dict(value)


def merged(settings: JsonObject, extra: Mapping[str, Any]) -> JsonObject:
    """Return settings with those of `extra` in them: mappings are merged, everything else is replaced."""
    result = dict(settings)
    for name, value in extra.items():
        before = result.get(name)
        result[name] = merged(before, value) if isinstance(before, dict) and isinstance(value, Mapping) else value
    return result


def _given(value: Transcription | NoiseReduction) -> JsonObject:
    """Return the fields that are set, without switches of our own."""
    values = {each.name: getattr(value, each.name) for each in fields(value) if each.name != "logprobs"}
    return {
        name: list(given) if isinstance(given, tuple) else given
        for name, given in values.items()
        if given is not None
    }


def _check_transcription(settings: Mapping[str, Any]) -> None:
    for name in ("model", "language", "prompt"):
        if settings.get(name) is not None and (not isinstance(settings[name], str) or not settings[name]):
            raise ConfigurationError(f"transcription: {name} must be text, not {settings[name]!r}")
    for name in ("languages", "keywords"):
        if settings.get(name) is not None:
            names_of(settings[name], f"transcription: {name}")
    if settings.get("delay") is not None and settings["delay"] not in DELAYS:
        raise ConfigurationError(
            f"transcription: delay must be one of {_names(DELAYS)}, not {settings['delay']!r}"
        )


def _check_noise_reduction(settings: Mapping[str, Any]) -> None:
    if settings.get("type") not in NOISE_REDUCTIONS:
        raise ConfigurationError(
            f'noise_reduction must be {_names(NOISE_REDUCTIONS)} or "off", not {settings.get("type")!r}'
        )
    strength = settings.get("strength")
    if strength is not None and (not _number(strength) or not 0 <= strength <= 1):
        raise ConfigurationError(f"noise_reduction: strength must be between 0 and 1, not {strength!r}")


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _names(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
