"""What came of a run: its turns, its tool calls, and which expectations held. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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
