"""FastRTC: its Python handler sends back the audio that it receives; ``fastrtc_echo.py PORT``."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from fastapi import FastAPI
from fastapi.responses import FileResponse
from fastrtc import AsyncStreamHandler, Stream

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class Echo(AsyncStreamHandler):
    def __init__(self) -> None:
        super().__init__()
        self._blocks: asyncio.Queue[tuple[int, npt.NDArray[np.int16]]] = asyncio.Queue()

    async def receive(self, frame: tuple[int, npt.NDArray[np.int16]]) -> None:
        self._blocks.put_nowait(frame)

    async def emit(self) -> tuple[int, npt.NDArray[np.int16]]:
        return await self._blocks.get()

    def copy(self) -> Echo:
        return Echo()


def main() -> None:
    # No ICE servers, so that nothing outside this machine is contacted.
    servers = {"iceServers": []}
    stream = Stream(
        Echo(), modality="audio", mode="send-receive", rtc_configuration=servers, server_rtc_configuration=servers
    )
    app = FastAPI()
    stream.mount(app)

    @app.get("/")
    async def page() -> FileResponse:
        return FileResponse(Path(__file__).with_name("call.html"))

    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")


if __name__ == "__main__":
    main()
