"""Runs on the workers of a Dask cluster: what is sent there, and what comes back.

A job goes out and a run comes back as bytes, so that neither the task graph nor the logs of the scheduler show
what is said. No key is among them: workers read theirs from their own environment.
"""

from __future__ import annotations

import asyncio
import pickle
import sys
from typing import TYPE_CHECKING, Any

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.evaluation.performing import perform
from realtime_widgets.installing import install_extra
from realtime_widgets.protocol.secrets import masked
from realtime_widgets.tools.from_file import MODULE_PREFIX

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from realtime_widgets.evaluation.performing import Job
    from realtime_widgets.evaluation.results import Run

#: Failures of a cluster that may pass, by the names of their classes: a worker was lost, or the way to it.
_PASSING = ("KilledWorker", "CommClosedError", "CancelledError", "FutureCancelledError", "TimeoutError", "OSError")


def executor(client: Any) -> Callable[[Job], Awaitable[Run]]:
    """Return what makes a run on a cluster.

    Parameters
    ----------
    client
        A ``distributed.Client``, asynchronous or not.

    Raises
    ------
    ConfigurationError
        If it is none, or `distributed` is not installed.
    """
    try:
        from distributed import Client
    except ImportError:
        raise ConfigurationError(
            f"client= needs Dask: {install_extra('evaluate')}, here and on the workers"
        ) from None
    if not isinstance(client, Client):
        raise ConfigurationError(f"client= takes a distributed.Client, not a {type(client).__name__}")

    async def execute(job: Job) -> Run:
        try:
            sent = packed(job)
        except Exception as error:
            return job.run(status="error", error=f"this cannot be sent to a cluster: {masked(str(error))}")
        # No key of ours: two runs of the same scenario are two tasks.
        future: Any = client.submit(run_packed, sent, pure=False)
        try:
            await _done(future)
            result = future.result()
            data = await result if client.asynchronous else result
        except asyncio.CancelledError:
            if future.done():  # the cluster gave it up, not who waits here
                return job.run(status="network", error="the cluster gave up the run")
            future.cancel()
            raise
        except Exception as error:
            kind = type(error).__name__
            status: Any = "network" if kind in _PASSING else "error"
            return job.run(status=status, error=f"the cluster failed: {kind}: {masked(str(error))}")
        run: Run = pickle.loads(data)
        return run

    return execute


async def _done(future: Any) -> None:
    """Wait until a future of either kind of client is over, without blocking the loop or a thread."""
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    future.add_done_callback(lambda future: loop.call_soon_threadsafe(over.set))
    await over.wait()


def packed(job: Job) -> bytes:
    """Return a job as bytes; functions of a file or a notebook go by what they are, and not by name."""
    import cloudpickle  # comes with distributed

    modules = {getattr(tool, "__module__", "") for tool in job.scenario.tools}
    local = [sys.modules[name] for name in modules if name.startswith(MODULE_PREFIX) and name in sys.modules]
    for module in local:
        cloudpickle.register_pickle_by_value(module)
    try:
        data: bytes = cloudpickle.dumps(job)
    finally:
        for module in local:
            cloudpickle.unregister_pickle_by_value(module)
    return data


def run_packed(data: bytes) -> bytes:
    """Make a run, on a worker."""
    job: Job = pickle.loads(data)
    return pickle.dumps(asyncio.run(perform(job)))
