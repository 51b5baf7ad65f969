"""What is wrong with a scenario before anything is asked: what cannot be, and what can never hold."""

from __future__ import annotations

import difflib
import inspect
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.evaluation.scenarios.scenario import Place, Scenario, Turn, several

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from realtime_widgets.evaluation.scenarios.scenario import Expect

#: Settings of a session that a scenario or a configuration may have.
SESSION_KEYS = (
    *("instructions", "endpoint", "model", "voice", "speed", "turn_detection", "false_interruption_timeout"),
    *("transcription", "answers", "reasoning", "max_output_tokens", "truncation", "tool_choice"),
    *("parallel_tool_calls", "noise_reduction", "extra", "dialect", "capabilities", "max_rounds", "prices"),
    *("tracing", "include", "safety_identifier", "filler"),
)
#: And those that are not the session's own: see `Scenario.session`.
OWN_KEYS = ("script", "tools", "key_variable", "api_key")
#: Longest name of an option that a suggestion is made for.
_NEAR = 0.6


def near(name: str, known: Sequence[str]) -> str:
    """Return what to say after an unknown name: the nearest known one, or all of them."""
    close = difflib.get_close_matches(name, known, 1, _NEAR)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"there is {', '.join(known)}" if known else "there is none"


def check_session(settings: Mapping[str, Any], what: str) -> None:
    """Raise `ConfigurationError` if settings have a key that is none."""
    for key in settings:
        if key not in (*SESSION_KEYS, *OWN_KEYS):
            raise ConfigurationError(f"{what} has an unknown setting {key!r}: {near(key, SESSION_KEYS)}")


def check_scenario(scenario: Scenario, tools: Sequence[Callable[..., Any]], *, judge: bool, caller: bool) -> None:
    """Raise an error that names everything that is wrong with a scenario.

    Parameters
    ----------
    scenario
        The scenario.
    tools
        All functions that its model may call.
    judge, caller
        Whether there is a model that judges, and one that plays the caller.

    Raises
    ------
    ConfigurationError
        With a line for each thing that cannot be or can never hold: file, line, scenario, turn, key.
    """
    flaws = [f"{scenario.where(place)}: {text}" for place, text in _flaws(scenario, tools, judge, caller)]
    if flaws:
        raise ConfigurationError("\n".join(flaws))


def _flaws(
    scenario: Scenario, tools: Sequence[Callable[..., Any]], judge: bool, caller: bool
) -> Iterator[tuple[Place, str]]:
    if not scenario.turns and scenario.caller is None:
        yield (), "it has no turn and no caller: nobody says anything"
    for key in scenario.session:
        if key not in (*SESSION_KEYS, *OWN_KEYS):
            yield ("session", key), f"there is no such setting: {near(key, SESSION_KEYS)}"
    script = scenario.session.get("script")
    if script is not None and not Path(script).is_file():
        yield ("session", "script"), f"there is no file {script}"
    if scenario.repeat is not None and not _whole(scenario.repeat):
        yield ("repeat",), f"it must be a whole number above 0, not {scenario.repeat!r}"
    if scenario.caller is not None:
        yield from _flaws_of_caller(scenario, caller)
    named = {function.__name__: function for function in tools}
    written = scenario.session.get("answers") == "text"
    for number, turn in enumerate(scenario.turns):
        place: Place = ("turn", number)
        for inner, text in _flaws_of_turn(scenario, number, turn, named, written):
            yield (*place, *inner), text
        cut = any(each.interrupt for each in scenario.turns[number + 1 : number + 2])
        if turn.expect.interrupted and not (cut or turn.cough_over):
            text = "it can never hold: no turn after this one has 'interrupt', and nobody coughs over the answer"
            yield (*place, "expect", "interrupted"), text
        for inner, text in _flaws_of_expect(turn.expect, named, judge):
            yield (*place, "expect", *inner), text
    for inner, text in _flaws_of_expect(scenario.expect, named, judge):
        yield ("expect", *inner), text


def _flaws_of_caller(scenario: Scenario, there: bool) -> Iterator[tuple[Place, str]]:
    assert scenario.caller is not None
    if not scenario.caller.goal.strip():
        yield ("caller", "goal"), "a caller needs a goal"
    if not _whole(scenario.caller.turns):
        yield ("caller", "turns"), f"it must be a whole number above 0, not {scenario.caller.turns!r}"
    if not there:
        yield ("caller",), "a simulated caller needs a chat model: pass caller=, or --caller"


