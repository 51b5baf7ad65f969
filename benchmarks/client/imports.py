"""How long the package takes to import and to show its first console, compared with ipywidgets.

Each run is a fresh process, in turns. Everything is byte-compiled before, as in an installation. `RealtimeSession`
without its console loads neither ipywidgets nor what only tools, arrays or connections need; the rows that end
with a console or a tool include all that those need. The modules needed to connect are loaded after the console is
shown, and are in no row.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

from benchmarks.rows import Row

_PEER = "import ipywidgets"
_PEER_SHOWN = "import anywidget, ipywidgets; ipywidgets.HBox([anywidget.AnyWidget(_esm='')])._repr_mimebundle_()"
_CLASS = "from realtime_widgets import RealtimeSession"
# An address, because without one the local endpoint would be started.
_MADE = f"{_CLASS}; session = RealtimeSession(endpoint='http://127.0.0.1:9/v1')"
_SHOWN = f"{_MADE}; session._repr_mimebundle_()"
_TOOL = f"{_MADE}\n@session.tool\ndef add(a: int, b: int) -> int:\n    'Add two numbers.'\n    return a + b"
#: By the row's name: the timed statement, the statement before it, the peer, and the largest acceptable ratio.
_MEASURES: dict[str, tuple[str, str, str, float | None]] = {
    "import realtime_widgets": ("import realtime_widgets", "", _PEER, 1.4),
    _CLASS: (_CLASS, "", _PEER, 1.4),
    "RealtimeSession, ipywidgets loaded already": (_CLASS, _PEER, _PEER, None),
    "session with a first tool, from nothing": (_TOOL, "", _PEER, None),
    "first console shown, from nothing": (_SHOWN, "", _PEER_SHOWN, None),
    "first console shown, ipywidgets loaded already": (_SHOWN, _PEER, _PEER_SHOWN, None),
}
_PEER_NAMES = {_PEER: _PEER, _PEER_SHOWN: "first anywidget shown, from nothing"}
_SCRIPT = "{}\nimport time; before = time.perf_counter()\n{}\nprint((time.perf_counter() - before) * 1000)"


def measure(quick: bool) -> list[Row]:
    """Time each statement in fresh processes."""
    pairs = [*dict.fromkeys((timed, before) for timed, before, _, _ in _MEASURES.values())]
    pairs += [(peer, "") for peer in _PEER_NAMES]
    times: dict[tuple[str, str], list[float]] = {pair: [] for pair in pairs}
    with tempfile.TemporaryDirectory() as compiled:
        for _ in range(6 if quick else 20):
            for pair, found in times.items():
                found.append(_time(*pair, compiled))
    # The first run of each compiles, and fills the file cache.
    return [
        Row(
            "imports",
            name,
            tuple(times[timed, before][1:]),
            "ms",
            _PEER_NAMES[peer],
            tuple(times[peer, ""][1:]),
            target=target,
        )
        for name, (timed, before, peer, target) in _MEASURES.items()
    ]


def _time(timed: str, before: str, compiled: str) -> float:
    command = [sys.executable, "-c", _SCRIPT.format(before, timed)]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = compiled
    return float(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)
