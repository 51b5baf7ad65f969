"""Fixtures of the tests of calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.tools.execution.desk import Desk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    made = Desk()
    yield made
    made.calls.stop("the test is over")
    made.runner.close()
    await made.calls.wait()
