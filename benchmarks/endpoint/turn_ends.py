"""When the local endpoint takes a turn for over: how long people wait for it, and how many it cuts off.

Each recording of the folder named by the environment variable RECORDINGS (with a ``manifest.json``, as
`benchmarks.recordings` describes it; otherwise the repository's own clips) is heard twice: with the endpoint's own
choice, for which the voice is judged in each pause, and with 300 ms of silence asked for, as it was for everybody
before. Who is cut off follows from the sound alone. The wait for the answer is measured in real time over a
WebSocket, the two ways in turns. Quick: in real time only 16 recordings of at most 3 s are spoken.
"""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import numpy as np

from benchmarks.rows import Row
from benchmarks.support.clips import SHIPPED
from benchmarks.support.speaking import prepared, speak, wait_until_loaded
from realtime_widgets.audio.pcm import SAMPLE_RATE
from realtime_widgets.audio.samples import read_sound, resample
from realtime_widgets.local.models.interfaces import RECOGNITION_RATE
from realtime_widgets.local.server.child_process import EmbeddedEndpoint
from realtime_widgets.local.speech.turn_detector import PROMPT, Decision, TurnDetector, TurnSettings
from realtime_widgets.local.speech.turn_end import SmartTurn
from realtime_widgets.local.speech.voice_activity import SileroModel

if TYPE_CHECKING:
    from benchmarks.support.speaking import Measured

FIXED = "300 ms for everybody"
_FIXED_MS = 300
_QUICK_S, _QUICK_COUNT = 3.0, 16
_TAIL_S = 1.5
#: Largest acceptable median and 90th percentile of the wait for the first sound, in ms.
_MEDIAN_MS, _P90_MS = 300.0, 450.0


@dataclass(frozen=True)
class Heard:
    """How many turns of one recording ended too soon, and ms from the end of speech to that of the last."""

    early: int
    wait_ms: float


def measure(quick: bool) -> list[Row]:
    """Hear the recordings, and speak them to a new endpoint."""
    paths = _recordings()
    own, fixed = (_hear_all(paths, settings) for settings in (_own(), TurnSettings()))
    endpoint = EmbeddedEndpoint().start()
    try:
        wait_until_loaded(endpoint)
        spoken = [path for path in paths if not quick or _seconds(path) <= _QUICK_S]
        if quick:
            spoken = spoken[:: max(1, len(spoken) // _QUICK_COUNT)][:_QUICK_COUNT]
        ours, theirs = asyncio.run(_speak_all(endpoint, spoken))
    finally:
        endpoint.stop()
    return [*_cut_off(own, fixed), *_waits(ours, theirs)]


def _recordings() -> list[Path]:
    folder = Path(os.environ.get("RECORDINGS", SHIPPED))
    return [folder / entry["file"] for entry in json.loads((folder / "manifest.json").read_text(encoding="utf-8"))]


def _seconds(path: Path) -> float:
    samples, rate = read_sound(path)
    return len(samples) / rate


def _own() -> TurnSettings:
    return TurnSettings(judged_silence_ms=PROMPT)


def _hear_all(paths: list[Path], settings: TurnSettings) -> list[Heard]:
    ears, judge = SileroModel(), SmartTurn()
    return [hear(path, settings, ears, judge) for path in paths]


def hear(path: Path, settings: TurnSettings, ears: SileroModel, judge: SmartTurn) -> Heard:
    """Follow the turns of one recording by its sound."""
    samples, end_s = prepared(path, _TAIL_S)
    sound = resample(samples.astype(np.float32) / 32768, SAMPLE_RATE, RECOGNITION_RATE)
    ear = ears.detector()
    detector = TurnDetector(settings, ear.chunk_samples * 1000 / RECOGNITION_RATE)
    ends: list[float] = []
    for stop in range(ear.chunk_samples, len(sound) + 1, ear.chunk_samples):
        decision = detector.advance(ear(sound[stop - ear.chunk_samples : stop]))
        if decision is Decision.PAUSED and settings.judged_silence_ms is not None:
            begin = round(detector.turn_start_ms * RECOGNITION_RATE / 1000)
            detector.judge(judge(sound[begin:stop]))
        elif decision is Decision.STOPPED:
            ends.append(detector.now_ms - end_s * 1000)
    early = [end for end in ends if end < 0]
    return Heard(len(early), next((end for end in ends if end >= 0), float("nan")))


def _cut_off(own: list[Heard], fixed: list[Heard]) -> list[Row]:
    """Return who is cut off, and the end of speech to the end of the turn, both by the sound alone."""
    (share, ends), (share_fixed, ends_fixed) = (
        (100 * float(np.mean([each.early > 0 for each in heard])), sum(each.early for each in heard))
        for heard in (own, fixed)
    )
    waits, waits_fixed = (
        tuple(each.wait_ms for each in heard if not np.isnan(each.wait_ms)) for heard in (own, fixed)
    )
    note = f"{ends} turns ended too soon in {len(own)} recordings; {FIXED}: {ends_fixed}, {share_fixed:.1f} %"
    # The peer's share may be 0.
    return [
        Row("turn_ends", "recordings cut off", (share,), "%", limit=share_fixed, note=note),
        Row("turn_ends", "end of speech to the turn's end, by the sound", waits, "ms", FIXED, waits_fixed),
    ]


async def _speak_all(endpoint: EmbeddedEndpoint, paths: list[Path]) -> tuple[list[Measured], list[Measured]]:
    asked: dict[str, Any] = {"type": "server_vad", "silence_duration_ms": _FIXED_MS}
    own: list[Measured] = []
    fixed: list[Measured] = []
    async with aiohttp.ClientSession() as http:
        for path in paths:
            own.append(await speak(http, endpoint.url, endpoint.api_key, path, tail_s=_TAIL_S))
            fixed.append(await speak(http, endpoint.url, endpoint.api_key, path, tail_s=_TAIL_S, detection=asked))
    return own, fixed


def _waits(own: list[Measured], fixed: list[Measured]) -> list[Row]:
    rows = []
    for stage, name in {"commit": "the turn's end", "text": "its words", "first audio": "first sound"}.items():
        gaps, gaps_fixed = (
            tuple(each.gaps[stage] for each in measured if stage in each.gaps) for measured in (own, fixed)
        )
        last = stage == "first audio"
        early = [sum(each.early for each in measured) for measured in (own, fixed)]
        note = f"{len(gaps)} of {len(own)} answered, {early[0]} turns ended too soon; {FIXED}: {early[1]}"
        measure_name = f"end of speech to {name}, in real time"
        limit = _MEDIAN_MS if last else None
        rows.append(
            Row("turn_ends", measure_name, gaps, "ms", FIXED, gaps_fixed, limit=limit, note=note if last else "")
        )
    p90, p90_fixed = (float(np.percentile(values, 90)) for values in (rows[-1].values, rows[-1].peer_values))
    return [
        *rows,
        Row("turn_ends", f"{rows[-1].measure}, p90", (p90,), "ms", FIXED, (p90_fixed,), limit=_P90_MS),
    ]
