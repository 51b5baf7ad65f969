"""How a tool is run: where, how long, beside what, and whether a person is asked first."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, Protocol, runtime_checkable

from realtime_widgets.errors import ToolDefinitionError

#: Seconds after which a call is given up, where its tool says nothing else.
DEFAULT_TIME_LIMIT_S = 600.0
#: Seconds that a call waits for a person's consent, where its tool says nothing else.
DEFAULT_APPROVAL_LIMIT_S = 60.0

Approval = Literal["never", "always"] | Callable[[Mapping[str, Any]], object]


@runtime_checkable
class Submits(Protocol):
    """What an executor has to offer: the ``submit`` of `concurrent.futures.Executor`."""

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Start a call; gives a `concurrent.futures.Future` or what has its methods."""


@dataclass(frozen=True)
class ToolOptions:
    """Keyword arguments of ``@session.tool(...)`` beside name and description.

    Attributes
    ----------
    run_in : {"main", "thread"}, executor or None
        Where it runs. None: sync functions in a worker thread, async ones on the kernel's main loop.
        ``"main"``: on the main loop, sync ones too, which then wait for a free kernel and block it.
        ``"thread"``: off the main thread, async ones too, on a loop of the tools' own. An executor: a
        `concurrent.futures.Executor`, or a client that makes one (``get_executor`` of Dask, ``executor`` of
        ipyparallel); sync functions only. What another process prints stays there.
    time_limit : float or None
        Seconds after which the model is told that the call took too long; None for no limit.
    parallel : bool
        Whether two calls of this tool may run at the same time. Where not, a call also waits for the code of
        an earlier one that was given up and still runs.
    approval : {"never", "always"} or callable
        Whether a person is asked before it runs. A function gets the arguments as a mapping and says whether
        to ask; where it fails, the person is asked.
    approval_limit : float or None
        Seconds without an answer after which the call counts as refused; None waits for ever.
    """

    run_in: Literal["main", "thread"] | Submits | None = None
    time_limit: float | None = DEFAULT_TIME_LIMIT_S
    parallel: bool = True
    approval: Approval = "never"
    approval_limit: float | None = DEFAULT_APPROVAL_LIMIT_S

    def __post_init__(self) -> None:
        for name in ("time_limit", "approval_limit"):
            value = getattr(self, name)
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if value is not None and not (number and math.isfinite(value) and value > 0):
                raise ToolDefinitionError(f"{name} must be seconds above 0, or None for no limit, not {value!r}")
        if not isinstance(self.parallel, bool):
            raise ToolDefinitionError(f"parallel must be True or False, not {self.parallel!r}")
        if self.approval not in ("never", "always") and not callable(self.approval):
            raise ToolDefinitionError(
                'approval must be "never", "always" or a function that takes the arguments and says whether to '
                f"ask, not {self.approval!r}"
            )
        object.__setattr__(self, "run_in", _place(self.run_in))

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> ToolOptions:
        """Make options of keyword arguments; an unknown one is told with those there are."""
        known = [each.name for each in fields(cls)]
        for name in options:
            if name not in known:
                raise ToolDefinitionError(
                    f"a tool has no option {name!r}; there are name, description, {', '.join(known)}"
                )
        return cls(**options)

    @property
    def executor(self) -> Submits | None:
        """The executor of `run_in`; None for the places that have a name."""
        return None if self.run_in is None or isinstance(self.run_in, str) else self.run_in


def _place(run_in: Any) -> Any:
    if run_in is None or (isinstance(run_in, str) and run_in in ("main", "thread")):
        return run_in
    for maker in ("get_executor", "executor"):  # Dask's and ipyparallel's name for it
        if callable(make := getattr(run_in, maker, None)):
            return make()
    if not isinstance(run_in, str | type) and isinstance(run_in, Submits):
        return run_in
    raise ToolDefinitionError(f'run_in must be "main", "thread" or an executor with submit(), not {run_in!r}')
