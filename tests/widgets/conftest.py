"""Fixtures of the tests of widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from realtime_widgets import RealtimeSession

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def session() -> AsyncIterator[RealtimeSession]:
    session = RealtimeSession(endpoint="http://127.0.0.1:9/v1")
    yield session
    await session.close()
