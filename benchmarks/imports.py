"""How long the package takes to import, beside ipywidgets: each in fresh processes, in turns."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.rows import Row

_STATEMENTS = {
    "import realtime_widgets": "import realtime_widgets",
    "from realtime_widgets import RealtimeSession": "from realtime_widgets import RealtimeSession",
}
_PEER = "import ipywidgets"
_SCRIPT = "import time; before = time.perf_counter(); {}; print((time.perf_counter() - before) * 1000)"


def measure(quick: bool) -> list[Row]:
    """Time the statements in processes of their own."""
    times: dict[str, list[float]] = {statement: [] for statement in (_PEER, *_STATEMENTS.values())}
    for _ in range(6 if quick else 20):
        for statement, found in times.items():
            found.append(_time(statement))
    # The first of each fills the file cache.
    return [
        Row("imports", name, tuple(times[statement][1:]), "ms", _PEER, tuple(times[_PEER][1:]), target=1.4)
        for name, statement in _STATEMENTS.items()
    ]


def _time(statement: str) -> float:
    command = [sys.executable, "-c", _SCRIPT.format(statement)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
