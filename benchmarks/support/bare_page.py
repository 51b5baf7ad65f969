"""The floor for sound through a notebook: the same port in a plain page, echoed by a plain WebSocket."""

from __future__ import annotations

import functools
import http.server
import json
import threading
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from realtime_widgets.widgets.port import BLOCK_MS, GROUP_MS, STARTUP_MS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from websockets.asyncio.server import ServerConnection


@dataclass(frozen=True)
class Sound:
    """How sound crosses: settings of the port, in milliseconds; by itself as the package has them."""

    block_ms: float = BLOCK_MS
    group_ms: float = GROUP_MS
    startup_ms: float = STARTUP_MS


#: Folder of the built harness (``.ci/npm run harness``).
HARNESS = Path(__file__).resolve().parents[2] / "js" / "dist"


@contextmanager
def harness_page() -> Iterator[str]:
    """Serve the built harness on loopback; gives its address."""
    if not (HARNESS / "harness.js").is_file():
        raise RuntimeError("the plain page is not built: run .ci/npm run harness")
    handler = functools.partial(_Quiet, directory=str(HARNESS))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/index.html"
        server.shutdown()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@asynccontextmanager
async def bare_echo(sound: Sound) -> AsyncIterator[str]:
    """Play the kernel's part for a bare page and send all sound back as it comes; gives the address."""

    async def session(socket: ServerConnection) -> None:
        try:
            async for message in socket:
                if isinstance(message, bytes):
                    await socket.send(message)
                else:
                    await activate(socket, json.loads(message), sound)
        except ConnectionClosed:
            pass

    async with serve(session, "127.0.0.1", 0, compression=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield f"ws://127.0.0.1:{port}"


async def activate(socket: ServerConnection, hello: dict[str, Any], sound: Sound) -> None:
    """Answer a bare page's hello: it plays and captures, with these settings."""
    await socket.send(json.dumps({"type": "activate", "page_id": hello["page_id"]}))
    await socket.send(json.dumps({"type": "configure", **asdict(sound), "input_mode": "open"}))
