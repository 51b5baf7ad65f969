"""Runs the ready checks over a list of scenarios, and counts what they find, miss, and report falsely.

``python -m devtools.red_team`` prints a table for `tests/safety/scenarios`: those on which the rules were tuned,
and those that were written before the rules were tried and are only measured.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from realtime_widgets.safety.ready.injection import PromptInjection
from realtime_widgets.safety.ready.personal import PersonalData
from realtime_widgets.safety.ready.secrets import Secrets
from realtime_widgets.safety.ready.words import WordList
from realtime_widgets.safety.verdict import Checked, Place

SCENARIOS = Path(__file__).parents[1] / "tests" / "safety" / "scenarios"
#: A short list of mild words, for the scenarios.
WORDS = ("nitwit", "dimwit", "blockhead", "imbecile", "shut your trap")
CHECKS = (PersonalData(action="flag"), Secrets(action="flag"), PromptInjection(action="flag"), WordList(WORDS))
#: What each check is used for; the others do not see such texts.
_LOOKS_AT = {
    "personal data": ("input", "output"),
    "secrets": ("input", "output", "tool_result"),
    "prompt injection": ("tool_result",),
    "word list": ("input", "output"),
}


@dataclass(frozen=True)
class Scenario:
    """A text, and the check that has to find something in it, or ``"pass"``."""

    place: Place
    kind: str
    expected: str
    text: str


@dataclass
class Counts:
    """What the checks made of some scenarios."""

    hits: int = 0
    missed: list[str] = field(default_factory=list)
    passed: int = 0
    false_alarms: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """Share of what had to be found that was."""
        wanted = self.hits + len(self.missed)
        return self.hits / wanted if wanted else 1.0

    @property
    def false_alarm_rate(self) -> float:
        """Share of harmless texts in which something was found."""
        harmless = self.passed + len(self.false_alarms)
        return len(self.false_alarms) / harmless if harmless else 0.0


def load(name: str) -> list[Scenario]:
    """Return the scenarios of a file."""
    lines = (SCENARIOS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [Scenario(**json.loads(line)) for line in lines]


def measure(scenarios: list[Scenario]) -> dict[str, Counts]:
    """Return the counts by kind of scenario, and of all."""
    counts: dict[str, Counts] = defaultdict(Counts)
    for scenario in scenarios:
        tripped = tripped_by(scenario)
        for kind in (scenario.kind, "all"):
            each = counts[kind]
            if scenario.expected != "pass":
                if scenario.expected in tripped:
                    each.hits += 1
                else:
                    each.missed.append(scenario.text)
            elif tripped:
                each.false_alarms.append(f"{scenario.text} ({', '.join(tripped)})")
            else:
                each.passed += 1
    return dict(counts)


def tripped_by(scenario: Scenario) -> list[str]:
    """Return the names of the checks that find something."""
    checked = Checked(scenario.place, scenario.text)
    looking = (check for check in CHECKS if scenario.place in _LOOKS_AT[check.name])
    return [check.name for check in looking if not check(checked).passed]


def main() -> None:
    """Print the table, and each text that was judged wrongly."""
    for name in ("tuned", "held_out"):
        counts = measure(load(name))
        print(f"{name}: kind, found of wanted, false alarms of harmless")
        for kind, each in sorted(counts.items(), key=lambda pair: pair[0] == "all"):
            wanted, harmless = each.hits + len(each.missed), each.passed + len(each.false_alarms)
            print(f"  {kind:10} {each.hits:3} of {wanted:3}   {len(each.false_alarms):3} of {harmless:3}")
        for text in counts["all"].missed:
            print(f"  missed: {text}")
        for text in counts["all"].false_alarms:
            print(f"  false alarm: {text}")


if __name__ == "__main__":
    main()
