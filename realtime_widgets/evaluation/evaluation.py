"""`Evaluation`: all runs together, as a table, a page, a file for continuous integration or a DataFrame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.evaluation.report import html_page, html_table, junit, text_table
from realtime_widgets.evaluation.results import Run, TurnResult
from realtime_widgets.installing import install_extra

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable


@dataclass(frozen=True)
class Evaluation(Sequence[Run]):
    """All runs, in the order of scenarios, configurations and repetitions; a notebook shows it as a table.

    Attributes
    ----------
    runs : tuple of Run
        The runs.
    """

    runs: tuple[Run, ...] = field(repr=False)

    def __init__(self, runs: Iterable[Run]) -> None:
        object.__setattr__(self, "runs", tuple(runs))

    @overload
    def __getitem__(self, index: int) -> Run: ...
    @overload
    def __getitem__(self, index: slice) -> Evaluation: ...
    def __getitem__(self, index: int | slice) -> Run | Evaluation:
        return Evaluation(self.runs[index]) if isinstance(index, slice) else self.runs[index]

    def __len__(self) -> int:
        return len(self.runs)

    @property
    def passed(self) -> bool:
        """Whether there are runs, and all of them passed."""
        return bool(self.runs) and all(run.passed for run in self.runs)

    @property
    def failures(self) -> Evaluation:
        """The runs that did not pass."""
        return Evaluation(run for run in self.runs if not run.passed)

    @property
    def money(self) -> float | None:
        """US dollars of all sessions, judges and callers; None if something has no price."""
        sums = [each for run in self.runs for each in (run.money, run.test_money)]
        return None if any(each is None for each in sums) else sum(each for each in sums if each is not None)

    def check(self) -> None:
        """Raise an AssertionError with all problems, unless everything passed; for tests of your own."""
        if not self.passed:
            raise AssertionError(self.table())

    def frame(self) -> Any:
        """Return a pandas DataFrame with a row for each turn of each run; a run without turns has one row.

        Its columns are ``scenario``, ``configuration``, ``run``, ``status``, ``turn``, ``question``, ``answer``,
        ``tools``, ``latency_ms``, ``cents``, ``interrupted``, ``held`` and ``expected`` (numbers of expectations),
        ``problem``, ``attempts``, ``run_seconds`` and ``run_cents``.

        Raises
        ------
        ConfigurationError
            If pandas is not installed.
        """
        try:
            import pandas
        except ImportError:
            raise ConfigurationError(
                f"a DataFrame needs pandas: {install_extra('evaluate')}; records() needs nothing"
            ) from None
        return pandas.DataFrame(self.records())

    def records(self) -> list[dict[str, Any]]:
        """Return the rows of `frame` as dictionaries."""
        return [row for run in self.runs for row in _rows(run)]

    def table(self) -> str:
        """Return a table in plain text: a line for each scenario and configuration, and below what went wrong."""
        return text_table(self)

    def html(self) -> str:
        """Return a whole page: the table, and every run with what was said."""
        return html_page(self)

    def save_html(self, path: str | os.PathLike[str]) -> None:
        """Write the page to a file.

        Raises
        ------
        ConfigurationError
            If it cannot be written.
        """
        _write(Path(path), self.html())

    def save_junit(self, path: str | os.PathLike[str]) -> None:
        """Write a report in JUnit's XML, which continuous integration reads.

        Raises
        ------
        ConfigurationError
            If it cannot be written.
        """
        _write(Path(path), junit(self))

    def __repr__(self) -> str:
        return self.table()

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return {"text/plain": self.table(), "text/html": html_table(self)}


def _rows(run: Run) -> list[dict[str, Any]]:
    common = {
        "scenario": run.scenario,
        "configuration": run.configuration,
        "run": run.number,
        "status": run.status,
    }
    ends = {
        "attempts": run.attempts,
        "run_seconds": round(run.seconds, 3),
        "run_cents": None if run.money is None else run.money * 100,
    }
    rows = []
    for number, turn in enumerate(run.turns or (TurnResult(""),), 1):
        failed = [each.text for each in turn.findings if not each.passed]
        rows.append(
            {
                **common,
                "turn": number if run.turns else None,
                "question": turn.question,
                "answer": turn.answer,
                "tools": ", ".join(call.name for call in turn.calls),
                "latency_ms": None if turn.latency_s is None else round(turn.latency_s * 1000, 1),
                "cents": None if turn.money is None else turn.money * 100,
                "interrupted": turn.interrupted,
                "held": sum(each.passed for each in turn.findings),
                "expected": len(turn.findings),
                "problem": "; ".join(filter(None, [run.error if number == 1 else "", turn.error, *failed])),
                **ends,
            }
        )
    return rows


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from None
