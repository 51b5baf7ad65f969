"""An hour of talk with the local endpoint, faster than real time: what its process keeps of it."""

from __future__ import annotations

import asyncio
from itertools import cycle
from typing import TYPE_CHECKING

import aiohttp
import numpy as np
import psutil
import pybase64

from benchmarks.clips import shipped_clips
from benchmarks.endpoint_gap import wait_until_loaded
from benchmarks.rows import Row
from realtime_widgets.audio import read_sound, resample
from realtime_widgets.local.process import EmbeddedEndpoint
from realtime_widgets.pcm import SAMPLE_RATE

if TYPE_CHECKING:
    from pathlib import Path

_BLOCK_BYTES = SAMPLE_RATE // 10 * 2
_LONGEST_S = 6.0
_PAUSE_S = 1.0
#: Minutes of talk after which everything that fills up has done so.
_WARM_MINUTES = 15.0


def measure(quick: bool) -> list[Row]:
    """Talk through one session; gives how much the process grew after the first minutes."""
    minutes = 24.0 if quick else 60.0
    endpoint = EmbeddedEndpoint().start()
    try:
        wait_until_loaded(endpoint)
        sizes, turns = asyncio.run(_talk(endpoint, minutes))
    finally:
        endpoint.stop()
    warm = sizes[round(len(sizes) * _WARM_MINUTES / minutes)]
    note = f"{turns} turns, {minutes:g} minutes of sound both ways; {sizes[-1]:.0f} MB in the end"
    return [
        Row("endurance", f"endpoint's growth after minute {_WARM_MINUTES:g}", (sizes[-1] - warm,), "MB", note=note)
    ]


async def _talk(endpoint: EmbeddedEndpoint, minutes: float) -> tuple[list[float], int]:
    """Megabytes of the endpoint's process at even distances, and how many turns were answered."""
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
                return sizes, turns
    raise AssertionError("unreachable")


def _pcm(file: Path) -> bytes:
    samples, rate = read_sound(file)
    whole = np.concatenate([resample(samples, rate), np.zeros(int(SAMPLE_RATE * _PAUSE_S), np.float32)])
    return (np.clip(whole, -1, 1) * 32767).astype("<i2").tobytes()
