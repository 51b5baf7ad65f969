"""What is left in a kernel: threads, child processes, sessions, tasks. Only its source reaches the kernel."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import sys
import threading
from typing import Any

#: The kernel's module whose loop runs the sessions.
ENGINE = "realtime_widgets.concurrency.io_thread"
SESSION = "realtime_widgets.session.session"


def look() -> dict[str, Any]:
    """Return what is left in this process, by names and states, as JSON can hold it."""
    import psutil

    gc.collect()
    threads = sorted(thread.name for thread in threading.enumerate())
    children = [_command(child) for child in psutil.Process().children(recursive=True)]
    return {
        "pid": os.getpid(),
        "threads": threads,
        "children": children,
        "tasks": _tasks(),
        "sessions": _sessions(),
    }


def _command(process: Any) -> str:
    import psutil

    with contextlib.suppress(psutil.Error):
        return " ".join(process.cmdline()) or str(process.name())
    return "ended"


def _tasks() -> list[str]:
    engine = getattr(sys.modules.get(ENGINE), "_engine", None)
    if engine is None:
        return []

    async def names() -> list[str]:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        return sorted(str(getattr(task.get_coro(), "__qualname__", task)) for task in others)

    return asyncio.run_coroutine_threadsafe(names(), engine.loop).result(30)


def _sessions() -> list[dict[str, Any]]:
    """Return the state of each session in memory, whoever holds it, and the user's variables that are it."""
    if SESSION not in sys.modules:
        return []
    kind = sys.modules[SESSION].RealtimeSession
    own = {} if (shell := _shell()) is None else shell.user_ns
    names = [name for name in own if not name.startswith("_")]  # `_` and `_1` are IPython's history of outputs
    return [
        {"state": found.state, "names": [name for name in names if own[name] is found]}
        for found in gc.get_objects()
        if type(found) is kind
    ]


def _shell() -> Any:
    return getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
