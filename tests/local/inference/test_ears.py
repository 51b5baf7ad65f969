"""What the ears hear does not depend on how the sound was cut."""

from __future__ import annotations

import pytest

from realtime_widgets.local.inference.ears import Ears
from tests.local.stand_ins import LoudnessDetector, silence, tone


@pytest.mark.parametrize("size", [2, 333, 960, 4801])
def test_ears_hear_the_same_however_sound_is_cut(size: int) -> None:
    sound = silence(0.5) + tone(1.0) + silence(0.5)
    ears = Ears(LoudnessDetector(), "audio/pcm")
    heard = [p for start in range(0, len(sound), size) for p in ears.hear(sound[start : start + size])]
    assert heard == Ears(LoudnessDetector(), "audio/pcm").hear(sound)
    loud = [index * ears.chunk_ms for index, probability in enumerate(heard) if probability > 0.5]
    assert abs(loud[0] - 500) < 40
    assert abs(loud[-1] - 1470) < 40
