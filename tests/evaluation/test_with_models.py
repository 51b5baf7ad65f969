"""Whole talks on the local endpoint: by code, from a terminal, by pytest, on a cluster."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest
from distributed import Client, LocalCluster

from realtime_widgets.evaluation import Evaluation, Expect, Limits, Scenario, Turn, evaluate, evaluate_sync
from tests.cli.test_talk import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from realtime_widgets.local.server.child_process import EmbeddedEndpoint

pytestmark = pytest.mark.models

SOUNDS = Path(__file__).parents[1] / "sounds"
SCRIPT = r"""
[[answer]]
heard = 'reaction at (?P<t>\w+)'
call = "reaction_rate"
arguments = { temperature = "{t}" }
then = "At {t} degrees it is {result} moles per second."
[[answer]]
heard = 'story'
say = [
    "Once upon a time there was a chemist. She lived in a small house by the river with a cat.",
    "Every morning she went to the laboratory. In the evening she wrote it all down.",
]
[[answer]]
heard = 'stop'
say = "I have stopped."
[[answer]]
heard = 'meters'
say = "Forward."
[otherwise]
say = "Which temperature do you mean?"
"""
TOOLS = '''
def reaction_rate(temperature: float) -> float:
    """Rate of our reaction.

    Parameters
    ----------
    temperature
        Degrees Celsius.
    """
    return round(0.02 * temperature, 3)
'''
FILE = """
[session]
instructions = "You are the desk of a laboratory."
endpoint = "local"
script = "script.toml"
tools = "desk.py"

[[scenario]]
name = "tells the rate"
[[scenario.turn]]
text = "How fast is the reaction at 40 degrees?"
[scenario.turn.expect]
tool = "reaction_rate"
arguments = { temperature = 40 }
says = "0.8 moles"
no_invention = true

[[scenario]]
name = "expects too much"
[[scenario.turn]]
text = "How fast is the reaction at 40 degrees?"
expect = { says = "pineapple" }
"""


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with a script, tools and scenarios."""
    for name, text in (("script.toml", SCRIPT), ("desk.py", TOOLS), ("desk.scenarios.toml", FILE)):
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


async def done(desk: Path, *turns: Turn, **options: Any) -> Evaluation:
    """Run one scenario and check it; its script is that of the desk."""
    session = {"endpoint": "local", "script": str(desk / "script.toml"), "tools": str(desk / "desk.py")}
    evaluation = await evaluate(Scenario("talk", turns, session={**session, **options}))
    evaluation.check()
    return evaluation


async def test_a_typed_question_waits_costs_and_is_answered_from_the_tool(desk: Path) -> None:
    runs = await done(
        desk,
        Turn(
            "How fast is the reaction at 40 degrees?",
            expect=Expect(
                tool="reaction_rate",
                arguments={"temperature": 40},
                says="0.8 moles",
                no_invention=True,
                latency_ms=60_000,
                cents=0,
            ),
        ),
        Turn("And then?", expect=Expect(no_tool=True, asks_back=True, says_not="moles")),
    )
    first, second = runs[0].turns
    assert first.latency_s is not None
    assert first.latency_s > 0
    assert first.calls[0].output == "0.8"
    assert second.answer == "Which temperature do you mean?"


async def test_a_tool_fails_once_and_the_answer_goes_on(desk: Path) -> None:
    question = "How fast is the reaction at 40 degrees?"
    runs = await done(
        desk,
        Turn(question, tool_fails="reaction_rate", expect=Expect(recovers=True)),
        Turn(question, expect=Expect(says="0.8")),
    )
    assert "does not work at the moment" in runs[0].turns[0].calls[0].error


async def test_a_recording_in_noise_with_a_cough_is_understood(desk: Path) -> None:
    turn = Turn(sound=SOUNDS / "goforward.flac", noise_db=20, cough_at=0.0, expect=Expect(says="forward"))
    runs = await done(desk, turn)
    assert "meters" in runs[0].turns[0].question.lower()


