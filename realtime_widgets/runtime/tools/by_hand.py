"""Calls of tools that the user makes by hand: a call of the model again with other arguments, or one tried out."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.tools.diff import describe_change

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from realtime_widgets.tools import ToolRegistry, ToolResult, ToolRunner

#: Calls that are kept; the oldest are forgotten first.
MOST_RUNS = 200


@dataclass
class HandRun:
    """A call by hand.

    Attributes
    ----------
    number
        Of the call, from 1.
    call_id
        The call of the model that it repeats; empty if it repeats none.
    name, arguments
        The tool, and its arguments as JSON text.
    result
        How it ended; None while it runs.
    given
        Whether the model has its result in place of the first one.
    """

    number: int
    call_id: str
    name: str
    arguments: str
    result: ToolResult | None = None
    given: bool = False


class HandRuns:
    """Runs tools for the user: the press of the button is the consent, and nothing goes to the model by itself.

    Parameters
    ----------
    registry, runner
        Of the session.
    spawn
        Runs a coroutine beside everything else.
    changed
        Called when a call has begun or ended.
    """

    def __init__(
        self,
        registry: ToolRegistry,
        runner: ToolRunner,
        spawn: Callable[[Coroutine[Any, Any, None]], object],
        changed: Callable[[], object],
    ) -> None:
        self._registry = registry
        self._runner = runner
        self._spawn = spawn
        self._changed = changed
        self._numbers = count(1)
        self.all: dict[int, HandRun] = {}

    def run(self, name: str, arguments: str, call_id: str = "") -> HandRun:
        """Begin a call.

        Raises
        ------
        ConfigurationError
            If there is no such tool.
        """
        if name not in self._registry:
            raise ConfigurationError(f"there is no tool {name!r} any more: run its cell again")
        run = HandRun(next(self._numbers), call_id, name, arguments)
        self.all[run.number] = run
        while len(self.all) > MOST_RUNS:
            del self.all[next(iter(self.all))]
        self._spawn(self._finish(run))
        self._changed()
        return run

    def of(self, call_id: str) -> list[HandRun]:
        """Return the calls that repeat a call of the model, oldest first."""
        return [run for run in self.all.values() if run.call_id == call_id]

    def change_of(self, name: str) -> str:
        """Return what was different when a tool was replaced last, in words; empty if it was not."""
        change = self._registry.replaced.get(name)
        return describe_change(change) if change is not None and change.old is not None else ""

    def give(self, number: int) -> HandRun:
        """Note that the model gets the result of a call in place of the one that it has.

        Raises
        ------
        ConfigurationError
            If there is no such call, it repeats none of the model's, or it has no result.
        """
        run = self.all.get(number)
        if run is None or run.result is None or not run.call_id:
            raise ConfigurationError("there is no result that could be given to the model")
        for other in self.of(run.call_id):
            other.given = other is run
        self._changed()
        return run

    async def _finish(self, run: HandRun) -> None:
        tool = self._registry[run.name]
        run.result = await self._runner.run(f"by hand {run.number}", tool, run.name, run.arguments)
        self._changed()
