"""Speaks recordings to an endpoint in real time and measures when the stages of the answer arrive.

Each recording is sent 20 ms at a time over a real WebSocket, followed by faint noise. The true end of speech
is the last 10 ms that reach 0.02 of full scale.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pybase64

from benchmarks.support.clips import speech_end
from realtime_widgets.audio.pcm import SAMPLE_RATE
from realtime_widgets.audio.samples import read_sound, resample

if TYPE_CHECKING:
    from pathlib import Path

    import aiohttp
    import numpy.typing as npt

    from realtime_widgets.local.server.child_process import EmbeddedEndpoint

FRAME = SAMPLE_RATE // 50
TAIL_S = 2.0
COMMITTED = "input_audio_buffer.committed"
TEXT = "conversation.item.input_audio_transcription.completed"
AUDIO = "response.output_audio.delta"
#: Events that mark the stages of an answer, in order.
STAGES = {"commit": COMMITTED, "text": TEXT, "first audio": AUDIO}


@dataclass
class Measured:
    """One recording: ms from the true end of speech to each stage; `early` if the turn was ended too soon."""

    name: str
    gaps: dict[str, float]
    early: int
    words: str


def prepared(path: Path, tail_s: float) -> tuple[npt.NDArray[np.int16], float]:
    """Return the samples with faint noise in place of what follows the speech, and the end of the speech in s."""
    samples, rate = read_sound(path)
    samples = resample(samples, rate)
    end = speech_end(samples, SAMPLE_RATE)
    noise = np.random.default_rng(0).standard_normal(int(SAMPLE_RATE * tail_s)) * 1e-4
    whole = np.concatenate([samples[:end], noise])
    return (np.clip(whole, -1, 1) * 32767).astype(np.int16), end / SAMPLE_RATE


async def speak(
    http: aiohttp.ClientSession,
    url: str,
    api_key: str,
    path: Path,
    *,
    tail_s: float = TAIL_S,
    detection: dict[str, Any] | None = None,
) -> Measured:
    """Speak one recording to a new session and measure the stages that arrive within `tail_s` seconds.

    `url` is the server's base URL, such as ``http://127.0.0.1:8000/v1``; `detection` is the session's
    ``turn_detection``, and None leaves that to the server.
    """
    samples, end_s = prepared(path, tail_s)
    seen: list[tuple[float, dict[str, Any]]] = []
    headers = {"Authorization": f"Bearer {api_key}"}
    address = f"{url}/realtime?model=local-stand-in"
    async with http.ws_connect(address, headers=headers, max_msg_size=0) as socket:
        await socket.receive_json()
        hearing: dict[str, Any] = {"transcription": {"model": "whisper-1"}}
        if detection is not None:
            hearing["turn_detection"] = detection
        update = {"type": "realtime", "audio": {"input": hearing}}
        await socket.send_json({"type": "session.update", "session": update})
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
        # Each stage must follow the previous one: late words of an earlier turn do not belong to this one.
        if event["type"] == kind and at >= end:
            gaps[stage] = (at - end) * 1000
            if len(gaps) == len(STAGES):
                break
            stage, kind = next(kinds)
    words = " ".join(event["transcript"] for _, event in seen if event["type"] == TEXT)
    return Measured(path.name, gaps, early, words)


def wait_until_loaded(endpoint: EmbeddedEndpoint) -> None:
    """Wait until the endpoint has loaded its models; a wait that includes loading would be meaningless."""
    while endpoint.loading():
        time.sleep(0.1)
