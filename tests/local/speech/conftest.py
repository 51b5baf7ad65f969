"""The speech stages, loaded once, and the clips of people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from realtime_widgets.audio.samples import read_sound
from realtime_widgets.local.speech import SpeechModels, load_models

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

SOUNDS = Path(__file__).parents[2] / "sounds"


@pytest.fixture(scope="session")
def speech() -> SpeechModels:
    return load_models()


@pytest.fixture(scope="session")
def clips() -> list[tuple[npt.NDArray[np.float32], str]]:
    """16 kHz samples and words of each shipped clip."""
    entries = json.loads((SOUNDS / "manifest.json").read_text(encoding="utf-8"))
    clips = []
    for entry in entries:
        samples, rate = read_sound(SOUNDS / entry["file"])
        assert rate == 16_000
        clips.append((samples, entry["text"]))
    return clips
