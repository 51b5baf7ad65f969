"""The floor for audio through a notebook: the same port in a plain page, with an echo over a plain WebSocket."""

from __future__ import annotations

import functools
import http.server
import json
import threading
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.support.needs import HARNESS
from devtools.endpoints.serving import serving
from realtime_widgets.widgets.sound.port import (
    BLOCK_MS,
    GROUP_MS,
    LANE_GROUP_MS,
    LANE_STARTUP_MS,
    STARTUP_MS,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from websockets.asyncio.server import ServerConnection


@dataclass(frozen=True)
class Sound:
    """Settings of the port, in milliseconds; the defaults are the package's over the comm."""

    block_ms: float = BLOCK_MS
    group_ms: float = GROUP_MS
    startup_ms: float = STARTUP_MS


#: What the package uses on the direct lane.
LANE = Sound(BLOCK_MS, LANE_GROUP_MS, LANE_STARTUP_MS)


@contextmanager
def harness_page() -> Iterator[str]:
    """Serve the built harness on loopback and yield its address."""
    with serving_folder(HARNESS) as url:
        yield f"{url}/index.html"


@contextmanager
def serving_folder(folder: Path) -> Iterator[str]:
    """Serve a folder on loopback and yield its address."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@asynccontextmanager
async def bare_echo(sound: Sound) -> AsyncIterator[str]:
    """Play the kernel for a bare page, send all audio back as it arrives, and yield the address."""

    async def session(socket: ServerConnection) -> None:
        async for message in socket:
            if isinstance(message, bytes):
                await socket.send(message)
            else:
                await activate(socket, json.loads(message), sound)

    async with serving(session) as port:
        yield f"ws://127.0.0.1:{port}"


async def activate(socket: ServerConnection, hello: dict[str, Any], sound: Sound) -> None:
    """Answer a bare page's hello: activate it with these settings."""
    await socket.send(json.dumps({"type": "activate", "page_id": hello["page_id"]}))
    await socket.send(json.dumps({"type": "configure", **asdict(sound), "input_mode": "open"}))
