"""How long the user waits for the local endpoint alone: from the true end of their speech to the answer's sound.

The repository's recordings are spoken one after the other, each to a new session that asks for 300 ms of silence
at the end of a turn. That is the floor, because no answer can begin before it. `turn_ends` measures how long
people wait if that is left to the endpoint, and how many it cuts off.

It is not compared with other self-hosted servers of the protocol: PyPI has neither speaches nor unmute for Python
3.11, and speech-to-speech 1.1.0 cannot be installed completely, because a package that its voice needs is missing.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import aiohttp
import numpy as np

from benchmarks.rows import Row
from benchmarks.support.clips import shipped_clips
from benchmarks.support.speaking import speak, wait_until_loaded
from realtime_widgets.local.server.child_process import EmbeddedEndpoint
from realtime_widgets.local.speech.turn_detector import TurnSettings

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.support.speaking import Measured

_NAMES = {"commit": "the turn's end as noticed", "text": "its words", "first audio": "first sound"}
_DETECTION = {"type": "server_vad", "silence_duration_ms": TurnSettings().silence_duration_ms}
#: Largest acceptable median and 90th percentile of the wait for the first sound, in ms.
_MEDIAN_MS, _P90_MS = 500.0, 650.0


def measure(quick: bool) -> list[Row]:
    """Speak the recordings (quick: the short ones) to a new endpoint."""
    endpoint = EmbeddedEndpoint().start()
    try:
        wait_until_loaded(endpoint)
        paths = shipped_clips(6.0) if quick else 2 * shipped_clips()
        measured = asyncio.run(_speak_all(endpoint, paths))
    finally:
        endpoint.stop()
    return rows("endpoint_gap", measured, _MEDIAN_MS, _P90_MS)


def rows(
    benchmark: str, measured: list[Measured], median_ms: float | None = None, p90_ms: float | None = None
) -> list[Row]:
    """Return how long each stage took; `median_ms` and `p90_ms` are the limits of the wait for the first sound."""
    silence = float(TurnSettings().silence_duration_ms)
    found = []
    for stage, name in _NAMES.items():
        gaps = tuple(each.gaps[stage] for each in measured if stage in each.gaps)
        if gaps:
            floor = (silence,) * len(gaps)
            found.append(Row(benchmark, f"end of speech to {name}", gaps, "ms", "silence", floor))
    first_sound = found[-1]
    p90 = float(np.percentile(first_sound.values, 90))
    early = sum(each.early for each in measured)
    note = f"{len(first_sound.values)} of {len(measured)} turns answered, {early} ended too soon"
    return [
        *found[:-1],
        replace(first_sound, limit=median_ms, note=note),
        Row(benchmark, f"{first_sound.measure}, p90", (p90,), "ms", "silence", (silence,), limit=p90_ms),
    ]


async def _speak_all(endpoint: EmbeddedEndpoint, paths: list[Path]) -> list[Measured]:
    async with aiohttp.ClientSession() as http:
        say = partial(speak, http, endpoint.url, endpoint.api_key, tail_s=1.5, detection=_DETECTION)
        return [await say(path) for path in paths]
