"""A scenario: what the user says, turn by turn, and what is expected of the answers. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

#: Where something stands in a scenario: keys, and the numbers of turns from 0, such as ``("turn", 1, "expect")``.
Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Expect:
    """What is expected of the answer to a turn, or of all answers of a scenario; by default nothing.

    Attributes
    ----------
    tool : str
        Name of a tool that is called.
    arguments : mapping, optional
        Arguments of that call by name, compared with what was sent; others may be sent too. Numbers are equal by
        value, texts whatever their case.
    no_tool : bool
        No tool is called.
    says, says_not : str or tuple of str
        Words that the answer contains, or does not, whatever their case: whole words, in this order.
    no_invention : bool
        Nothing is invented: see `realtime_widgets.evaluation.expectations.invented`.
    allow : str or tuple of str
        What is no invention, for `no_invention` and `recovers`.
    latency_ms : float, optional
        Most milliseconds from the end of the user's speech, or from sending the text, to the first sample of the
        answer; of an answer without sound to its first words. See `TurnTimeline.delay`.
    cents : float, optional
        Most US cents that it costs.
    recovers : bool
        A tool has failed, and the answer goes on: the turn ends without an error, with words, and these hold
        nothing invented.
    asks_back : bool
        The answer ends with a question mark.
    interrupted : bool, optional
        Whether the answer is cut off by what comes over it.
    holds : str
        What a judge (a chat model) has to find true of the answer, in a sentence.
    """

    tool: str = ""
    arguments: Mapping[str, Any] | None = None
    no_tool: bool = False
    says: str | tuple[str, ...] = ()
    says_not: str | tuple[str, ...] = ()
    no_invention: bool = False
    allow: str | tuple[str, ...] = ()
    latency_ms: float | None = None
    cents: float | None = None
    recovers: bool = False
    asks_back: bool = False
    interrupted: bool | None = None
    holds: str = ""

    @property
    def nothing(self) -> bool:
        """Whether nothing is expected."""
        return self == Expect()


@dataclass(frozen=True)
class Turn:
    """One thing that the user says: exactly one of `text`, `speak` and `sound`.

    Attributes
    ----------
    text : str
        Typed.
    speak : str
        Spoken by the voice of the local endpoint, whatever endpoint is tested.
    sound : path, bytes, or None
        A sound file that is spoken.
    voice : str
        Name of the local voice for `speak`.
    noise_db : float, optional
        Noise under the speech, as its distance below it in decibels (a signal-to-noise ratio): 20 is a quiet fan,
        5 a loud street.
    noise : path, bytes, or None
        A sound file with the noise, repeated as needed; pink noise otherwise.
    cough_at : float, optional
        Seconds into the speech at which the user coughs.
    cough_over : str
        The user coughs when this word of the answer is heard.
    interrupt : str
        This turn is said when this word of the answer before it is heard.
    tool_fails : str
        Name of a tool whose first call in this turn fails.
    expect : Expect
        Of the answer.
    """

    text: str = ""
    speak: str = ""
    sound: str | Path | bytes | None = None
    voice: str = ""
    noise_db: float | None = None
    noise: str | Path | bytes | None = None
    cough_at: float | None = None
    cough_over: str = ""
    interrupt: str = ""
    tool_fails: str = ""
    expect: Expect = Expect()

    @property
    def spoken(self) -> bool:
        """Whether it is said and not typed."""
        return bool(self.speak) or self.sound is not None

    @property
    def shown(self) -> str:
        """What it is called in a report, as long as nobody has recognised its words."""
        return self.text or self.speak or (f"({self.sound})" if isinstance(self.sound, str) else "(a sound)")


@dataclass(frozen=True)
class Caller:
    """A simulated user: a chat model that pursues a goal after the turns that are given.

    Attributes
    ----------
    goal : str
        What it wants, in a sentence or two.
    turns : int
        Most turns that it says.
    speaks : bool
        Whether its words are spoken by the local voice instead of typed.
    """

    goal: str
    turns: int = 6
    speaks: bool = False


@dataclass(frozen=True)
class Source:
    """Where a scenario stands in a file.

    Attributes
    ----------
    file : str
        The file.
    lines : mapping
        Line numbers, from 1, by place in the scenario; the scenario itself has the place ``()``.
    """

    file: str
    lines: Mapping[Place, int] = field(default_factory=dict, repr=False)

    def at(self, place: Place) -> str:
        """Return file and line of a place, or of the nearest one around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return f"{self.file}, line {self.lines[place]}" if place in self.lines else self.file


@dataclass(frozen=True)
class Scenario:
    """A talk that is to be tested.

    Attributes
    ----------
    name : str
        Its name in reports.
    turns : tuple of Turn
        What the user says, in order.
    expect : Expect
        Of all answers together; `latency_ms` of the slowest, `cents` of the whole talk.
    caller : Caller, optional
        A simulated user that goes on after the turns.
    session : mapping
        Settings as for `RealtimeSession`, such as ``{"instructions": ...}``, ``endpoint``, ``model``, ``voice``;
        besides ``script``, a file that the local endpoint follows, ``tools``, a Python file with functions, and
        ``key_variable``, the environment variable with the key.
    tools : tuple of callables
        Functions that the model may call.
    repeat : int, optional
        How often it is run; as the evaluation says if None.
    source : Source, optional
        Where it stands.
    """

    name: str
    turns: tuple[Turn, ...] = ()
    expect: Expect = Expect()
    caller: Caller | None = None
    session: Mapping[str, Any] = field(default_factory=dict)
    tools: tuple[Callable[..., Any], ...] = ()
    repeat: int | None = None
    source: Source | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "turns", tuple(self.turns))
        object.__setattr__(self, "tools", tuple(self.tools))

    @property
    def in_real_time(self) -> bool:
        """Whether answers have to be heard as time goes by."""
        speaks = self.caller is not None and self.caller.speaks
        return speaks or any(turn.spoken or turn.interrupt or turn.cough_over for turn in self.turns)

    def where(self, place: Place = ()) -> str:
        """Return how errors name a place: file and line, scenario, turn and key."""
        at = f"{self.source.at(place)}: " if self.source else ""
        rest = list(place)
        turn = ""
        if rest[:1] == ["turn"] and len(rest) > 1:
            turn = f", turn {int(rest[1]) + 1}"
            rest = rest[2:]
        key = f", {'.'.join(map(str, rest))}" if rest else ""
        return f"{at}scenario {self.name!r}{turn}{key}"


def several(value: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    """Return what may be one text or several as a tuple."""
    return (value,) if isinstance(value, str) else tuple(value)
