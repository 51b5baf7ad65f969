"""Fixtures and settings of more than one folder of tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from realtime_widgets.local.process import EmbeddedEndpoint
from tests.client.cases import NIGHTLY

if TYPE_CHECKING:
    from collections.abc import Iterator


# How long an example takes says nothing on a machine that does other things too.
# The same examples at each run: a change is judged by itself; the nightly run looks further.
UNTIMED: Any = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("tests", **UNTIMED, derandomize=True)
settings.register_profile("nightly", **UNTIMED, max_examples=NIGHTLY)
settings.load_profile("tests")


@pytest.fixture(scope="module")
def embedded() -> Iterator[EmbeddedEndpoint]:
    """The local endpoint as a process of its own, with its real models."""
    endpoint = EmbeddedEndpoint().start()
    yield endpoint
    endpoint.stop()
