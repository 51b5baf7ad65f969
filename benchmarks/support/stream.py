"""Records a stream of server events from the local endpoint, for clients to read."""

from __future__ import annotations

import asyncio
import json
import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp
import numpy as np
import pybase64

from benchmarks.support.clips import shipped_clips
from benchmarks.support.speaking import wait_until_loaded
from realtime_widgets.audio.pcm import SAMPLE_RATE
from realtime_widgets.audio.samples import read_sound, resample
from realtime_widgets.local.server.child_process import EmbeddedEndpoint

if TYPE_CHECKING:
    from pathlib import Path

_FRAME = SAMPLE_RATE // 50
_SILENCE_S = 1.5


@dataclass(frozen=True)
class Recorded:
    """One frame of the server: its time in seconds since the start of the stream, and its JSON text."""

    at: float
    frame: str


def record_stream(turns: int = 3, longest_s: float = math.inf) -> list[Recorded]:
    """Speak some of the repository's clips to a local endpoint. Return everything that it sent, in order.

    Parameters
    ----------
    turns
        Number of clips to speak, each answered before the next.
    longest_s
        Longest clip to use, in seconds.
    """
    endpoint = EmbeddedEndpoint().start()
    try:
        wait_until_loaded(endpoint)
        return asyncio.run(_record(endpoint, shipped_clips(longest_s)[:turns]))
    finally:
        endpoint.stop()


async def _record(endpoint: EmbeddedEndpoint, files: list[Path]) -> list[Recorded]:
    frames: list[Recorded] = []
    answered = asyncio.Event()
    started = time.perf_counter()
    headers = {"Authorization": f"Bearer {endpoint.api_key}"}
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(f"{endpoint.url}/realtime", headers=headers, max_msg_size=0) as socket,
    ):

        async def listen() -> None:
            async for message in socket:
                frames.append(Recorded(time.perf_counter() - started, message.data))
                if json.loads(message.data)["type"] == "response.done":
                    answered.set()

        listening = asyncio.create_task(listen())
        transcription = {"audio": {"input": {"transcription": {"model": "local"}}}}
        await socket.send_json({"type": "session.update", "session": {"type": "realtime", **transcription}})
        for file in files:
            samples, rate = read_sound(file)
            silence = np.zeros(int(SAMPLE_RATE * _SILENCE_S), np.float32)
            whole = np.concatenate([resample(samples, rate), silence])
            pcm = (np.clip(whole, -1, 1) * 32767).astype("<i2")
            for start in range(0, len(pcm), _FRAME):
                audio = pybase64.b64encode(pcm[start : start + _FRAME].tobytes()).decode()
                await socket.send_json({"type": "input_audio_buffer.append", "audio": audio})
            async with asyncio.timeout(60):
                await answered.wait()
            answered.clear()
        await socket.close()
        await listening
    return frames
