"""How much the local endpoint's process grows in an hour of talk, faster than real time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from itertools import cycle
from typing import TYPE_CHECKING

import aiohttp
import numpy as np
import psutil
import pybase64

from benchmarks.rows import Row
from benchmarks.support.clips import shipped_clips
from benchmarks.support.speaking import wait_until_loaded
from realtime_widgets.audio.pcm import SAMPLE_RATE
from realtime_widgets.audio.samples import read_sound, resample
from realtime_widgets.local.server.child_process import EmbeddedEndpoint

if TYPE_CHECKING:
    from pathlib import Path

_BLOCK_BYTES = SAMPLE_RATE // 10 * 2
_LONGEST_S = 6.0
_PAUSE_S = 1.0
#: Minutes of talk after which all caches and buffers are full.
_WARM_MINUTES = 15.0
#: Largest acceptable growth in the rest of the hour, in megabytes.
_GROWTH_MB = 5.0


def measure(quick: bool) -> list[Row]:
    """Talk through one session. Return how much the process grew after the first minutes."""
    minutes = 18.0 if quick else 60.0
    endpoint = EmbeddedEndpoint().start()
    try:
        wait_until_loaded(endpoint)
        done = asyncio.run(talk(endpoint, minutes))
    finally:
        endpoint.stop()
    warm = done.sizes[round(len(done.sizes) * _WARM_MINUTES / minutes)]
    note = f"{done.turns} turns, {minutes:g} minutes of sound both ways; {done.sizes[-1]:.0f} MB in the end"
    name = f"endpoint's growth after minute {_WARM_MINUTES:g}"
    return [Row("endurance", name, (done.sizes[-1] - warm,), "MB", limit=_GROWTH_MB, note=note)]


@dataclass(frozen=True)
class Talk:
    """Result of a talk: the endpoint's megabytes after each minute, turns, seconds of audio in both directions."""

    sizes: list[float]
    turns: int
    seconds: float


async def talk(endpoint: EmbeddedEndpoint, minutes: float) -> Talk:
    """Speak the repository's recordings through one session, each when the previous one is answered."""
    clips = [_pcm(file) for file in shipped_clips(_LONGEST_S)]
    process = psutil.Process(endpoint.pid)
    sizes: list[float] = []
    seconds, turns = 0.0, 0
    headers = {"Authorization": f"Bearer {endpoint.api_key}"}
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(f"{endpoint.url}/realtime", headers=headers, max_msg_size=0) as socket,
    ):
        for clip in cycle(clips):
            for start in range(0, len(clip), _BLOCK_BYTES):
                audio = pybase64.b64encode(clip[start : start + _BLOCK_BYTES]).decode()
                await socket.send_json({"type": "input_audio_buffer.append", "audio": audio})
            seconds += len(clip) / 2 / SAMPLE_RATE
            while (event := await socket.receive_json())["type"] != "response.done":
                if event["type"] == "response.output_audio.delta":
                    seconds += len(event["delta"]) * 3 / 4 / 2 / SAMPLE_RATE
            turns += 1
            while len(sizes) < seconds / 60:
                sizes.append(process.memory_info().rss / 1e6)
            if seconds >= minutes * 60:
                return Talk(sizes, turns, seconds)
    raise AssertionError("unreachable")


def _pcm(file: Path) -> bytes:
    samples, rate = read_sound(file)
    whole = np.concatenate([resample(samples, rate), np.zeros(int(SAMPLE_RATE * _PAUSE_S), np.float32)])
    return (np.clip(whole, -1, 1) * 32767).astype("<i2").tobytes()
