"""Scenarios in a file, and what is said of those that cannot be."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import pytest

from realtime_widgets import RealtimeSession
from realtime_widgets.errors import ConfigurationError
from realtime_widgets.evaluation import evaluate, load_scenarios
from realtime_widgets.evaluation.scenarios.checking import SESSION_KEYS
from realtime_widgets.evaluation.scenarios.toml_file import key_lines

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """
[session]
instructions = "Be brief."
script = "script.toml"

[[scenario]]
name = "one"
repeat = 2

[[scenario.turn]]
text = "Hello."
expect = { says = ["good", "morning"], latency_ms = 500 }

[[scenario.turn]]
speak = "Stop."
interrupt = "word"
noise_db = 12.5
[scenario.turn.expect]
tool = "look"
arguments = { at = "it" }

[[scenario]]
name = "two"
session = { model = "other" }
[scenario.caller]
goal = "to buy"
"""


def look(at: str) -> str:
    """Look."""
    return at


def written(folder: Path, text: str) -> Path:
    path = folder / "talk.scenarios.toml"
    path.write_text(text, "utf-8")
    return path


def test_scenarios_are_read_as_they_are_written(tmp_path: Path) -> None:
    one, two = load_scenarios(written(tmp_path, GOOD))
    assert one.name == "one"
    assert one.repeat == 2
    assert one.turns[0].expect.says == ("good", "morning")
    assert one.turns[1].interrupt == "word"
    assert one.turns[1].expect.arguments == {"at": "it"}
    assert two.caller is not None
    assert two.session == {"instructions": "Be brief.", "script": str(tmp_path / "script.toml"), "model": "other"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("latency_ms", "latency", "line 12: scenario 'one', turn 1, expect.latency: unknown key 'latency'"),
        ("latency_ms", "latency", "did you mean 'latency_ms'?"),
        ("noise_db", "nois_db", "line 17: scenario 'one', turn 2, nois_db: unknown key"),
        ("= 12.5", '= "loud"', "line 17: scenario 'one', turn 2, noise_db: must be a number, not 'loud'"),
        ("repeat = 2", 'repeat = "2"', "line 8: scenario 'one', repeat: must be a whole number"),
        ("instructions", "instruction", "line 3: unknown key 'instruction': did you mean 'instructions'?"),
        ("goal", "gaol", "line 26: scenario 'two', caller.gaol: unknown key 'gaol': did you mean 'goal'?"),
        ('name = "two"', 'name = "one"', "another scenario has the same name"),
        ('name = "two"', "", "scenario 2 needs a name"),
        ('model = "other"', 'api_key = "sk-1234"', "a file holds no key"),
        ("[[scenario]]", "[[scenario", "is not TOML"),
        ("[session]", "[sesion]", "unknown key 'sesion': did you mean 'session'?"),
    ],
)
def test_an_error_names_file_line_scenario_and_key(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = written(tmp_path, GOOD.replace(old, new))
    with pytest.raises(ConfigurationError) as error:
        load_scenarios(path)
    assert said in str(error.value)
    assert str(path) in str(error.value)
    assert "sk-1234" not in str(error.value)


async def test_a_scenario_that_cannot_be_is_a_run_and_names_all_that_is_wrong(tmp_path: Path) -> None:
    text = """
    [[scenario]]
    name = "wrong"
    [[scenario.turn]]
    text = "Hello."
    tool_fails = "lok"
    [scenario.turn.expect]
    tool = "locks"
    says = "very good"
    says_not = "good"
    latency_ms = 0
    interrupted = true
    holds = "It is polite."
    [[scenario.turn]]
    sound = "missing.wav"
    [scenario.turn.expect]
    tool = "look"
    no_tool = true
    arguments = { att = 1 }
    """
    (run,) = await evaluate(written(tmp_path, text), tools=[look])
    assert run.status == "invalid"
    for said in (
        "line 6: scenario 'wrong', turn 1, tool_fails: there is no tool 'lok': did you mean 'look'?",
        "line 8: scenario 'wrong', turn 1, expect.tool: there is no tool 'locks': did you mean 'look'?",
        "line 10: scenario 'wrong', turn 1, expect.says_not: it can never hold: 'very good'",
        "line 11: scenario 'wrong', turn 1, expect.latency_ms: it can never hold",
        "line 12: scenario 'wrong', turn 1, expect.interrupted: it can never hold",
        "line 13: scenario 'wrong', turn 1, expect.holds: a judge has to decide it",
        f"line 15: scenario 'wrong', turn 2, sound: there is no sound file {tmp_path / 'missing.wav'}",
        "line 18: scenario 'wrong', turn 2, expect.no_tool: it can never hold together with tool = 'look'",
        "line 19: scenario 'wrong', turn 2, expect.arguments.att: look has no argument 'att': did you mean 'at'?",
    ):
        assert said in run.error


async def test_a_missing_file_is_a_run_beside_the_others(tmp_path: Path) -> None:
    empty = written(tmp_path, "[[scenario]]\nname = 'nobody speaks'\n")
    gone, silent = await evaluate([tmp_path / "none.toml", empty])
    assert "none.toml cannot be read" in gone.error
    assert "it has no turn and no caller" in silent.error
    assert (gone.status, silent.status) == ("invalid", "invalid")


def test_the_settings_are_those_of_a_session() -> None:
    assert set(SESSION_KEYS) <= set(inspect.signature(RealtimeSession).parameters)


def test_lines_are_those_of_the_keys_and_not_of_texts_that_look_like_them() -> None:
    lines = key_lines('[[a]]\nx = 1\n[[a]]\n"x" = """\nx = 2\n"""\nb.c = 3\n[a.d]\ne = 4\n')
    assert lines["a", 0, "x"] == 2
    assert lines["a", 1, "x"] == 4
    assert lines["a", 1, "b", "c"] == 7
    assert lines["a", 1, "d", "e"] == 9
