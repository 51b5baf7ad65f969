"""Fixtures of more than one folder of tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from realtime_widgets.local.process import EmbeddedEndpoint

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def embedded() -> Iterator[EmbeddedEndpoint]:
    """The local endpoint as a process of its own, with its real models."""
    endpoint = EmbeddedEndpoint().start()
    yield endpoint
    endpoint.stop()
