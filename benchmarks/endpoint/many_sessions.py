"""The wait with many simultaneous sessions on one local endpoint, and with how many it has grown by half."""

from __future__ import annotations

import asyncio
import math
from itertools import cycle, islice
from typing import TYPE_CHECKING

import aiohttp
import numpy as np

from benchmarks.rows import Row
from benchmarks.support.clips import shipped_clips
from benchmarks.support.speaking import speak, wait_until_loaded
from realtime_widgets.local.server.app import MAX_SESSIONS
from realtime_widgets.local.server.child_process import EmbeddedEndpoint

if TYPE_CHECKING:
    from benchmarks.support.speaking import Measured

#: Numbers of simultaneous sessions; the first is the floor.
_COUNTS = (1, 2, 4, 8, 12, 16, 20, 24, 28, MAX_SESSIONS)
_QUICK_COUNTS = (1, 8, 20)
#: How many times longer than for a single session the 95th percentile may be.
_GROWN = 1.5
#: Longest clip used, in seconds.
_LONGEST_S = 6.0
#: Time for an answer to arrive and be heard, in seconds.
_TAIL_S, _QUICK_TAIL_S = 8.0, 2.5
#: Time between the starts of two sessions, in seconds: users do not start in the same instant.
_STAGGER_S = 0.25


def measure(quick: bool) -> list[Row]:
    """Speak the repository's clips in more and more sessions, until the wait has grown by half."""
    endpoint = EmbeddedEndpoint().start()
    try:
        wait_until_loaded(endpoint)
        found = _until_grown(endpoint, quick)
    finally:
        endpoint.stop()
    alone = _gaps(found[1])
    steps = [
        Row(
            "many_sessions",
            f"end of speech to first sound, {count} at once",
            _gaps(measured),
            "ms",
            "alone",
            alone,
            note=f"{sum('first audio' in each.gaps for each in measured)} of {len(measured)} turns answered",
        )
        for count, measured in found.items()
    ]
    return [*steps, _room(found)]


def _until_grown(endpoint: EmbeddedEndpoint, quick: bool) -> dict[int, list[Measured]]:
    found: dict[int, list[Measured]] = {}
    for count in _QUICK_COUNTS if quick else _COUNTS:
        turns = (4 if count == 1 else max(1, 8 // count)) if quick else (8 if count == 1 else 3)
        found[count] = asyncio.run(_talk(endpoint, count, turns, _QUICK_TAIL_S if quick else _TAIL_S))
        if _p95(found[count]) > _GROWN * _p95(found[1]):
            break
    return found


def _room(found: dict[int, list[Measured]]) -> Row:
    """Return the largest acceptable number of sessions, from the waits of each number."""
    *_, last = found
    over = _p95(found[last]) > _GROWN * _p95(found[1])
    within = list(found)[-2] if over else last
    note = f"p95 {_p95(found[1]):.0f} ms alone, {_p95(found[within]):.0f} ms with {within}"
    note += f", {_p95(found[last]):.0f} ms with {last}" if over else ", the most that were tried"
    return Row("many_sessions", "sessions until the p95 grows by half", (float(within),), "sessions", note=note)


def _gaps(measured: list[Measured]) -> tuple[float, ...]:
    return tuple(each.gaps["first audio"] for each in measured if "first audio" in each.gaps)


def _p95(measured: list[Measured]) -> float:
    """Return the 95th percentile of the waits; infinite if a turn was not answered in time."""
    waits = _gaps(measured)
    return float(np.percentile(waits, 95)) if len(waits) == len(measured) else math.inf


async def _talk(endpoint: EmbeddedEndpoint, sessions: int, turns: int, tail_s: float) -> list[Measured]:
    files = shipped_clips(_LONGEST_S)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:

        async def one(number: int) -> list[Measured]:
            await asyncio.sleep(number * _STAGGER_S)
            clips = islice(cycle(files), number, number + turns)
            return [await speak(http, endpoint.url, endpoint.api_key, clip, tail_s=tail_s) for clip in clips]

        talks = await asyncio.gather(*(one(number) for number in range(sessions)))
        return [measured for talk in talks for measured in talk]
