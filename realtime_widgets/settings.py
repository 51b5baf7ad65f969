"""What a person sets on a session, checked and brought into the protocol's shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.pcm import SAMPLE_RATE
from realtime_widgets.turn_detection import SemanticVad, ServerVad, check_turn_detection, settings_of

if TYPE_CHECKING:
    from realtime_widgets.protocol.events import JsonObject

TurnDetection = (
    Literal["server_vad", "semantic_vad", "push_to_talk"] | ServerVad | SemanticVad | Mapping[str, Any] | None
)

#: Names with which turn detection is switched off: the person holds a button.
_MANUAL = ("push_to_talk", "none", "manual")
_PCM = {"type": "audio/pcm", "rate": SAMPLE_RATE}
#: Speeds the protocol takes.
SPEED_RANGE = (0.25, 1.5)
#: How long words are waited for after sound that stopped an answer, in seconds, and the longest such wait.
FALSE_INTERRUPTION_S, LONGEST_FALSE_INTERRUPTION_S = 2.0, 60.0


def turn_detection_settings(value: TurnDetection) -> JsonObject | None:
    """Bring a turn detection setting into the protocol's shape.

    Parameters
    ----------
    value
        ``"server_vad"``, ``"semantic_vad"``, ``"push_to_talk"`` (or None), a `ServerVad` or `SemanticVad`,
        or a mapping in the protocol's own shape such as ``{"type": "server_vad", "silence_duration_ms": 400}``.

    Raises
    ------
    ConfigurationError
        Where it is none of these, or one of its values is outside the documented range.
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
    """Settings of a conversation session.

    Attributes
    ----------
    instructions
        How the model should behave.
    voice
        Name of a preset voice; None takes the service's default.
    speed
        Of speech, 0.25 to 1.5.
    turn_detection
        In the protocol's shape, None for push-to-talk.
    false_interruption_timeout
        Seconds after the end of sound that stopped an answer within which words must come, or the answer goes
        on; None for never. The service does not know of it.
    """

    instructions: str = ""
    voice: str | None = None
    speed: float = 1.0
    turn_detection: JsonObject | None = None
    false_interruption_timeout: float | None = FALSE_INTERRUPTION_S

    def __post_init__(self) -> None:
        if not isinstance(self.instructions, str):
            raise ConfigurationError(f"instructions must be text, not {type(self.instructions).__name__}")
        if not self.instructions.isascii():
            # Half a surrogate pair cannot be sent.
            object.__setattr__(self, "instructions", self.instructions.encode(errors="replace").decode())
        if self.voice is not None and (not isinstance(self.voice, str) or not self.voice):
            raise ConfigurationError(f"voice must be the name of a voice, such as 'marin', not {self.voice!r}")
        low, high = SPEED_RANGE
        if not isinstance(self.speed, int | float) or not low <= self.speed <= high:
            raise ConfigurationError(f"speed must be between {low} and {high}, not {self.speed!r}")
        limit = self.false_interruption_timeout
        number = isinstance(limit, int | float) and not isinstance(limit, bool)
        if limit is not None and not (number and 0 < limit <= LONGEST_FALSE_INTERRUPTION_S):
            raise ConfigurationError(
                "false_interruption_timeout must be seconds, more than 0 and up to "
                f"{LONGEST_FALSE_INTERRUPTION_S:g}, or None, not {limit!r}"
            )

    def changes_from(self, before: SessionSettings) -> JsonObject:
        """Return what `session.update` has to name to come from `before` to these settings."""
        new, old = self.session([], None), before.session([], None)
        changes: JsonObject = {"type": "realtime"}
        if self.instructions != before.instructions:
            changes["instructions"] = self.instructions
        output: JsonObject = {"speed": self.speed} if self.speed != before.speed else {}
        if self.voice != before.voice:
            output["voice"] = self.voice
        audio: JsonObject = {"output": output} if output else {}
        detection = new["audio"]["input"]["turn_detection"]
        if detection != old["audio"]["input"]["turn_detection"]:
            audio["input"] = {"turn_detection": detection}
        return {**changes, "audio": audio} if audio else changes

    def session(self, tools: list[JsonObject], transcription: str | None) -> JsonObject:
        """Return the whole configuration, for `session.update` at the start."""
        output: JsonObject = {"format": _PCM}
        if self.speed != 1.0:
            output["speed"] = self.speed
        if self.voice is not None:
            output["voice"] = self.voice
        session: JsonObject = {
            "type": "realtime",
            "output_modalities": ["audio"],
            "audio": {
                "input": {
                    "format": _PCM,
                    "turn_detection": self.turn_detection,
                    "transcription": {"model": transcription} if transcription else None,
                },
                "output": output,
            },
            "tools": tools,
            "tool_choice": "auto",
        }
        if self.instructions:
            session["instructions"] = self.instructions
        return session


class Changes(TypedDict, total=False):
    """What can be changed while a session goes on."""

    instructions: str
    voice: str
    speed: float
    turn_detection: TurnDetection
    false_interruption_timeout: float | None


def changed(settings: SessionSettings, changes: Changes) -> SessionSettings:
    """Return settings with some of them changed.

    Raises
    ------
    ConfigurationError
        Where a name is none of them or a value cannot be.
    """
    unknown = set(changes) - set(Changes.__annotations__)
    if unknown:
        names = ", ".join(Changes.__annotations__)
        raise ConfigurationError(f"{', '.join(sorted(unknown))} cannot be changed; what can is {names}")
    values: dict[str, Any] = dict(changes)
    if "turn_detection" in values:
        values["turn_detection"] = turn_detection_settings(values["turn_detection"])
    return replace(settings, **values)
