"""Bursts of tone for the fake microphone, and the delay after which each one was heard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from devtools.sound.sound import microphone_wav, tone

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from devtools.browser.page import Tap

_COUNT = 600
_BURST_S = 0.1
_FIRST_S = 1.0
#: Times from one burst to the next: uneven, so that bursts begin anywhere in a block, and so that an echo later
#: than the next burst is not mistaken for the echo of that one.
_LEAST_S, _MOST_S = 0.7, 1.1
#: A burst begins when the sound is louder than this, relative to full scale, after this much silence (ms).
_LEVEL, _GAP_MS = 0.1, 250.0
#: Longest usual delay that can be found, and how much single delays may fall below it or differ from it (ms).
_LONGEST_MS, _EARLIER_MS, _ALIKE_MS = 5000.0, 150.0, 60.0


def burst_wav(path: Path) -> Path:
    """Write nine minutes of bursts for the fake microphone, the same each time."""
    gaps = np.random.default_rng(1).uniform(_LEAST_S, _MOST_S, _COUNT)
    starts = _FIRST_S + np.cumsum(gaps)
    return microphone_wav(path, [(float(start), tone(_BURST_S, level=0.5)) for start in starts])


async def burst_delays(microphone: Tap, speaker: Tap) -> tuple[float, ...]:
    """Return the delay of each burst that was recorded from the microphone to the speaker, in ms."""
    said = await microphone.onsets(_LEVEL, _GAP_MS)
    heard = await speaker.onsets(_LEVEL, _GAP_MS)
    return delays(said[1:-1], heard)


def delays(said: Sequence[float], heard: Sequence[float]) -> tuple[float, ...]:
    """Return the delay from each time in `said` to its echo in `heard`, all in ms.

    The echo is the first onset after it that is not much earlier than the usual delay, which is the delay at which
    most of `said` have an onset in `heard`. Times without an echo are left out.
    """
    least = max(0.0, _usual_delay(np.asarray(said), np.asarray(heard)) - _EARLIER_MS)
    found = []
    for at in said:
        after = next((onset for onset in heard if onset > at + least), None)
        if after is not None:
            found.append(after - at)
    return tuple(found)


def _usual_delay(said: np.ndarray, heard: np.ndarray) -> float:
    apart = np.sort((heard[None, :] - said[:, None]).ravel())
    apart = apart[(apart > 0) & (apart < _LONGEST_MS)]
    if not apart.size:
        return 0.0
    alike = np.searchsorted(apart, apart + _ALIKE_MS) - np.arange(apart.size)
    return float(apart[np.argmax(alike)])