async def test_an_answer_is_interrupted_when_its_word_is_heard(desk: Path) -> None:
    runs = await done(
        desk,
        Turn(speak="Tell me a story, please.", expect=Expect(interrupted=True, says="there was a chemist")),
        Turn(speak="Please stop now.", interrupt="chemist", expect=Expect(says="stopped", interrupted=False)),
    )
    first = runs[0].turns[0]
    assert "evening" not in first.answer  # nobody heard that
    assert "story" in first.question.lower()


@pytest.mark.nightly  # half a minute and more of real talk
async def test_a_typed_question_can_interrupt_too_and_a_cough_does_not(desk: Path) -> None:
    coughed = await done(
        desk, Turn("Tell me a story.", cough_over="upon", expect=Expect(interrupted=False, says="all down"))
    )
    stopped = await done(
        desk,
        Turn("Tell me a story.", expect=Expect(interrupted=True, says_not="evening")),
        Turn("Stop.", interrupt="chemist", expect=Expect(says="stopped")),
    )
    assert coughed.passed
    assert stopped.passed


async def test_a_word_that_is_never_heard_is_a_finding_and_the_turn_is_said_all_the_same(desk: Path) -> None:
    session = {"endpoint": "local", "script": str(desk / "script.toml"), "tools": str(desk / "desk.py")}
    turns = (Turn("Stop."), Turn("Stop.", interrupt="elephant", expect=Expect(says="stopped")))
    (only,) = await evaluate(Scenario("talk", turns, session=session))
    assert only.status == "failed"
    assert [each.text for each in only.turns[1].findings if not each.passed] == [
        "'elephant' was not heard in the answer, so nothing could come over it"
    ]
    assert only.turns[1].answer == "I have stopped."


async def test_the_command_reports_and_fails_if_something_did(desk: Path) -> None:
    reports = ("--html", desk / "report.html", "--junit", desk / "report.xml")
    code, out, err = await run("evaluate", desk / "desk.scenarios.toml", "--repeat", 2, *reports)
    assert code == 1, err
    assert "2 of 4 runs passed" in out
    assert "it does not say 'pineapple'" in out
    assert "expects too much [2] : failed" in err
    assert "pineapple" in (desk / "report.html").read_text("utf-8")
    suite = ElementTree.parse(desk / "report.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures")) == ("4", "2")


async def test_the_command_names_what_cannot_be(desk: Path) -> None:
    file = desk / "desk.scenarios.toml"
    file.write_text(FILE.replace('tool = "reaction_rate"', 'tool = "reaction_rat"'), "utf-8")
    code, out, _ = await run("evaluate", file)
    assert code == 2
    assert f"{file}, line 13: scenario 'tells the rate', turn 1, expect.tool: there is no tool" in out
    assert "did you mean 'reaction_rate'?" in out
    assert "it does not say 'pineapple'" in out  # the other one was run


