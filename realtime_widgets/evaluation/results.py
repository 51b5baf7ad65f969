"""What came of the runs: each run with its turns and findings, and all of them as a table, a page or a frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from realtime_widgets.errors import ConfigurationError

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

#: How a run ended: all that was expected held; something did not; something went wrong; the network failed, even
#: when it was tried again; the scenario cannot be; it was not begun.
Status = Literal["passed", "failed", "error", "network", "invalid", "not run"]


@dataclass(frozen=True)
class Finding:
    """Whether one expectation held.

    Attributes
    ----------
    expectation : str
        Its key, such as ``"says"``.
    passed : bool
        Whether it held.
    text : str
        What was expected, and what was found instead if it did not hold.
    """

    expectation: str
    passed: bool
    text: str


@dataclass(frozen=True)
class CallResult:
    """A tool call: its name, its arguments as JSON text, the output for the model, and the error if it failed."""

    name: str
    arguments: str
    output: str
    error: str = ""


@dataclass(frozen=True)
class TurnResult:
    """What came of one turn.

    Attributes
    ----------
    question, answer : str
        What the user said, as it was recognised, and what the model said; of an answer that was cut off, the words
        that were heard (estimated).
    calls : tuple of CallResult
        Tool calls, in order.
    latency_s : float or None
        Seconds that the user waited: see `Expect.latency_ms`; None if there was no answer.
    money : float or None
        US dollars; None if something has no price.
    interrupted : bool
        Whether the answer was cut off.
    error : str
        Why the answer failed; empty if it did not.
    findings : tuple of Finding
        What was expected.
    """

    question: str
    answer: str = ""
    calls: tuple[CallResult, ...] = ()
    latency_s: float | None = None
    money: float | None = 0.0
    interrupted: bool = False
    error: str = ""
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Run:
    """One run of a scenario with one configuration.

    Attributes
    ----------
    scenario, configuration : str
        Their names.
    number : int
        Which repetition it is, from 1.
    status : str
        See `Status`.
    turns : tuple of TurnResult
        What was said.
    findings : tuple of Finding
        What was expected of the whole.
    error : str
        What went wrong.
    money : float or None
        US dollars of the session, of all attempts; None if something has no price.
    test_money : float or None
        US dollars of the judge and of the simulated caller.
    seconds : float
        How long it took.
    attempts : int
        How often it was begun.
    file : str
        File of the scenario.
    """

    scenario: str
    configuration: str = ""
    number: int = 1
    status: Status = "passed"
    turns: tuple[TurnResult, ...] = ()
    findings: tuple[Finding, ...] = ()
    error: str = ""
    money: float | None = 0.0
    test_money: float | None = 0.0
    seconds: float = 0.0
    attempts: int = 1
    file: str = ""

    @property
    def passed(self) -> bool:
        """Whether all that was expected held."""
        return self.status == "passed"

    @property
    def latency_s(self) -> float | None:
        """The longest wait for an answer, in seconds; None if there was none."""
        return max((turn.latency_s for turn in self.turns if turn.latency_s is not None), default=None)

    @property
    def problems(self) -> list[str]:
        """All that did not hold or went wrong, a line for each."""
        lines = [self.error] if self.error else []
        for number, turn in enumerate(self.turns, 1):
            lines += [f"turn {number}: {turn.error}"] if turn.error else []
            lines += [f"turn {number}: {each.text}" for each in turn.findings if not each.passed]
        return lines + [each.text for each in self.findings if not each.passed]


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
                "a DataFrame needs pandas: pip install 'realtime-widgets[evaluate]'; records() needs nothing"
            ) from None
        return pandas.DataFrame(self.records())

    def records(self) -> list[dict[str, Any]]:
        """Return the rows of `frame` as dictionaries."""
        return [row for run in self.runs for row in _rows(run)]

    def table(self) -> str:
        """Return a table in plain text: a line for each scenario and configuration, and below what went wrong."""
        from realtime_widgets.evaluation.report import text_table

        return text_table(self)

    def html(self) -> str:
        """Return a whole page: the table, and every run with what was said."""
        from realtime_widgets.evaluation.report import html_page

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
        from realtime_widgets.evaluation.report import junit

        _write(Path(path), junit(self))

    def __repr__(self) -> str:
        return self.table()

    def _repr_mimebundle_(self, **options: Any) -> Any:
        from realtime_widgets.evaluation.report import html_table

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
