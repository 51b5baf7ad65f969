"""Stores the rows of a run in a file, and finds what has become worse since an earlier run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.rows import Row

#: How many times larger than before a ratio may be.
ALLOWED = 1.2


class Results:
    """Rows of one run as its file contains them, one per line, so that two runs can also be compared by eye.

    Parameters
    ----------
    machine
        Description of the machine that it ran on.
    quick
        Whether the run had fewer repetitions; such runs are compared only with each other.
    rows
        The rows as `Row.as_json` returns them.
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
        """Replace the rows of a benchmark."""
        self.rows = [row for row in self.rows if row["benchmark"] != name] + [row.as_json() for row in rows]

    def write(self, path: Path) -> None:
        """Write everything."""
        head = {"machine": self.machine, "quick": self.quick}
        lines = ",\n".join(json.dumps(row) for row in self.rows)
        path.write_text(json.dumps(head)[:-1] + f', "rows": [\n{lines}\n]}}\n')

    def worse(self, name: str, rows: Sequence[Row], allowed: float = ALLOWED) -> list[str]:
        """Return what has become worse in a benchmark: ratios, targets that were reached before, missing rows.

        Times of two machines cannot be compared, so a row without a peer is judged by its target alone. A ratio
        without a target is for information: settings that are not the default, peers that change.
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
