"""The local speech synthesis and recognition, for tests that speak a question or listen to an answer."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from realtime_widgets.local.models.interfaces import RECOGNITION_RATE, SYNTHESIS_RATE
from realtime_widgets.local.speech import load_recogniser, load_synthesiser

if TYPE_CHECKING:
    import numpy.typing as npt

    from devtools.sound.sound import Recording

RATE = SYNTHESIS_RATE


@lru_cache
def speak(text: str, voice: str = "cedar") -> npt.NDArray[np.float32]:
    """Return `text` as speech; float32 mono at `RATE`."""
    pieces = list(load_synthesiser().stream(text, voice))
    return np.concatenate(pieces).astype(np.float32) / np.float32(32768)


def words(text: str) -> list[str]:
    """Return the words in lower case, without punctuation."""
    return re.findall(r"[a-z0-9']+", text.lower())


def recognise(recording: Recording) -> list[str]:
    """Return the words recognised in a recording."""
    return words(load_recogniser()(recording.resampled(RECOGNITION_RATE)).text)
