"""Pipecat: a pipeline on its SmallWebRTCTransport sends back what it hears; ``pipecat_echo.py PORT``."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import FileResponse
from pipecat.frames.frames import Frame, InputAudioRawFrame, OutputAudioRawFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.transports.base_transport import TransportParams
from pipecat.transports.smallwebrtc.request_handler import SmallWebRTCRequest, SmallWebRTCRequestHandler
from pipecat.transports.smallwebrtc.transport import SmallWebRTCTransport
from pipecat.workers.runner import WorkerRunner

if TYPE_CHECKING:
    from pipecat.transports.smallwebrtc.connection import SmallWebRTCConnection

#: Sample rate in hertz in both directions, the same as in FastRTC and the Realtime protocol.
_RATE = 24_000


class Echo(FrameProcessor):
    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, InputAudioRawFrame):
            await self.push_frame(OutputAudioRawFrame(frame.audio, frame.sample_rate, frame.num_channels))
        else:
            await self.push_frame(frame, direction)


async def talk(connection: SmallWebRTCConnection) -> None:
    settings = TransportParams(
        audio_in_enabled=True,
        audio_out_enabled=True,
        audio_in_sample_rate=_RATE,
        audio_out_sample_rate=_RATE,
    )
    transport = SmallWebRTCTransport(webrtc_connection=connection, params=settings)
    pipeline = Pipeline([transport.input(), Echo(), transport.output()])
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(PipelineWorker(pipeline))
    await runner.run()


def main() -> None:
    app = FastAPI()
    handler = SmallWebRTCRequestHandler()
    talks: set[asyncio.Task[None]] = set()

    @app.get("/")
    async def page() -> FileResponse:
        return FileResponse(Path(__file__).with_name("call.html"))

    @app.post("/api/offer")
    async def offer(request: Request) -> Any:
        body = await request.json()

        async def begin(connection: SmallWebRTCConnection) -> None:
            talks.add(asyncio.create_task(talk(connection)))

        return await handler.handle_web_request(SmallWebRTCRequest(body["sdp"], body["type"]), begin)

    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")


if __name__ == "__main__":
    main()