def _flaws_of_turn(
    scenario: Scenario, number: int, turn: Turn, tools: Mapping[str, Any], written: bool
) -> Iterator[tuple[Place, str]]:
    given = [bool(turn.text.strip()), bool(turn.speak.strip()), turn.sound is not None]
    if sum(given) != 1:
        yield (), "it needs exactly one of 'text', 'speak' and 'sound'"
    for key, sound in (("sound", turn.sound), ("noise", turn.noise)):
        if isinstance(sound, str | Path) and not Path(sound).is_file():
            yield (key,), f"there is no sound file {sound}"
    if not turn.spoken:
        for key in ("noise_db", "noise", "cough_at"):
            if getattr(turn, key) is not None:
                yield (key,), "a typed turn has no sound: use 'speak' or 'sound'"
    if turn.noise is not None and turn.noise_db is None:
        yield ("noise",), "how loud it is has to be said by 'noise_db'"
    for key, lowest in (("noise_db", -20.0), ("cough_at", 0.0)):
        value = getattr(turn, key)
        if value is not None and not (_number(value) and value >= lowest):
            yield (key,), f"it must be a number of at least {lowest:g}, not {value!r}"
    if turn.interrupt and number == 0:
        yield ("interrupt",), "the first turn has no answer before it that it could interrupt"
    if (turn.interrupt or turn.cough_over) and written:
        key = "interrupt" if turn.interrupt else "cough_over"
        yield (key,), "it can never happen: with answers = 'text' nothing is heard"
    if turn.interrupt and turn.spoken and scenario.session.get("turn_detection") == "push_to_talk":
        yield ("interrupt",), "with push_to_talk nobody listens while the answer is heard: interrupt by a text"
    if turn.tool_fails and turn.tool_fails not in tools:
        yield ("tool_fails",), f"there is no tool {turn.tool_fails!r}: {near(turn.tool_fails, list(tools))}"


def _flaws_of_expect(expect: Expect, tools: Mapping[str, Any], judge: bool) -> Iterator[tuple[Place, str]]:
    if expect.tool and expect.tool not in tools:
        yield ("tool",), f"there is no tool {expect.tool!r}: {near(expect.tool, list(tools))}"
    if expect.tool and expect.no_tool:
        yield ("no_tool",), f"it can never hold together with tool = {expect.tool!r}"
    if expect.arguments is not None and not expect.tool:
        yield ("arguments",), "they belong to 'tool', which is not expected"
    if expect.arguments and expect.tool in tools:
        yield from _flaws_of_arguments(expect, tools[expect.tool])
    words, not_words = several(expect.says), several(expect.says_not)
    for key, texts in (("says", words), ("says_not", not_words)):
        if not all(isinstance(text, str) and text.strip() for text in texts):
            yield (key,), "it must be a text, or several"
            return
    for said in words:
        for unsaid in not_words:
            if f" {unsaid.casefold()} " in f" {said.casefold()} ":
                yield ("says_not",), f"it can never hold: {said!r}, which 'says' wants, contains {unsaid!r}"
    for key in ("latency_ms", "cents"):
        value = getattr(expect, key)
        if value is not None and not (_number(value) and value >= 0 and (value > 0 or key == "cents")):
            yield (key,), f"it can never hold: it must be a number above 0, not {value!r}"
    if expect.recovers and not tools:
        yield ("recovers",), "it can never hold: there is no tool that could fail"
    if expect.recovers and expect.no_tool:
        yield ("recovers",), "it can never hold together with no_tool: a tool has to be called to fail"
    if expect.holds and not judge:
        yield ("holds",), "a judge has to decide it: pass judge=, or --judge"


def _flaws_of_arguments(expect: Expect, tool: Any) -> Iterator[tuple[Place, str]]:
    parameters = inspect.signature(tool).parameters
    if any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters.values()):
        return
    for name in expect.arguments or ():
        if name not in parameters:
            text = f"{expect.tool} has no argument {name!r}: {near(name, list(parameters))}"
            yield ("arguments", name), text


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
