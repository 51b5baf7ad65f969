"""How a tool runs: where, for how long, in parallel or not, and whether the user is asked first."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, Protocol, runtime_checkable

from realtime_widgets.errors import ToolDefinitionError

#: Seconds after which a call is given up, unless its tool sets another limit.
DEFAULT_TIME_LIMIT_S = 600.0
#: Seconds that a call waits for the user's consent, unless its tool sets another limit.
DEFAULT_APPROVAL_LIMIT_S = 60.0

Approval = Literal["never", "always"] | Callable[[Mapping[str, Any]], object]


@runtime_checkable
class Submits(Protocol):
    """What an executor needs: the ``submit`` of `concurrent.futures.Executor`."""

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Start a call and return a `concurrent.futures.Future`, or an object with its methods."""


@dataclass(frozen=True)
class ToolOptions:
    """Keyword arguments of ``@session.tool(...)`` besides name and description.

    Attributes
    ----------
    run_in : {"main", "thread"}, executor or None
        Where it runs. None means a worker thread for sync functions and the kernel's main loop for async ones.
        ``"main"`` means the main loop, also for sync functions, which then wait for an idle kernel and block it.
        ``"thread"`` means off the main thread, also for async functions, on a separate loop. An executor is a
        `concurrent.futures.Executor`, or a client that makes one (``get_executor`` of Dask, ``executor`` of
        ipyparallel), for sync functions only; output printed in another process is not captured.
    time_limit : float or None
        Seconds after which the call fails with a message to the model; None means no limit.
    parallel : bool
        Whether two calls of this tool may run at the same time. If not, a call also waits for the code of an
        earlier call that was given up but still runs.
    approval : {"never", "always"} or callable
        Whether the user is asked before it runs. A function gets the arguments as a mapping and returns whether
        to ask; if it fails, the user is asked.
    approval_limit : float or None
        Seconds without an answer after which the call counts as denied; None means no limit.
    approve_by_voice : bool
        Whether a spoken or typed yes or no answers too, such as "yes, go ahead" or "no, don't". Off by default,
        because whoever speaks near the microphone could consent.
    """

    run_in: Literal["main", "thread"] | Submits | None = None
    time_limit: float | None = DEFAULT_TIME_LIMIT_S
    parallel: bool = True
    approval: Approval = "never"
    approval_limit: float | None = DEFAULT_APPROVAL_LIMIT_S
    approve_by_voice: bool = False

    def __post_init__(self) -> None:
        for name in ("time_limit", "approval_limit"):
            value = getattr(self, name)
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if value is not None and not (number and math.isfinite(value) and value > 0):
                raise ToolDefinitionError(f"{name} must be seconds above 0, or None for no limit, not {value!r}")
        for name in ("parallel", "approve_by_voice"):
            if not isinstance(getattr(self, name), bool):
                raise ToolDefinitionError(f"{name} must be True or False, not {getattr(self, name)!r}")
        if self.approval not in ("never", "always") and not callable(self.approval):
            raise ToolDefinitionError(
                'approval must be "never", "always" or a function that takes the arguments and returns whether to '
                f"ask, not {self.approval!r}"
            )
        object.__setattr__(self, "run_in", _place(self.run_in))

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> ToolOptions:
        """Return the options for keyword arguments.

        Raises
        ------
        ToolDefinitionError
            If there is no option of such a name, which the text lists, or a value is invalid.
        """
        known = [each.name for each in fields(cls)]
        for name in options:
            if name not in known:
                raise ToolDefinitionError(
                    f"a tool has no option {name!r}; there are name, description, {', '.join(known)}"
                )
        return cls(**options)

    @property
    def executor(self) -> Submits | None:
        """The executor in `run_in`; None if `run_in` is None or a string."""
        return None if self.run_in is None or isinstance(self.run_in, str) else self.run_in


def _place(run_in: Any) -> Any:
    if run_in is None or (isinstance(run_in, str) and run_in in ("main", "thread")):
        return run_in
    for maker in ("get_executor", "executor"):  # Dask's and ipyparallel's names for it
        if callable(make := getattr(run_in, maker, None)):
            return make()
    if not isinstance(run_in, str | type) and isinstance(run_in, Submits):
        return run_in
    raise ToolDefinitionError(f'run_in must be "main", "thread" or an executor with submit(), not {run_in!r}')
