"""Scenarios as tests of pytest, which collects ``*.scenarios.toml`` and ``test_*.toml`` when it is asked to.

``pytest --scenarios`` asks for it, or ``realtime_scenarios = true`` in pytest's settings; otherwise this plugin
does nothing, and loads nothing of the package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from realtime_widgets.evaluation.scenarios.scenario import Scenario
    from realtime_widgets.evaluation.scenarios.toml_file import Broken

_SETTING = "realtime_scenarios"


class ScenarioFailedError(Exception):
    """A scenario did not pass; the text holds what did not hold and what was said."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("realtime_widgets", "scenarios of realtime_widgets")
    group.addoption("--scenarios", action="store_true", help="collect *.scenarios.toml and test_*.toml as talks")
    group.addoption("--scenarios-repeat", type=int, default=1, metavar="N", help="run each scenario N times")
    group.addoption("--scenarios-endpoint", metavar="ENDPOINT", help="endpoint in place of that of the scenarios")
    group.addoption("--scenarios-model", metavar="MODEL", help="model in place of that of the scenarios")
    group.addoption("--scenarios-judge", metavar="URL", help="endpoint of a chat model that judges")
    group.addoption("--scenarios-judge-model", metavar="NAME", help="its model")
    parser.addini(_SETTING, "collect files with scenarios of realtime_widgets", "bool", default=False)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a file with scenarios, if that is asked for."""
    config = parent.config
    if not (config.getoption("--scenarios") or config.getini(_SETTING)):
        return None
    name = file_path.name
    if name.endswith(".scenarios.toml") or (name.startswith("test_") and name.endswith(".toml")):
        return ScenarioFile.from_parent(parent, path=file_path)
    return None


class ScenarioFile(pytest.File):
    """A file with scenarios."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield a test for each run of each scenario; a scenario that cannot be read is a test that fails."""
        from realtime_widgets.errors import ConfigurationError
        from realtime_widgets.evaluation.scenarios.scenario import Scenario
        from realtime_widgets.evaluation.scenarios.toml_file import read_file

        try:
            found = read_file(self.path)
        except ConfigurationError as error:
            raise self.CollectError(str(error)) from None
        for each in found:
            repeat = (isinstance(each, Scenario) and each.repeat) or self.config.getoption("--scenarios-repeat")
            for number in range(1, repeat + 1):
                name = each.name if repeat == 1 else f"{each.name}[{number}]"
                yield ScenarioItem.from_parent(self, name=name, scenario=each)


class ScenarioItem(pytest.Item):
    """One run of a scenario."""

    def __init__(self, *, scenario: Scenario | Broken, **options: Any) -> None:
        super().__init__(**options)
        self._scenario = scenario

    def runtest(self) -> None:
        """Run the scenario."""
        from dataclasses import replace

        from realtime_widgets.evaluation import ChatModel, Scenario, evaluate_sync

        if not isinstance(self._scenario, Scenario):
            raise ScenarioFailedError(self._scenario.problem)
        option = self.config.getoption
        given = {"endpoint": option("--scenarios-endpoint"), "model": option("--scenarios-model")}
        judge = option("--scenarios-judge")
        (run,) = evaluate_sync(
            replace(self._scenario, repeat=1),
            configurations={"": {key: value for key, value in given.items() if value}},
            judge=ChatModel(judge, option("--scenarios-judge-model")) if judge else None,
        )
        self.add_report_section("call", "talk", "\n".join(f"{turn.question}\n{turn.answer}" for turn in run.turns))
        if not run.passed:
            raise ScenarioFailedError("\n".join([f"{run.status}:", *run.problems]))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return what did not hold, without a traceback of ours."""
        if isinstance(excinfo.value, ScenarioFailedError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Return where the scenario stands."""
        source = getattr(self._scenario, "source", None)
        line = source.lines.get(()) if source else None
        return self.path, None if line is None else line - 1, f"scenario: {self.name}"
