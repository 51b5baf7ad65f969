from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from realtime_widgets.tools import ToolRunner

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest_asyncio.fixture
async def runner() -> AsyncIterator[ToolRunner]:
    made = ToolRunner()
    yield made
    made.close()


@pytest.fixture
def main_loop() -> Any:
    """A running loop in a thread of its own, as the kernel's is to the I/O loop."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="main-loop")
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
