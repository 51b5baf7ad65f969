"""Processor seconds that the local endpoint's models need for each second of audio, stage by stage.

The cost of a stage is all processor time of this process while the stage runs alone, on the repository's
recordings and the answers to them. The total is that of the endpoint's process during a talk through one session,
sent as fast as it is accepted, divided by the seconds of audio in both directions. It is not the sum of the
stages, because a second of the talk is partly speech, partly pause, partly answer.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import psutil

from benchmarks.endpoint.endurance import talk
from benchmarks.rows import Row
from benchmarks.support.clips import shipped_clips
from benchmarks.support.speaking import prepared, wait_until_loaded
from realtime_widgets.audio.pcm import SAMPLE_RATE
from realtime_widgets.local.brain.settings import BrainSettings
from realtime_widgets.local.inference.ears import Ears, for_recognition
from realtime_widgets.local.models.interfaces import SYNTHESIS_RATE, BrainRequest, Say
from realtime_widgets.local.server.child_process import EmbeddedEndpoint
from realtime_widgets.local.speech import load_recogniser, load_synthesiser, load_turn_end, load_voice_activity

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    T = TypeVar("T")

_WIRE = "audio/pcm"
#: Longest recording used, in seconds.
_LONGEST_S, _QUICK_LONGEST_S = 12.0, 6.0
#: The silence after each recording, which ends its turn, in seconds.
_PAUSE_S = 0.3
_VOICE = "marin"
#: Minutes of talk through a session.
_MINUTES, _QUICK_MINUTES = 10.0, 3.0
#: Acceptable processor seconds per second of audio, by part: with them a core is enough for several sessions.
_TARGET = 0.25


def measure(quick: bool) -> list[Row]:
    """Measure each stage alone, then the whole endpoint."""
    factors = _stages(_QUICK_LONGEST_S if quick else _LONGEST_S)
    factors["the whole, a second of sound both ways"] = [_whole(_QUICK_MINUTES if quick else _MINUTES)]
    return [
        Row("real_time_factor", stage, tuple(values), "s/s", limit=_TARGET) for stage, values in factors.items()
    ]


def _stages(longest_s: float) -> dict[str, list[float]]:
    """Processor seconds per second of audio, one value for each recording."""
    recogniser, synthesiser, turn_end = load_recogniser(), load_synthesiser(), load_turn_end()
    voice_activity, brain = load_voice_activity(), BrainSettings().load()
    factors: dict[str, list[float]] = {}
    for path in shipped_clips(longest_s):
        samples, _ = prepared(path, _PAUSE_S)
        wire, seconds = samples.tobytes(), samples.size / SAMPLE_RATE
        heard = for_recognition(wire, _WIRE)
        ears = Ears(voice_activity.detector(), _WIRE)
        hearing, _ = _work(ears.hear, wire)
        judging, _ = _work(turn_end, heard)
        recognising, recognition = _work(recogniser, heard)
        thinking, said = _work(_said, brain, recognition.text)
        speaking, spoken = _work(lambda text: list(synthesiser.stream(text, _VOICE)), said)
        answer_s = sum(map(len, spoken)) / SYNTHESIS_RATE
        for stage, factor in (
            ("voice activity, a second heard", hearing / seconds),
            ("recognition, a second heard", recognising / seconds),
            ("end of turn (semantic_vad), a second heard", judging / seconds),
            ("built-in brain, a second heard", thinking / seconds),
            ("synthesis, a second spoken", speaking / answer_s),
        ):
            factors.setdefault(stage, []).append(factor)
    return factors


def _said(brain: Any, words: str) -> str:
    content = [{"type": "input_audio", "transcript": words}]
    item = {"type": "message", "role": "user", "status": "completed", "content": content}
    return " ".join(part.text for part in brain.answer(BrainRequest([item])) if isinstance(part, Say))


def _work(function: Callable[..., T], *arguments: Any) -> tuple[float, T]:
    """Return the processor seconds of this process during a call, and its result."""
    started = time.process_time()
    result = function(*arguments)
    return time.process_time() - started, result


def _whole(minutes: float) -> float:
    endpoint = EmbeddedEndpoint().start()
    try:
        wait_until_loaded(endpoint)
        before = _processor_seconds(endpoint)
        done = asyncio.run(talk(endpoint, minutes))
        return (_processor_seconds(endpoint) - before) / done.seconds
    finally:
        endpoint.stop()


def _processor_seconds(endpoint: EmbeddedEndpoint) -> float:
    times = psutil.Process(endpoint.pid).cpu_times()
    return float(times.user + times.system)
