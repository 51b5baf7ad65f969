"""Fixtures of the tests of the core."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.core.driving import core_with

if TYPE_CHECKING:
    from realtime_widgets.core.session import SessionCore


@pytest.fixture
def core() -> SessionCore:
    return core_with({"type": "server_vad"})
