"""Tests of whole talks: scenarios, what is expected of the answers, many runs at once, reports.

May import everything below `cli`. The public names are loaded with their modules at their first use, because the
pytest plugin is loaded in every run of pytest where this package is installed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from realtime_widgets.evaluation.evaluation import Evaluation
    from realtime_widgets.evaluation.judging import ChatModel
    from realtime_widgets.evaluation.results import Finding, Run, TurnResult
    from realtime_widgets.evaluation.running import Limits, evaluate, evaluate_sync
    from realtime_widgets.evaluation.scenarios.scenario import Caller, Expect, Scenario, Turn
    from realtime_widgets.evaluation.scenarios.toml_file import load_scenarios

__all__ = [
    "Caller",
    "ChatModel",
    "Evaluation",
    "Expect",
    "Finding",
    "Limits",
    "Run",
    "Scenario",
    "Turn",
    "TurnResult",
    "evaluate",
    "evaluate_sync",
    "load_scenarios",
]

_MODULES = {
    "evaluation": ("Evaluation",),
    "judging": ("ChatModel",),
    "results": ("Finding", "Run", "TurnResult"),
    "running": ("Limits", "evaluate", "evaluate_sync"),
    "scenarios.scenario": ("Caller", "Expect", "Scenario", "Turn"),
    "scenarios.toml_file": ("load_scenarios",),
}


def __getattr__(name: str) -> object:
    for module, names in _MODULES.items():
        if name in names:
            globals()[name] = value = getattr(import_module(f"{__name__}.{module}"), name)
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
