"""How much work the local endpoint's models have with sound: processor seconds for each second, stage by stage.

Each stage's work is all processor time of this process while it runs alone, on the repository's recordings and
the answers to them. Beside it stands the whole: the endpoint's process over a talk through one session, sent as
fast as it is taken, by the seconds of sound both ways. It is no sum of the stages: a second of the talk is partly
speech, partly pause, partly answer.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import psutil

from benchmarks.endurance import talk
from benchmarks.rows import Row
from benchmarks.support.clips import shipped_clips
from benchmarks.support.speaking import prepared, wait_until_loaded
from realtime_widgets.local.brain.settings import BrainSettings
from realtime_widgets.local.process import EmbeddedEndpoint
from realtime_widgets.local.realtime.input_audio import Ears, for_recognition
from realtime_widgets.local.speech import load_recogniser, load_synthesiser, load_turn_end, load_voice_activity
from realtime_widgets.local.stages import SYNTHESIS_RATE, BrainRequest, Say
from realtime_widgets.pcm import SAMPLE_RATE

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    T = TypeVar("T")

_WIRE = "audio/pcm"
#: Longest recording taken, in seconds.
_LONGEST_S, _QUICK_LONGEST_S = 12.0, 6.0
#: What follows each recording, in seconds: the silence that ends its turn.
_PAUSE_S = 0.3
_VOICE = "marin"
#: Minutes of talk through a session.
_MINUTES, _QUICK_MINUTES = 10.0, 3.0
#: Processor seconds a second of sound that each part may take: a core is then enough for several talks.
_TARGET = 0.25


def measure(quick: bool) -> list[Row]:
    """Let each stage work alone, then the whole endpoint."""
    factors = _stages(_QUICK_LONGEST_S if quick else _LONGEST_S)
    factors["the whole, a second of sound both ways"] = [_whole(_QUICK_MINUTES if quick else _MINUTES)]
    return [
        Row("real_time_factor", stage, tuple(values), "s/s", limit=_TARGET) for stage, values in factors.items()
    ]


def _stages(longest_s: float) -> dict[str, list[float]]:
    """Processor seconds a second of sound, one for each recording."""
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
    """Processor seconds of this process that a call takes, and what it gives."""
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