def test_pytest_runs_scenarios_only_if_it_is_asked_to(desk: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-p", "realtime_widgets.evaluation.pytest_plugin", "-q", str(desk)]
    silent = subprocess.run(command, capture_output=True, text=True, check=False, cwd=desk)
    assert silent.returncode == 5, silent.stdout  # no tests
    asked = subprocess.run([*command, "--scenarios"], capture_output=True, text=True, check=False, cwd=desk)
    assert "1 failed, 1 passed" in asked.stdout, asked.stdout + asked.stderr
    assert "it does not say 'pineapple'" in asked.stdout
    assert "Traceback" not in asked.stdout


def test_the_plugin_loads_nothing_of_the_package_until_it_is_asked_to() -> None:
    script = (
        "import sys, realtime_widgets.evaluation.pytest_plugin\n"
        "print(*[name for name in sys.modules if name.startswith('realtime_widgets')])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == {
        "realtime_widgets",
        "realtime_widgets.evaluation",
        "realtime_widgets.evaluation.pytest_plugin",
    }


@pytest.fixture(scope="module")
def cluster(embedded: EmbeddedEndpoint) -> Iterator[Client]:
    """Two workers, which have the endpoint's key in their environment."""
    environment = {"DESK_KEY": embedded.api_key}
    workers = {"n_workers": 2, "threads_per_worker": 2, "dashboard_address": None, "env": environment}
    with (
        LocalCluster(**workers) as cluster,  # type: ignore[no-untyped-call]
        Client(cluster) as client,  # type: ignore[no-untyped-call]
    ):
        yield client


def _scenario(at: int, url: str, says: str) -> Scenario:
    def rate(temperature: float) -> float:
        """Rate of our reaction at a temperature."""
        return temperature * 2

    session = {"endpoint": url, "key_variable": "DESK_KEY", "instructions": "You are a desk."}
    turn = Turn(f"What is the rate at a temperature of {at}?", expect=Expect(tool="rate", says=says))
    return Scenario(f"at {at}", (turn,), session=session, tools=(rate,))


def test_a_cluster_runs_scenarios_and_reads_the_key_from_its_own_environment(
    cluster: Client, embedded: EmbeddedEndpoint
) -> None:
    scenarios = [_scenario(at, embedded.url, str(at * 2)) for at in (10, 20, 30)]
    scenarios.append(_scenario(40, embedded.url, "nothing of this"))
    scenarios.append(Scenario("silent"))
    runs = evaluate_sync(scenarios, client=cluster, limits=Limits(sessions=4), repeat=2)
    assert [run.status for run in runs] == ["passed"] * 6 + ["failed"] * 2 + ["invalid"]
    frame = runs.frame()
    assert set(frame[frame["status"] == "passed"]["tools"]) == {"rate"}


def test_no_key_goes_to_a_cluster_and_a_missing_one_is_named(cluster: Client, embedded: EmbeddedEndpoint) -> None:
    scenario = _scenario(10, embedded.url, "20")
    given = {"api_key": embedded.api_key}
    (refused,) = evaluate_sync(scenario, client=cluster, configurations={"a": given})
    assert refused.status == "invalid"
    assert "set it in the environment of the workers" in refused.error
    (unset,) = evaluate_sync(scenario, client=cluster, configurations={"a": {"key_variable": "OTHER_KEY"}})
    assert unset.status == "error"
    assert "OTHER_KEY" in unset.error
    assert embedded.api_key not in repr([refused, unset])


async def test_an_asynchronous_client_serves_as_well(embedded: EmbeddedEndpoint, cluster: Client) -> None:
    address = cluster.scheduler_info()["address"]  # type: ignore[no-untyped-call]
    client: Any = await Client(address, asynchronous=True)  # type: ignore[no-untyped-call]
    async with client:
        runs = await evaluate(_scenario(10, embedded.url, "20"), client=client)
    runs.check()


def test_a_worker_that_dies_loses_no_run(cluster: Client, embedded: EmbeddedEndpoint, tmp_path: Path) -> None:
    died = tmp_path / "died"

    def rate(temperature: float) -> float:
        """Rate of our reaction at a temperature."""
        import os

        if not died.exists():
            died.touch()
            os._exit(1)
        return temperature * 2

    scenarios = [replace(_scenario(at, embedded.url, str(at * 2)), tools=(rate,)) for at in (10, 20, 30)]
    runs = evaluate_sync(scenarios, client=cluster, limits=Limits(sessions=1))
    assert died.exists()
    assert [run.status for run in runs] == ["passed"] * 3, runs.table()


async def test_the_command_takes_the_address_of_a_scheduler(cluster: Client, desk: Path) -> None:
    address = cluster.scheduler_info()["address"]  # type: ignore[no-untyped-call]
    code, out, err = await run("evaluate", desk / "desk.scenarios.toml", "--scheduler", address)
    assert code == 1, out + err
    assert "1 of 2 runs passed" in out
    assert "it does not say 'pineapple'" in out
    code, _, err = await run("evaluate", desk / "desk.scenarios.toml", "--scheduler", "nonsense://x")
    assert code == 2
    assert "there is no Dask scheduler at nonsense://x" in err
