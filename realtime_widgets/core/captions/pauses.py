"""When sound is committed by the client, where the service finds no turns by itself: at pauses. Pure."""

from __future__ import annotations

import math
import sys
from array import array
from dataclasses import dataclass
from operator import mul
from typing import Literal

from realtime_widgets.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE

#: Length of the frames whose levels are compared.
_FRAME_BYTES = SAMPLE_RATE // 50 * BYTES_PER_SAMPLE
_BYTES_PER_S = SAMPLE_RATE * BYTES_PER_SAMPLE
#: Level of a frame without any sound, in dB below full scale.
SILENT_DB = -100.0
#: The lowest and the highest level that counts as the room's noise.
_LOWEST_FLOOR_DB, _HIGHEST_FLOOR_DB = -69.0, -35.0
#: By how much a voice is louder than the noise; and how fast the noise may grow, in dB a second.
_ABOVE_FLOOR_DB, _FLOOR_GROWS_DB = 9.0, 1.5
#: Voice that makes a stretch worth writing down; shorter is a click.
_LEAST_VOICE_S = 0.1
#: Silence that is dropped at once, and how much of its end is kept: a voice may just begin.
SILENCE_S, LEAD_S = 10.0, 0.5
#: What belongs to the words before and after the frames that are loud enough.
_MARGIN_S = 0.2

Verdict = Literal["commit", "drop"]


def level_db(pcm: bytes) -> float:
    """Return the level of PCM16, in dB relative to full scale; `SILENT_DB` at least."""
    samples = array("h", pcm)
    if sys.byteorder == "big":
        samples.byteswap()
    power = sum(map(mul, samples, samples)) / max(len(samples), 1) / 32768**2
    return max(SILENT_DB, 10 * math.log10(power)) if power else SILENT_DB


@dataclass(frozen=True)
class Stretch:
    """The voice in the sound since the last commit, in seconds from there."""

    begin_s: float
    end_s: float


class PauseRule:
    """Says after each block of sound whether what was said until then is to be written down now.

    A pause ends a stretch; the longer the stretch, the shorter a pause will do; after `longest_s` it ends in any
    case. So words never wait for longer than that.

    Parameters
    ----------
    pause_s
        Silence that ends a stretch, in seconds; half of it once the stretch has half of its greatest length.
    longest_s
        Seconds from the first voice of a stretch after which it ends without a pause.
    """

    def __init__(self, pause_s: float = 0.6, longest_s: float = 15.0) -> None:
        self._pause_s, self._longest_s = pause_s, longest_s
        self._floor_db = _HIGHEST_FLOOR_DB
        self._rest = b""
        self._heard = 0
        self._voiced = 0
        self._first = self._last = 0

    @property
    def length_s(self) -> float:
        """Sound since the last commit, in seconds."""
        return self._heard / _BYTES_PER_S

    @property
    def stretch(self) -> Stretch | None:
        """Where in the sound since the last commit somebody speaks; None if nobody does."""
        if self._voiced < _LEAST_VOICE_S * _BYTES_PER_S:
            return None
        begin, end = self._first / _BYTES_PER_S - _MARGIN_S, self._last / _BYTES_PER_S + _MARGIN_S
        return Stretch(max(0.0, begin), min(end, self.length_s))

    def hear(self, pcm: bytes) -> Verdict | None:
        """Return what is to be done after a block, PCM16: commit, drop what is only silence, or nothing."""
        self._heard += len(pcm)
        pcm = self._rest + pcm
        whole = len(pcm) // _FRAME_BYTES * _FRAME_BYTES
        self._rest = pcm[whole:]
        end = self._heard - len(pcm)
        for start in range(0, whole, _FRAME_BYTES):
            end += _FRAME_BYTES
            self._frame(level_db(pcm[start : start + _FRAME_BYTES]), end)
        if self.stretch is None:
            return "drop" if self.length_s >= SILENCE_S else None
        length_s = (self._heard - self._first) / _BYTES_PER_S
        pause_s = self._pause_s if length_s < self._longest_s / 2 else self._pause_s / 2
        quiet_s = (self._heard - self._last) / _BYTES_PER_S
        return "commit" if quiet_s >= pause_s or length_s >= self._longest_s else None

    def begin_anew(self) -> None:
        """Note that what was heard so far is committed or dropped; the room's noise stays known."""
        self._heard = self._voiced = self._first = self._last = 0
        self._rest = b""

    def _frame(self, level: float, end: int) -> None:
        grown = self._floor_db + _FLOOR_GROWS_DB * _FRAME_BYTES / _BYTES_PER_S
        self._floor_db = min(max(min(level, grown), _LOWEST_FLOOR_DB), _HIGHEST_FLOOR_DB)
        if level > self._floor_db + _ABOVE_FLOOR_DB:
            self._first = self._first if self._voiced else end - _FRAME_BYTES
            self._last = end
            self._voiced += _FRAME_BYTES
