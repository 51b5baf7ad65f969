"""The repository's recordings for benchmarks, and where the speech in a recording ends."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soundfile

from realtime_widgets.audio.samples import read_sound, resample, to_pcm16

if TYPE_CHECKING:
    import numpy.typing as npt

#: Folder of the repository's own clips.
SHIPPED = Path(__file__).resolve().parents[2] / "tests" / "sounds"
#: Level that counts as speech, relative to full scale.
LEVEL = 0.02


def shipped_clips(longest_s: float = math.inf) -> list[Path]:
    """Return the files of the repository's own clips, without those longer than `longest_s` seconds."""
    files = [SHIPPED / entry["file"] for entry in json.loads((SHIPPED / "manifest.json").read_text())]
    return [file for file in files if soundfile.info(file).duration <= longest_s]


def microphone_sound() -> bytes:
    """Return a clip as PCM16 at 24 kHz, for a microphone that has something to send."""
    samples, rate = read_sound(SHIPPED / "librivox_0870.flac")
    return to_pcm16(resample(samples, rate))


def speech_end(samples: npt.NDArray[np.float32], rate: int) -> int:
    """Return the index after the last 10 ms of `samples` (float32, shape (n,), `rate` Hz) that reach `LEVEL`."""
    step = rate // 100
    levels = np.abs(samples[: len(samples) // step * step]).reshape(-1, step).max(axis=1)
    return (int(np.flatnonzero(levels > LEVEL)[-1]) + 1) * step
