from __future__ import annotations

import pytest

from realtime_widgets.local.brain.rules.brain import StandInBrain
from tests.local.brain.requests_table import NOW


@pytest.fixture(scope="session")
def brain() -> StandInBrain:
    """The real thing, with the clock at `NOW`."""
    return StandInBrain.load(clock=lambda: NOW)
