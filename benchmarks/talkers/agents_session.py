"""A session of openai-agents in a duplex talk, with the arguments of `ours`; runs in a separate environment."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from agents.realtime import RealtimeAgent, RealtimeRunner
from pacing import capture, sound, tell, told, windows


async def main(url: str, path: str, number: int, length_s: float) -> None:
    runner = RealtimeRunner(RealtimeAgent(name="Guide", instructions="Answer briefly."))
    model: Any = {"url": f"{url.replace('http', 'ws', 1)}/realtime?model=any", "api_key": "none"}
    received = 0
    async with await runner.run(model_config=model) as session:

        async def listen() -> None:
            nonlocal received
            async for event in session:
                if event.type == "audio":
                    received += len(event.audio.data)

        listening = asyncio.create_task(listen())
        tell("ready")
        await told()
        speaking = asyncio.create_task(capture(sound(path), session.send_audio))
        seconds = await windows(number, length_s)
        speaking.cancel()
        tell({"seconds": seconds, "received_ms": received / 48})
        listening.cancel()


asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))
