"""A connection of the openai package in a duplex talk, with the arguments of `ours`."""

from __future__ import annotations

import asyncio
import base64
import sys

from openai import AsyncOpenAI

from benchmarks.talkers.pacing import capture, sound, tell, told, windows


async def main(url: str, path: str, number: int, length_s: float) -> None:
    client = AsyncOpenAI(api_key="none", base_url=url, websocket_base_url=url.replace("http", "ws", 1))
    received = 0
    async with client.realtime.connect(model="any") as connection:
        await connection.session.update(session={"type": "realtime"})

        async def listen() -> None:
            nonlocal received
            async for event in connection:
                if event.type == "response.output_audio.delta":
                    received += len(base64.b64decode(event.delta))

        async def send(block: bytes) -> None:
            await connection.input_audio_buffer.append(audio=base64.b64encode(block).decode())

        listening = asyncio.create_task(listen())
        tell("ready")
        await told()
        speaking = asyncio.create_task(capture(sound(path), send))
        seconds = await windows(number, length_s)
        speaking.cancel()
        tell({"seconds": seconds, "received_ms": received / 48})
        listening.cancel()


asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))
