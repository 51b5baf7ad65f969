"""What the wait becomes when many talk to one local endpoint at once: 1, 4, 8, 20 sessions beside one alone."""

from __future__ import annotations

import asyncio
from itertools import cycle, islice

import aiohttp

from benchmarks.clips import shipped_clips
from benchmarks.endpoint_gap import Measured, wait_until_loaded
from benchmarks.endpoint_gap import measure as speak
from benchmarks.rows import Row
from realtime_widgets.local.process import EmbeddedEndpoint

#: Sessions at the same time; the first is the floor.
COUNTS = (1, 4, 8, 20)
#: Longest clip taken, in seconds.
_LONGEST_S = 6.0
#: How long an answer is waited for, in seconds.
_TAIL_S = 8.0
#: Between the beginnings of two sessions, in seconds: people of a class do not begin in the same instant.
_STAGGER_S = 0.25


def measure(quick: bool) -> list[Row]:
    """Let each number of sessions speak the repository's clips, one after the other."""
    endpoint = EmbeddedEndpoint().start()
    try:
        wait_until_loaded(endpoint)
        found = {count: asyncio.run(_talk(endpoint, count, 3 if quick else 8)) for count in COUNTS}
    finally:
        endpoint.stop()
    alone = _gaps(found[1])
    return [
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


def _gaps(measured: list[Measured]) -> tuple[float, ...]:
    return tuple(each.gaps["first audio"] for each in measured if "first audio" in each.gaps)


async def _talk(endpoint: EmbeddedEndpoint, sessions: int, turns: int) -> list[Measured]:
    files = shipped_clips(_LONGEST_S)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:

        async def one(number: int) -> list[Measured]:
            await asyncio.sleep(number * _STAGGER_S)
            clips = islice(cycle(files), number, number + turns)
            return [await speak(http, endpoint, clip, tail_s=_TAIL_S) for clip in clips]

        talks = await asyncio.gather(*(one(number) for number in range(sessions)))
        return [measured for talk in talks for measured in talk]
