"""What the page's player costs its audio thread: for a second of sound, and for a quantum of 128 samples.

The same player runs in Node.js at 48 kHz, once with an answer that arrives in time, and once while it catches up a
stall of one second, when it searches for places to join. A quantum has 2.7 ms.
"""

from __future__ import annotations

import json
import subprocess
from typing import Any

import numpy as np

from benchmarks.rows import Row
from benchmarks.support.children import ROOT
from benchmarks.support.needs import front_end_packages

_QUANTA = 100


def prepare(quick: bool) -> None:
    """Install the packages of the front end, which bundle the player."""
    front_end_packages()


def measure(quick: bool) -> list[Row]:
    """Play answers in Node.js, fewer of them if `quick`."""
    command = [str(ROOT / ".ci" / "npm"), "run", "--silent", "player-cost", "--", "10" if quick else "40"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the player's cost cannot be measured: {done.stdout}{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout)
    quantum = found["quantum_ms"]
    plain, caught_up = (_longest(found[name]["quantum_ms"], quantum) for name in ("plain", "caught_up"))
    return [
        Row(
            "player_cost",
            "a second of sound while a stall is caught up",
            tuple(found["caught_up"]["second_ms"]),
            peer="plain playback",
            peer_values=tuple(found["plain"]["second_ms"]),
            target=2,
            note="a voice without pauses, at 48 kHz",
        ),
        Row(
            "player_cost",
            "the longest of a hundred quanta, in the time it has",
            caught_up,
            "%",
            peer="plain playback",
            peer_values=plain,
            limit=25,
            note=f"a quantum has {quantum:.2f} ms",
        ),
    ]


def _longest(quanta_ms: list[float], quantum_ms: float) -> tuple[float, ...]:
    """Return the longest of each hundred quanta, in percent of a quantum."""
    whole = len(quanta_ms) // _QUANTA * _QUANTA
    return tuple(np.reshape(quanta_ms[:whole], (-1, _QUANTA)).max(axis=1) / quantum_ms * 100)
