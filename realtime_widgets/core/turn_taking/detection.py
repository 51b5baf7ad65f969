"""Settings of turn detection, typed and checked against the ranges that the service documents. Pure."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from realtime_widgets.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_widgets.protocol.events import JsonObject

#: Lowest and highest value of each number, by its name.
RANGES: dict[str, tuple[float, float]] = {
    "threshold": (0.0, 1.0),
    "prefix_padding_ms": (0, float("inf")),
    "silence_duration_ms": (0, float("inf")),
    "idle_timeout_ms": (5_000, 30_000),
}
EAGERNESS = ("low", "medium", "high", "auto")
_SWITCHES = ("create_response", "interrupt_response")
#: How long semantic turn detection waits at most for a user who may go on, by its eagerness, in milliseconds.
_WAITS_MS = {"low": 8000.0, "medium": 4000.0, "high": 2000.0, "auto": 4000.0}
#: Silence that ends a turn if the settings do not say, the most that is assumed, and what is added to be sure.
_SILENCE_MS, MAX_SILENCE_MS, _SURPLUS_MS = 500.0, 10_000.0, 500.0


@dataclass(frozen=True)
class ServerVad:
    """Turns are detected by sound: the user speaks, and then is silent for a while.

    What is None is left to the service.

    Attributes
    ----------
    threshold : float, optional
        How loud speech must be, 0 to 1; higher for noisy rooms.
    prefix_padding_ms : int, optional
        How much sound before the speech belongs to the turn.
    silence_duration_ms : int, optional
        How much silence ends a turn.
    idle_timeout_ms : int, optional
        After how much silence the model speaks by itself, 5,000 to 30,000.
    create_response : bool
        Whether a turn is answered by itself.
    interrupt_response : bool
        Whether speech stops the answer.

    Raises
    ------
    ConfigurationError
        If a value is outside its range.
    """

    type: ClassVar[str] = "server_vad"
    threshold: float | None = None
    prefix_padding_ms: int | None = None
    silence_duration_ms: int | None = None
    idle_timeout_ms: int | None = None
    create_response: bool = True
    interrupt_response: bool = True

    def __post_init__(self) -> None:
        check_turn_detection(settings_of(self))


@dataclass(frozen=True)
class SemanticVad:
    """Turns are found by the words: a user who has not finished is waited for.

    Attributes
    ----------
    eagerness : str
        ``"low"``, ``"medium"``, ``"high"`` or ``"auto"``: waits of up to 8, 4 and 2 s; auto is medium.
    create_response, interrupt_response : bool
        As in `ServerVad`.

    Raises
    ------
    ConfigurationError
        If the eagerness is none of these.
    """

    type: ClassVar[str] = "semantic_vad"
    eagerness: Literal["low", "medium", "high", "auto"] = "auto"
    create_response: bool = True
    interrupt_response: bool = True

    def __post_init__(self) -> None:
        check_turn_detection(settings_of(self))


@dataclass(frozen=True)
class TurnTaking:
    """What the service does by itself when the user speaks, by the current settings.

    Attributes
    ----------
    detects
        Whether it finds turns.
    answers, interrupts
        Whether it answers them, and whether speech stops its answers.
    transcribed
        Whether it was asked to write down what is said.
    silence_ms
        Silence after which it certainly takes a turn for over, in milliseconds.
    """

    detects: bool = False
    answers: bool = False
    interrupts: bool = False
    transcribed: bool = False
    silence_ms: float = 0.0

    @classmethod
    def of(cls, session: JsonObject) -> TurnTaking:
        """Read the settings of a session."""
        settings = _part(_part(session, "audio"), "input")
        transcribed = bool(settings.get("transcription"))
        if not (detection := _part(settings, "turn_detection")):
            return cls(transcribed=transcribed)
        talks = session.get("type") != "transcription"
        answers, interrupts = (talks and bool(detection.get(name, True)) for name in _SWITCHES)
        return cls(True, answers, interrupts, transcribed, _ending_silence_ms(detection))


def _ending_silence_ms(detection: JsonObject) -> float:
    if detection.get("type") == SemanticVad.type:
        longest = _WAITS_MS.get(str(detection.get("eagerness")), _WAITS_MS["auto"])
    else:
        named = detection.get("silence_duration_ms")
        longest = float(named) if isinstance(named, int | float) else _SILENCE_MS
    return min(longest, MAX_SILENCE_MS) + _SURPLUS_MS


def _part(settings: JsonObject, name: str) -> JsonObject:
    value = settings.get(name)
    return value if isinstance(value, dict) else {}


def settings_of(detection: ServerVad | SemanticVad) -> JsonObject:
    """Return the protocol's shape of typed settings; what is left to the service is left out."""
    values = {field.name: getattr(detection, field.name) for field in fields(detection)}
    return {"type": detection.type, **{name: value for name, value in values.items() if value is not None}}


def check_turn_detection(settings: Mapping[str, Any]) -> None:
    """Check settings in the protocol's shape; names that are not known are left to the service.

    Raises
    ------
    ConfigurationError
        If a value is not what its name takes.
    """
    for name, value in settings.items():
        if name in RANGES and value is not None:
            low, high = RANGES[name]
            bounds = f"between {low:g} and {high:g}" if high != float("inf") else f"{low:g} or more"
            if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
                raise ConfigurationError(f"turn detection: {name} must be {bounds}, not {value!r}")
        elif name in _SWITCHES and not isinstance(value, bool):
            raise ConfigurationError(f"turn detection: {name} must be True or False, not {value!r}")
        elif name == "eagerness" and value not in EAGERNESS:
            raise ConfigurationError(f"turn detection: eagerness must be {', '.join(EAGERNESS)}, not {value!r}")
