"""What an evaluation looks like: as text, as a page, for continuous integration, as a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.evaluation import Evaluation, Finding, Run, TurnResult
from realtime_widgets.evaluation.results import CallResult

if TYPE_CHECKING:
    from pathlib import Path

GOOD = TurnResult("Hello?", "Hello <b>you</b>.", (CallResult("look", '{"at": 1}', "2"),), 0.25, 0.001)
BAD = TurnResult("And?", "\x1b[2JNo.", latency_s=0.75, findings=(Finding("says", False, "it does not say 'yes'"),))
EVALUATION = Evaluation(
    [
        Run("greets", "a", 1, "passed", (GOOD,), money=0.001, seconds=1.0, file="t.toml"),
        Run("greets", "a", 2, "failed", (GOOD, BAD), money=0.001, seconds=2.0, file="t.toml"),
        Run("greets", "b", 1, "network", error="it was lost", attempts=3, file="t.toml"),
        Run("other", "b", 1, "not run", error="the money is spent", file="t.toml"),
    ]
)


def test_a_table_has_a_line_for_each_scenario_and_configuration() -> None:
    lines = EVALUATION.table().splitlines()
    assert [line.split()[:3] for line in lines[2:5]] == [
        ["greets", "a", "1/2"],
        ["greets", "b", "0/1"],
        ["other", "b", "0/1"],
    ]
    assert "250 ms" in lines[2]
    assert (
        "1 of 4 runs passed; latency 250 ms (median), 750 ms (95 %); sessions 0.2 cents; 2 begun again." in lines
    )
    assert "  turn 2: it does not say 'yes'" in lines
    assert not EVALUATION.passed
    assert len(EVALUATION.failures) == 3
    with pytest.raises(AssertionError, match="it was lost"):
        EVALUATION.check()


def test_a_page_holds_all_that_was_said_and_obeys_nothing_of_it(tmp_path: Path) -> None:
    EVALUATION.save_html(tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "Hello &lt;b&gt;you&lt;/b&gt;." in page
    assert "<b>you" not in page
    assert "\x1b" not in page
    assert "it does not say" in page
    assert page.count("<details open>") == 3


def test_junit_counts_failures_errors_and_what_was_left_out(tmp_path: Path) -> None:
    EVALUATION.save_junit(tmp_path / "report.xml")
    root = ElementTree.parse(tmp_path / "report.xml").getroot()
    counts = {
        suite.get("name"): [suite.get(key) for key in ("tests", "failures", "errors", "skipped")] for suite in root
    }
    assert counts == {"a": ["2", "1", "0", "0"], "b": ["2", "0", "1", "1"]}
    failure = root.find(".//failure")
    assert failure is not None
    assert failure.get("message") == "turn 2: it does not say 'yes'"


def test_a_frame_has_a_row_for_each_turn() -> None:
    frame = EVALUATION.frame()
    assert list(frame["status"]) == ["passed", "failed", "failed", "network", "not run"]
    assert frame["latency_ms"].max() == 750
    assert list(frame["held"]) == [0, 0, 0, 0, 0]
    assert frame["problem"].iloc[2] == "it does not say 'yes'"


def test_a_report_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot be written"):
        EVALUATION.save_html(tmp_path / "none" / "report.html")


def test_nothing_is_not_a_success() -> None:
    assert not Evaluation([]).passed
    assert Evaluation([]).table() == "No runs."
