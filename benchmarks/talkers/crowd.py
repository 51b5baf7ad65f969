"""Many sessions in one process: ``python -m benchmarks.talkers.crowd ours|openai URL``, controlled by lines.

For each line ``COUNT SECONDS`` on standard input it lets COUNT sessions talk, measures for SECONDS, and prints how
old each audio event was when the program got it, in milliseconds, and the process's share of a core.
"""

from __future__ import annotations

import asyncio
import base64
import sys
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from benchmarks.talkers.pacing import BLOCK_BYTES, BLOCK_MS, age_ms, capture, tell, told

if TYPE_CHECKING:
    from realtime_widgets.core.playback.pacing import Block

#: Starts a session at an address, which records the age of its events, and speaks after a delay in seconds.
Begin = Callable[[str, list[float], float], Awaitable[object]]
_SILENCE = bytes(BLOCK_BYTES)
_SETTLE_S = 0.5


async def begin_ours(url: str, ages: list[float], delay_s: float) -> object:
    """Start a session of this package whose program receives the audio in the place of a player."""
    from realtime_widgets import RealtimeSession
    from realtime_widgets.concurrency.io_thread import shared_engine
    from realtime_widgets.runtime.sound.speakers import InstantSpeaker
    from realtime_widgets.testing import PlayedMicrophone

    class Taker(InstantSpeaker):
        def play(self, block: Block) -> None:
            if block.pcm:
                ages.append(age_ms(block.pcm))
            super().play(block)

    session = RealtimeSession(endpoint=url, api_key="none")
    shared_engine().run(session.runtime.use_speaker, Taker())
    await session.start()
    microphone = PlayedMicrophone(session)
    await asyncio.sleep(delay_s)
    microphone.open()
    return session


async def begin_openai(url: str, ages: list[float], delay_s: float) -> object:
    """Start a connection of the openai package whose program decodes the audio."""
    from openai import AsyncOpenAI

    client = AsyncOpenAI(api_key="none", base_url=url, websocket_base_url=url.replace("http", "ws", 1))
    connection = await client.realtime.connect(model="any").enter()
    await connection.session.update(session={"type": "realtime"})

    async def listen() -> None:
        async for event in connection:
            if event.type == "response.output_audio.delta":
                ages.append(age_ms(base64.b64decode(event.delta)))

    async def send(block: bytes) -> None:
        await connection.input_audio_buffer.append(audio=base64.b64encode(block).decode())

    return asyncio.create_task(listen()), asyncio.create_task(capture([_SILENCE], send, delay_s))


async def main(begin: Begin, url: str) -> None:
    """Execute the lines until the process is ended."""
    ages: list[float] = []
    sessions: list[object] = []
    tell("ready")
    while line := await told():
        wanted, seconds = int(line.split()[0]), float(line.split()[1])
        for number in range(len(sessions), wanted):
            # Microphones of different users do not send at the same time.
            sessions.append(await begin(url, ages, number * 7 % BLOCK_MS / 1000))
        await asyncio.sleep(_SETTLE_S)
        ages.clear()
        used, started = time.process_time(), time.monotonic()
        await asyncio.sleep(seconds)
        took = time.monotonic() - started
        tell({"ages": ages[:], "share": (time.process_time() - used) / took})


asyncio.run(main({"ours": begin_ours, "openai": begin_openai}[sys.argv[1]], sys.argv[2]))
