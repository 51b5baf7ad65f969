"""A scripted server on a thread of its own, for tests that keep the main loop busy."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from realtime_widgets.testing import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from realtime_widgets.testing.steps import Step


@contextmanager
def server_on_its_own_thread(steps: Iterable[Step]) -> Iterator[ScriptedServer]:
    """Serve a script beside everything else; leaving waits for its end."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def run(coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(20)

    async def entered() -> ScriptedServer:
        return await ScriptedServer(steps).__aenter__()

    server = run(entered())
    try:
        yield server
        run(server.finished())
    finally:
        run(server.__aexit__(asyncio.CancelledError, asyncio.CancelledError(), None))
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
