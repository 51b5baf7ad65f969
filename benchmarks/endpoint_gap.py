"""How long the local endpoint lets a person wait: from the true end of their speech to the answer's sound.

Run `python -m benchmarks.endpoint_gap [FOLDER]`. The folder holds recordings and a `manifest.json`, a list of
objects with `file` (and `text`); the default is the repository's own few. Each recording is sent in real time,
20 ms at a time, over a real WebSocket to an endpoint started for the purpose, and followed by faint noise. The
true end of speech is the last 10 ms that reach 0.02 of full scale.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import numpy.typing as npt
import pybase64
import soundfile

from benchmarks.clips import SHIPPED, speech_end
from realtime_widgets.audio import read_sound, resample
from realtime_widgets.local.process import EmbeddedEndpoint
from realtime_widgets.pcm import SAMPLE_RATE

FRAME = SAMPLE_RATE // 50
TAIL_S = 2.0
COMMITTED = "input_audio_buffer.committed"
TEXT = "conversation.item.input_audio_transcription.completed"
AUDIO = "response.output_audio.delta"
STAGES = {"commit": COMMITTED, "text": TEXT, "first audio": AUDIO}


@dataclass
class Measured:
    """One recording: ms from the true end of speech to each stage; early is a turn ended too soon."""

    name: str
    gaps: dict[str, float]
    early: int
    words: str


def prepared(path: Path, tail_s: float) -> tuple[npt.NDArray[np.int16], float]:
    """Samples with a tail of faint noise in place of what follows the speech, and the speech's end in s."""
    samples, rate = read_sound(path)
    samples = resample(samples, rate)
    end = speech_end(samples, SAMPLE_RATE)
    noise = np.random.default_rng(0).standard_normal(int(SAMPLE_RATE * tail_s)) * 1e-4
    whole = np.concatenate([samples[:end], noise])
    return (np.clip(whole, -1, 1) * 32767).astype(np.int16), end / SAMPLE_RATE


async def measure(
    http: aiohttp.ClientSession, endpoint: EmbeddedEndpoint, path: Path, tail_s: float = TAIL_S
) -> Measured:
    """Speak one recording to a session of its own and time what comes back within `tail_s` seconds."""
    samples, end_s = prepared(path, tail_s)
    seen: list[tuple[float, dict[str, Any]]] = []
    url = endpoint.url.replace("http", "ws", 1) + "/realtime?model=local-stand-in"
    headers = {"Authorization": f"Bearer {endpoint.api_key}"}
    async with http.ws_connect(url, headers=headers, max_msg_size=0) as socket:
        await socket.receive_json()
        transcription = {"audio": {"input": {"transcription": {"model": "whisper-1"}}}}
        await socket.send_json({"type": "session.update", "session": {"type": "realtime", **transcription}})
        await socket.receive_json()

        async def listen() -> None:
            async for message in socket:
                seen.append((time.perf_counter(), json.loads(message.data)))

        listening = asyncio.create_task(listen())
        started = time.perf_counter()
        for index in range(0, len(samples) - FRAME + 1, FRAME):
            # A frame can be sent when its last sample has been spoken.
            due = started + (index + FRAME) / SAMPLE_RATE
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            audio = pybase64.b64encode(samples[index : index + FRAME].tobytes()).decode()
            await socket.send_json({"type": "input_audio_buffer.append", "audio": audio})
        await socket.close()
        await listening
    end = started + end_s
    early = sum(1 for at, event in seen if event["type"] == COMMITTED and at < end)
    gaps: dict[str, float] = {}
    kinds = iter(STAGES.items())
    stage, kind = next(kinds)
    for at, event in seen:
        # Each stage after the one before it: an earlier turn's late words are not this turn's.
        if event["type"] == kind and at >= end:
            gaps[stage] = (at - end) * 1000
            if len(gaps) == len(STAGES):
                break
            stage, kind = next(kinds)
    words = " ".join(event["transcript"] for _, event in seen if event["type"] == TEXT)
    return Measured(path.name, gaps, early, words)


def wait_until_loaded(endpoint: EmbeddedEndpoint) -> None:
    """Return when the endpoint has its models; a gap with loading in it says nothing."""
    while endpoint.loading():
        time.sleep(0.1)


async def run(folder: Path, prefix: str, longest_s: float) -> int:
    """Measure the recordings of `folder` and print a table."""
    entries = json.loads((folder / "manifest.json").read_text())
    paths = [folder / entry["file"] for entry in entries if entry["file"].startswith(prefix)]
    paths = [path for path in paths if soundfile.info(path).duration <= longest_s]
    endpoint = EmbeddedEndpoint().start()
    try:
        wait_until_loaded(endpoint)
        async with aiohttp.ClientSession() as http:
            measured = []
            for path in paths:
                one = await measure(http, endpoint, path)
                measured.append(one)
                line = "  ".join(f"{stage} {gap:4.0f}" for stage, gap in one.gaps.items())
                print(f"{one.name:30} {line:44} early {one.early}  {one.words[:60]}", flush=True)
    finally:
        endpoint.stop()
    load = os.getloadavg()[0]
    print(f"\nms after the end of speech, {len(measured)} recordings (load of the machine: {load:.1f})")
    for stage in STAGES:
        gaps = [one.gaps[stage] for one in measured if stage in one.gaps]
        if gaps:
            p50, p90, p95 = np.percentile(gaps, [50, 90, 95])
            print(f"{stage:12} p50 {p50:4.0f}   p90 {p90:4.0f}   p95 {p95:4.0f}   ({len(gaps)} recordings)")
    return 0 if measured else 1


def main() -> int:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.endpoint_gap", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=SHIPPED)
    parser.add_argument("--prefix", default="", help="only files whose path in the folder begins so")
    parser.add_argument("--longest", type=float, default=12.0, help="seconds of the longest recording taken")
    arguments = parser.parse_args()
    return asyncio.run(run(arguments.folder, arguments.prefix, arguments.longest))


if __name__ == "__main__":
    sys.exit(main())
