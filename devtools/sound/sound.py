"""Sound for the tests: WAV files for the fake microphone, tones, and recordings of what was played."""

from __future__ import annotations

import wave
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt
import soxr

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Samples: TypeAlias = npt.NDArray[np.float32]
#: The fake microphone plays files of this rate unchanged.
MICROPHONE_RATE = 48_000


def tone(seconds: float, hertz: float = 440.0, *, rate: int = MICROPHONE_RATE, level: float = 0.3) -> Samples:
    """Return a sine of that length with a fade of 5 ms at both ends; float32 of shape (n,)."""
    time = np.arange(round(seconds * rate)) / rate
    fade = np.minimum(1, np.minimum(time, time[::-1]) / 0.005)
    return (level * fade * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def microphone_wav(
    path: Path, clips: Sequence[tuple[float, Samples]], *, rate: int = MICROPHONE_RATE, seconds: float = 0.0
) -> Path:
    """Write a file for the fake microphone: each clip at its second after the opening, with silence between.

    Use it for continuous or repeated audio, because a slow page may miss the time of a single clip. `LabPage.say`
    speaks at the time when it is called.

    Parameters
    ----------
    path
        The WAV to write: PCM16, mono, 48 kHz.
    clips
        Pairs of (second, float32 samples in [-1, 1] at `rate`); clips that overlap are added.
    rate
        Sample rate of the clips, in hertz.
    seconds
        Minimum length of the file, filled with silence, in seconds.
    """
    placed = [
        (round(second * MICROPHONE_RATE), soxr.resample(np.asarray(clip, np.float32), rate, MICROPHONE_RATE))
        for second, clip in clips
    ]
    length = max([round(seconds * MICROPHONE_RATE), *(start + len(clip) for start, clip in placed)])
    mixed = np.zeros(length, np.float32)
    for start, clip in placed:
        mixed[start : start + len(clip)] += clip
    pcm = np.round(np.clip(mixed, -1, 1) * 32_767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(MICROPHONE_RATE)
        file.writeframes(pcm.tobytes())
    return path


@dataclass(frozen=True)
class Recording:
    """A recording by an audio worklet of the page.

    Attributes
    ----------
    samples
        float32 of shape (n,), at the rate of the page's audio context.
    rate
        Sample rate in hertz.
    start_ms
        Time of the first sample, in milliseconds of the page's ``performance.now()``, exact to about two
        milliseconds. The loudspeaker and the microphone of a page use the same clock.
    """

    samples: Samples
    rate: int
    start_ms: float

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.rate

    def loud_stretches(self, threshold: float = 0.01, gap_ms: float = 60.0) -> list[tuple[float, float]]:
        """Return start and end of each stretch of sound, in milliseconds of the page's clock.

        Silences shorter than `gap_ms` do not end a stretch.
        """
        loud = np.flatnonzero(np.abs(self.samples) > threshold)
        if not loud.size:
            return []
        breaks = np.flatnonzero(np.diff(loud) > gap_ms / 1000 * self.rate)
        starts = loud[np.concatenate(([0], breaks + 1))]
        ends = loud[np.concatenate((breaks, [loud.size - 1]))]
        to_ms = 1000 / self.rate
        return [
            (self.start_ms + float(a) * to_ms, self.start_ms + float(b) * to_ms)
            for a, b in zip(starts, ends, strict=True)
        ]

    def onsets(self, threshold: float = 0.01, gap_ms: float = 60.0) -> list[float]:
        """Return the start of each stretch of sound, in milliseconds of the page's clock."""
        return [start for start, _ in self.loud_stretches(threshold, gap_ms)]

    def between(self, start_ms: float, end_ms: float | None = None) -> Recording:
        """Return the part between two times of the page's clock, in milliseconds."""
        first = max(0, round((start_ms - self.start_ms) / 1000 * self.rate))
        last = len(self.samples) if end_ms is None else round((end_ms - self.start_ms) / 1000 * self.rate) + 1
        return Recording(self.samples[first:last], self.rate, self.start_ms + first / self.rate * 1000)

    def resampled(self, rate: int) -> Samples:
        """Return the samples at another rate, in hertz."""
        return np.asarray(soxr.resample(self.samples, self.rate, rate), np.float32)
