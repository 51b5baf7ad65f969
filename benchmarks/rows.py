"""One line of a benchmark's result: values, their peer in the same run, and the target."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Row:
    """The result of a measurement with one setting.

    Attributes
    ----------
    benchmark, measure
        Name of the benchmark and of this measurement; together they identify the row in comparisons.
    values
        One number per repetition, in `unit`.
    unit
        Unit of the values, such as ``"ms"``.
    peer, peer_values
        Name of the peer and its numbers from the same run; empty without a peer.
    target
        Largest acceptable median: of the ratio if there is a peer, otherwise of the values.
    target_p95
        Largest acceptable 95th percentile: of the ratio if there is a peer, otherwise of the values.
    limit, limit_p95
        Largest acceptable median and 95th percentile of the values themselves, in `unit`, whatever the peer's are.
    more_is_better
        Whether `target` to `limit_p95` are smallest instead of largest acceptable numbers.
    note
        A setting or remark, for display.
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
        """Name of the row in comparisons between runs."""
        return f"{self.benchmark}: {self.measure}"

    @property
    def median(self) -> float:
        """Median of the values."""
        return float(np.median(self.values))

    @property
    def p95(self) -> float:
        """95th percentile of the values."""
        return float(np.percentile(self.values, 95))

    @property
    def ratio(self) -> float | None:
        """Median divided by the peer's median."""
        return self.median / float(np.median(self.peer_values)) if self.peer_values else None

    @property
    def ratio_p95(self) -> float | None:
        """95th percentile divided by the peer's."""
        return self.p95 / float(np.percentile(self.peer_values, 95)) if self.peer_values else None

    @property
    def reached(self) -> bool | None:
        """Whether the targets are reached; None without a target."""
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
        """Return the row as an object for JSON."""
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
    """Format rows as a table."""
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
