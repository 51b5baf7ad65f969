"""What the user sets on a session, checked and brought into the protocol's shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from realtime_widgets.audio.pcm import SAMPLE_RATE
from realtime_widgets.core import model_settings as ms
from realtime_widgets.core.turn_taking.detection import SemanticVad, ServerVad, check_turn_detection, settings_of
from realtime_widgets.errors import ConfigurationError

if TYPE_CHECKING:
    from realtime_widgets.protocol.events import JsonObject

TurnDetection = (
    Literal["server_vad", "semantic_vad", "push_to_talk"] | ServerVad | SemanticVad | Mapping[str, Any] | None
)

#: Names with which turn detection is switched off: the user holds a button.
_MANUAL = ("push_to_talk", "none", "manual")
_PCM = {"type": "audio/pcm", "rate": SAMPLE_RATE}
#: Range of speeds that the protocol allows.
SPEED_RANGE = (0.25, 1.5)
#: What a field of a session is without a setting, where the service has a documented default; null otherwise.
_DEFAULTS: JsonObject = {
    "instructions": "",
    "max_output_tokens": "inf",
    "truncation": "auto",
    "tool_choice": "auto",
    "speed": 1.0,
    "include": [],
}
#: How long words are waited for after sound that stopped an answer, in seconds, and the longest such wait.
FALSE_INTERRUPTION_S, LONGEST_FALSE_INTERRUPTION_S = 2.0, 60.0


def turn_detection_settings(value: TurnDetection) -> JsonObject | None:
    """Return a turn detection setting in the protocol's shape.

    Parameters
    ----------
    value
        ``"server_vad"``, ``"semantic_vad"``, ``"push_to_talk"`` (or None), a `ServerVad` or `SemanticVad`,
        or a mapping in the protocol's own shape such as ``{"type": "server_vad", "silence_duration_ms": 400}``.

    Raises
    ------
    ConfigurationError
        If it is none of these, or one of its values is outside the documented range.
    """
    if value is None or (isinstance(value, str) and value in _MANUAL):
        return None
    if isinstance(value, str):
        if value in ("server_vad", "semantic_vad"):
            return {"type": value}
    elif isinstance(value, ServerVad | SemanticVad):
        return settings_of(value)
    elif isinstance(value, Mapping) and value.get("type") in ("server_vad", "semantic_vad"):
        check_turn_detection(value)
        return dict(value)
    raise ConfigurationError(
        'turn_detection must be "server_vad", "semantic_vad", "push_to_talk" or a mapping with such a "type", '
        f"not {value!r}"
    )


@dataclass(frozen=True)
class SessionSettings:
    """Settings of a conversation session, as the user gives them; what is None is left to the service.

    Values with a shape of their own in the protocol are stored in that shape.

    Attributes
    ----------
    instructions
        How the model should behave.
    voice
        Name of a preset voice, or an own one by its id.
    speed
        Of speech, 0.25 to 1.5.
    turn_detection
        None for push-to-talk.
    false_interruption_timeout
        Seconds after the end of sound that stopped an answer within which words must come, or the answer goes
        on; None for never. The service does not know of it.
    answers
        ``"speech"`` or ``"text"``.
    reasoning
        How much the model thinks, ``"minimal"`` to ``"xhigh"``.
    max_output_tokens
        Longest answer, 1 to 4,096, or ``"inf"``.
    truncation
        How a talk that outgrows the context is shortened.
    tool_choice
        ``"auto"``, ``"none"``, ``"required"`` or one tool.
    parallel_tool_calls
        Whether the model may call several tools at once.
    noise_reduction
        How the sound of the microphone is cleaned; ``"off"`` for not at all.
    transcription
        How what the user says is written down.
    tracing
        ``"auto"`` or the protocol's mapping; once it is on it cannot change.
    include
        What else the service shall send.
    safety_identifier
        Who talks, as a text that names no person.
    extra
        Fields in the protocol's shape that are merged over all others.
    """

    instructions: str = ""
    voice: Any = None
    speed: float = 1.0
    turn_detection: Any = None
    false_interruption_timeout: float | None = FALSE_INTERRUPTION_S
    answers: ms.Answers = "speech"
    reasoning: Any = None
    max_output_tokens: Any = None
    truncation: Any = None
    tool_choice: Any = "auto"
    parallel_tool_calls: bool | None = None
    noise_reduction: Any = None
    transcription: Any = None
    tracing: Any = None
    include: Sequence[str] = ()
    safety_identifier: str | None = None
    extra: Any = None

    def __post_init__(self) -> None:
        for name, bring in _BRING.items():
            object.__setattr__(self, name, bring(getattr(self, name)))
        if not isinstance(self.instructions, str):
            raise ConfigurationError(f"instructions must be text, not {type(self.instructions).__name__}")
        if not self.instructions.isascii():
            # Half a surrogate pair cannot be sent.
            object.__setattr__(self, "instructions", self.instructions.encode(errors="replace").decode())
        low, high = SPEED_RANGE
        speed = self.speed
        if isinstance(speed, bool) or not isinstance(speed, int | float) or not low <= speed <= high:
            raise ConfigurationError(f"speed must be between {low} and {high}, not {speed!r}")
        limit = self.false_interruption_timeout
        number = isinstance(limit, int | float) and not isinstance(limit, bool)
        if limit is not None and not (number and 0 < limit <= LONGEST_FALSE_INTERRUPTION_S):
            raise ConfigurationError(
                "false_interruption_timeout must be seconds, more than 0 and up to "
                f"{LONGEST_FALSE_INTERRUPTION_S:g}, or None, not {limit!r}"
            )
        if self.parallel_tool_calls is not None and not isinstance(self.parallel_tool_calls, bool):
            raise ConfigurationError(
                f"parallel_tool_calls must be True or False, not {self.parallel_tool_calls!r}"
            )
        identifier = self.safety_identifier
        if identifier is not None and (not isinstance(identifier, str) or not 0 < len(identifier) <= 64):
            raise ConfigurationError(
                f"safety_identifier must be text of up to 64 characters, such as a hash, not {identifier!r}"
            )

    @property
    def hands_free(self) -> bool:
        """Whether the microphone sends all the time; otherwise while the user holds a button."""
        return self.turn_detection is not None

    @property
    def heard_by(self) -> str | None:
        """Model that transcribes, if the user named one."""
        return (self.transcription or {}).get("model")

    def changes_from(self, before: SessionSettings, heard_by: str | None = None) -> JsonObject:
        """Return what `session.update` has to name to come from `before` to these settings.

        Parameters
        ----------
        before
            The settings that are in effect.
        heard_by
            Model of the endpoint that transcribes.
        """
        new, old = self._whole([], heard_by), before._whole([], heard_by)
        audio = {part: _difference(new["audio"][part], old["audio"].get(part) or {}) for part in new["audio"]}
        changes = _difference({**new, "audio": 0}, {**old, "audio": 0})
        audio = {part: changed for part, changed in audio.items() if changed}
        return {"type": "realtime", **changes, **({"audio": audio} if audio else {})}

    def session(self, tools: list[JsonObject], heard_by: str | None) -> JsonObject:
        """Return the whole configuration, for `session.update` at the start.

        Parameters
        ----------
        tools
            Definitions of the tools, in the protocol's shape.
        heard_by
            Model of the endpoint that transcribes; None if it transcribes nothing.
        """
        return self._whole(tools, heard_by)

    def _whole(self, tools: list[JsonObject], heard_by: str | None) -> JsonObject:
        heard, include = self._transcription(heard_by)
        sound: JsonObject = {"format": _PCM, "turn_detection": self.turn_detection, "transcription": heard}
        if self.noise_reduction is not None:
            sound["noise_reduction"] = None if self.noise_reduction == "off" else self.noise_reduction
        output: JsonObject = {"format": _PCM}
        if self.speed != 1.0:
            output["speed"] = self.speed
        if self.voice is not None:
            output["voice"] = self.voice
        session: JsonObject = {
            "type": "realtime",
            "output_modalities": ms.modalities(self.answers),
            "audio": {"input": sound, "output": output},
            "tools": tools,
            "tool_choice": self.tool_choice,
        }
        if self.instructions:
            session["instructions"] = self.instructions
        for name in _PLAIN:
            if (value := getattr(self, name)) is not None:
                session[name] = value
        if include:
            session["include"] = include
        return ms.merged(session, self.extra)

    def _transcription(self, heard_by: str | None) -> tuple[JsonObject | None, list[str]]:
        """Return the transcription that is asked for, and all that is to be included."""
        asked, include = dict(self.transcription or {}), list(self.include)
        if asked.pop("logprobs", False) and ms.LOGPROBS not in include:
            include.append(ms.LOGPROBS)
        if "model" in asked and asked["model"] is None:
            return None, include
        heard = {**({"model": heard_by} if heard_by else {}), **asked}
        return heard or None, include


#: Settings that stand in a session by their own name, if they are set.
_PLAIN = (
    "reasoning",
    "max_output_tokens",
    "truncation",
    "parallel_tool_calls",
    "tracing",
    "safety_identifier",
)


class Changes(TypedDict, total=False):
    """What can be changed while a session goes on."""

    instructions: str
    voice: str | Mapping[str, Any] | None
    speed: float
    turn_detection: TurnDetection
    false_interruption_timeout: float | None
    answers: ms.Answers
    reasoning: ms.Effort | Mapping[str, Any] | None
    max_output_tokens: int | Literal["inf"] | None
    truncation: Literal["auto", "disabled"] | ms.Truncation | Mapping[str, Any] | None
    tool_choice: str | Mapping[str, Any]
    parallel_tool_calls: bool | None
    noise_reduction: Literal["near_field", "far_field", "off"] | ms.NoiseReduction | Mapping[str, Any] | None
    transcription: str | ms.Transcription | Mapping[str, Any] | None
    tracing: Literal["auto"] | Mapping[str, Any] | None
    include: Sequence[str]
    safety_identifier: str | None
    extra: Mapping[str, Any] | None


#: What brings a value that the user gave into the protocol's shape.
_BRING: dict[str, Any] = {
    "voice": ms.voice_settings,
    "turn_detection": turn_detection_settings,
    "answers": lambda value: ms.modalities(value) and value,
    "reasoning": ms.reasoning_settings,
    "max_output_tokens": ms.output_limit,
    "truncation": ms.truncation_settings,
    "tool_choice": ms.tool_choice_settings,
    "noise_reduction": ms.noise_settings,
    "transcription": ms.transcription_settings,
    "tracing": ms.tracing_settings,
    "include": lambda value: tuple(ms.names_of(value, "include")),
    "extra": ms.extra_settings,
}


def changed(settings: SessionSettings, changes: Changes) -> SessionSettings:
    """Return settings with some of them changed.

    Raises
    ------
    ConfigurationError
        If a name is none of them or a value cannot be.
    """
    unknown = set(changes) - set(Changes.__annotations__)
    if unknown:
        names = ", ".join(Changes.__annotations__)
        raise ConfigurationError(f"{', '.join(sorted(unknown))} cannot be changed; what can is {names}")
    return replace(settings, **changes)


def _difference(new: JsonObject, old: JsonObject) -> JsonObject:
    """Return the fields of `new` that differ from `old`; those that are gone get the service's default."""
    gone = {name: _DEFAULTS.get(name) for name in old if name not in new}
    return {**{name: value for name, value in new.items() if name not in old or old[name] != value}, **gone}
