"""What the benchmarks count as the delay of an echo."""

from __future__ import annotations

import numpy as np
import pytest

from devtools.sound.bursts import delays

SAID = list(np.cumsum(np.random.default_rng(2).uniform(500, 800, 20)))


@pytest.mark.parametrize("delay", [3.0, 130.0, 700.0, 2600.0])
def test_an_echo_is_found_however_many_bursts_came_before_it(delay: float) -> None:
    heard = [at + delay for at in SAID if at + delay < SAID[-1]]
    assert delays(SAID, heard) == pytest.approx([delay] * len(heard))


def test_a_single_late_or_early_echo_counts_with_what_it_took() -> None:
    took = [200.0] * 20
    took[5], took[9] = 480.0, 110.0
    heard = [at + each for at, each in zip(SAID, took, strict=True)]
    assert delays(SAID, heard) == pytest.approx(took)


def test_silence_has_no_delays() -> None:
    assert delays(SAID, []) == ()
