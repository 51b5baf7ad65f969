"""The local endpoint's own WebRTC, with an echo in place of its session; ``-m ...endpoint_echo PORT``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

from realtime_widgets.local.webrtc.peer import Peer
from realtime_widgets.local.webrtc.playout import Playout
from realtime_widgets.local.webrtc.tracks import PacedTrack

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_HOST = "127.0.0.1"


class Echo:
    """One WebRTC peer, whose audio is sent back."""

    def __init__(self) -> None:
        self._playout = Playout(lambda what, response_id: None)
        self._playout.begin("echo", "audio/pcm")
        self.peer = Peer(PacedTrack(self._playout.next_block), self._take, lambda: None)

    def _take(self, received: str | npt.NDArray[np.int16]) -> None:
        if not isinstance(received, str):
            self._playout.add("echo", "item", 0, received.astype("<i2").tobytes())


def main() -> None:
    """Serve the page and answer its offers."""
    echoes: list[Echo] = []

    async def page(_: web.Request) -> web.FileResponse:
        return web.FileResponse(Path(__file__).with_name("call.html"))

    async def offer(request: web.Request) -> web.Response:
        echoes.append(Echo())
        answer = await echoes[-1].peer.answer((await request.json())["sdp"], _HOST)
        return web.json_response({"type": "answer", "sdp": answer})

    app = web.Application()
    app.router.add_get("/", page)
    app.router.add_post("/offer", offer)
    web.run_app(app, host=_HOST, port=int(sys.argv[1]), print=None)


if __name__ == "__main__":
    main()
