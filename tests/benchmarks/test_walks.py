"""How many files one reads to follow one thing through the package."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from benchmarks.client import walks

if TYPE_CHECKING:
    from benchmarks.rows import Row

#: Most files of each walk: no change to the package may spread one over more.
MOST_FILES = {
    "microphone": 8,
    "audio_delta": 15,
    "interruption": 23,
    "truncation": 10,
    "tool_cell": 22,
}


@pytest.fixture(scope="module")
def rows() -> dict[str, Row]:
    return {row.measure: row for row in walks.measure(quick=True)}


@pytest.mark.parametrize("walk", [walk.name for walk in walks.WALKS])
def test_a_walk_goes_through_no_more_files_than_it_did(rows: dict[str, Row], walk: str) -> None:
    files, calls, changes = (rows[f"{walk}: {what}"].median for what in ("files", "calls", "changes of file"))
    assert files <= MOST_FILES[walk]
    assert 1 < files <= changes + 1 <= calls


def test_the_walks_are_the_same_every_time() -> None:
    assert walks.follow() == walks.follow()


def test_a_trace_has_the_calls_of_a_walk_in_order(
    rows: dict[str, Row], capsys: pytest.CaptureFixture[str]
) -> None:
    walks.main(["--trace", "microphone"])
    traced = [line.split(":") for line in capsys.readouterr().out.splitlines()]
    assert len(traced) == rows["microphone: calls"].median
    assert len({file for file, _ in traced}) == rows["microphone: files"].median
    assert sys.getprofile() is None


def test_every_walk_is_in_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    walks.main([])
    printed = capsys.readouterr().out
    assert all(f"{walk.name}: files" in printed for walk in walks.WALKS)
