"""A scripted server on a thread of its own, for tests that keep the main loop busy."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from realtime_widgets.testing import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from realtime_widgets.testing.scripted_server.steps import Step


class BesideServer(ScriptedServer):
    """A scripted server whose loop runs on another thread."""

    loop: asyncio.AbstractEventLoop

    def wait_for_stall(self) -> None:
        """Wait until the script stands at a stall."""
        asyncio.run_coroutine_threadsafe(self.stalled(), self.loop).result(20)

    def go_on(self) -> None:
        """Go on after a stall."""
        self.loop.call_soon_threadsafe(self.resume)


@contextmanager
def server_on_its_own_thread(steps: Iterable[Step]) -> Iterator[BesideServer]:
    """Serve a script beside everything else; leaving waits for its end."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def run(coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(20)

    async def entered() -> BesideServer:
        made = BesideServer(steps)
        made.loop = loop
        await made.__aenter__()
        return made

    server = run(entered())
    try:
        yield server
        run(server.finished())
    finally:
        run(server.__aexit__(asyncio.CancelledError, asyncio.CancelledError(), None))
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
