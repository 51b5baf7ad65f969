"""README's figures are those that the kept run has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.__main__ import BENCHMARKS
from benchmarks.results import Results
from benchmarks.rows import short

ROOT = Path(__file__).parents[2]
KEPT = {
    f"{row['benchmark']}: {row['measure']}": row for row in Results.read(ROOT / "benchmarks/baseline.json").rows
}
TABLE = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "README.md").read_text().splitlines()
    if re.search(r"\| `\w+: [^`]+` \|$", line)
]


@pytest.mark.parametrize(("what", "median", "p95", "beside", "figure"), TABLE, ids=[row[-1] for row in TABLE])
def test_a_figure_of_readme_is_the_one_that_was_measured(
    what: str, median: str, p95: str, beside: str, figure: str
) -> None:
    row = KEPT[figure.strip("`")]
    assert median == f"{short(row['median'])} {row['unit']}", what
    assert p95 in ("", f"{short(row['p95'])} {row['unit']}"), what
    assert beside == "" or beside.startswith(f"{short(row['ratio'])} times "), what


def test_readme_has_figures() -> None:
    assert len(TABLE) >= 8


def test_every_kept_figure_is_of_a_benchmark_that_can_be_run() -> None:
    assert {row["benchmark"] for row in KEPT.values()} <= BENCHMARKS.keys()
