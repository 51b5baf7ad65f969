"""A run's rows in a file, and what has become worse since an earlier run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.rows import Row

#: How much larger than before a ratio may be.
ALLOWED = 1.2


class Results:
    """Rows of one run, as its file has them: one a line, so that two runs can be compared by eye, too.

    Parameters
    ----------
    machine
        What it ran on.
    quick
        Whether it was a run with fewer repetitions; those are compared with their like only.
    rows
        As `Row.as_json` gives them.
    """

    def __init__(self, machine: str, quick: bool, rows: Sequence[dict[str, Any]] = ()) -> None:
        self.machine = machine
        self.quick = quick
        self.rows = list(rows)

    @classmethod
    def read(cls, path: Path) -> Results:
        """Read a file that `write` has written."""
        found = json.loads(path.read_text())
        return cls(found["machine"], found["quick"], found["rows"])

    def add(self, name: str, rows: Sequence[Row]) -> None:
        """Take a benchmark's rows in place of those that are there of it."""
        self.rows = [row for row in self.rows if row["benchmark"] != name] + [row.as_json() for row in rows]

    def write(self, path: Path) -> None:
        """Write everything."""
        head = {"machine": self.machine, "quick": self.quick}
        lines = ",\n".join(json.dumps(row) for row in self.rows)
        path.write_text(json.dumps(head)[:-1] + f', "rows": [\n{lines}\n]}}\n')

    def worse(self, name: str, rows: Sequence[Row], allowed: float = ALLOWED) -> list[str]:
        """Say what of a benchmark has become worse: ratios, targets that were reached, rows that are gone.

        Times of two machines cannot be compared, so that a row without a peer counts by its target alone. A ratio
        without a target is for information: settings that nobody has by themselves, peers that change.
        """
        before = {row["measure"]: row for row in self.rows if row["benchmark"] == name}
        now = {row.measure for row in rows}
        found = [f"{name}: {measure}: was measured before, and is not any more" for measure in before.keys() - now]
        return found + [
            f"{name}: {row.measure}: {text}"
            for row in rows
            if row.measure in before and (text := _worse(row, before[row.measure], allowed))
        ]


def _worse(row: Row, before: dict[str, Any], allowed: float) -> str:
    if before["reached"] and row.reached is False:
        return "its target was reached before, and is missed"
    if row.reached is None or row.ratio is None or not before["ratio"]:
        return ""
    change = before["ratio"] / row.ratio if row.more_is_better else row.ratio / before["ratio"]
    return f"ratio to {row.peer} was {before['ratio']:.3g}, is {row.ratio:.3g}" if change > allowed else ""
