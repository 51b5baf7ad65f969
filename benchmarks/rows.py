"""One line of a benchmark's result: values, their peer in the same run, and what is to be reached."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Row:
    """What was measured under one setting.

    Attributes
    ----------
    benchmark, measure
        Where it belongs and what it is; together they name it for `compare`.
    values
        One number a repetition, in `unit`.
    unit
        Such as ``"ms"``.
    peer, peer_values
        What it is compared with, and that one's numbers of the same run; empty where it stands for itself.
    target
        Largest median that is good enough: of the ratio where there is a peer, of the values where there is none.
    target_p95
        The same for the 95th percentile.
    limit, limit_p95
        Largest median and 95th percentile of the values themselves, in `unit`, whatever the peer has.
    more_is_better
        Whether `target` to `limit_p95` are the least that is good enough.
    note
        A setting, a remark.
    """

    benchmark: str
    measure: str
    values: tuple[float, ...]
    unit: str = "ms"
    peer: str = ""
    peer_values: tuple[float, ...] = field(default=(), repr=False)
    target: float | None = None
    target_p95: float | None = None
    limit: float | None = None
    limit_p95: float | None = None
    more_is_better: bool = False
    note: str = ""

    @property
    def name(self) -> str:
        """Name for comparisons between runs."""
        return f"{self.benchmark}: {self.measure}"

    @property
    def median(self) -> float:
        """Median of the values."""
        return float(np.median(self.values))

    @property
    def p95(self) -> float:
        """Their 95th percentile."""
        return float(np.percentile(self.values, 95))

    @property
    def ratio(self) -> float | None:
        """Median over the peer's median."""
        return self.median / float(np.median(self.peer_values)) if self.peer_values else None

    @property
    def ratio_p95(self) -> float | None:
        """95th percentile over the peer's."""
        return self.p95 / float(np.percentile(self.peer_values, 95)) if self.peer_values else None

    @property
    def reached(self) -> bool | None:
        """Whether the targets are reached; None where there is none."""
        judged = [
            value >= target if self.more_is_better else value <= target
            for value, target in (
                (self.ratio if self.peer_values else self.median, self.target),
                (self.ratio_p95 if self.peer_values else self.p95, self.target_p95),
                (self.median, self.limit),
                (self.p95, self.limit_p95),
            )
            if target is not None and value is not None
        ]
        return all(judged) if judged else None

    def as_json(self) -> dict[str, Any]:
        """Return everything as JSON has it."""
        return {
            "benchmark": self.benchmark,
            "measure": self.measure,
            "unit": self.unit,
            "n": len(self.values),
            "median": _rounded(self.median),
            "p95": _rounded(self.p95),
            "peer": self.peer,
            "ratio": None if self.ratio is None else _rounded(self.ratio),
            "ratio_p95": None if self.ratio_p95 is None else _rounded(self.ratio_p95),
            "target": self.target,
            "target_p95": self.target_p95,
            "limit": self.limit,
            "limit_p95": self.limit_p95,
            "reached": self.reached,
            "note": self.note,
            "values": [_rounded(value) for value in self.values],
            "peer_values": [_rounded(value) for value in self.peer_values],
        }


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def table(rows: list[Row]) -> str:
    """Lay rows out for reading."""
    head = ("benchmark", "measure", "n", "median", "p95", "unit", "ratio", "p95", "to", "target", "")
    lines = [head, *(_cells(row) for row in rows)]
    wide = [max(len(line[column]) for line in lines) for column in range(len(head))]
    right = {2, 3, 4, 6, 7, 9}
    return "\n".join(
        "  ".join(
            cell.rjust(wide[column]) if column in right else cell.ljust(wide[column])
            for column, cell in enumerate(line)
        ).rstrip()
        for line in lines
    )


def _cells(row: Row) -> tuple[str, ...]:
    verdict = {True: "reached", False: "MISSED", None: ""}[row.reached]
    targets = [short(target) for target in (row.target, row.target_p95) if target is not None]
    limits = ((row.limit, ""), (row.limit_p95, "p95 "))
    targets += [f"{which}{short(limit)} {row.unit}" for limit, which in limits if limit is not None]
    remark = f"{verdict}  {row.note}".strip()
    return (
        row.benchmark,
        row.measure,
        str(len(row.values)),
        short(row.median),
        short(row.p95),
        row.unit,
        short(row.ratio),
        short(row.ratio_p95),
        row.peer,
        " / ".join(targets),
        remark,
    )


def short(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"
