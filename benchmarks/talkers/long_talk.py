"""A long headless session, faster than real time, which reports its process's memory after each minute of talk.

``python -m benchmarks.talkers.long_talk URL SOUND MINUTES SPEED [keep]``; with ``keep`` it keeps what it heard.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from typing import TYPE_CHECKING, Any

import psutil

from benchmarks.talkers.pacing import sound, tell
from realtime_widgets import RealtimeSession
from realtime_widgets.audio.pcm import SAMPLE_RATE
from realtime_widgets.audio.samples import from_pcm16
from realtime_widgets.testing import PlayedMicrophone, PlayedSpeaker

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.concurrency.clock import Timer


class FastClock:
    """The machine's clock, sped up by a factor."""

    def __init__(self, speed: float) -> None:
        self._speed = speed

    def time(self) -> float:
        return time.monotonic() * self._speed

    def call_later(self, delay: float, callback: Callable[..., object], *arguments: Any) -> Timer:
        return asyncio.get_running_loop().call_later(delay / self._speed, callback, *arguments)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._speed)


def look_up(word: str) -> str:
    """Look a word up."""
    return f"{word} is in the dictionary, between two others."


async def main(url: str, path: str, minutes: int, speed: float, keep: bool) -> None:
    clock = FastClock(speed)
    session = RealtimeSession(endpoint=url, api_key="none", tools=[look_up], clock=clock)
    speaker = PlayedSpeaker(session, keep=keep)
    await session.start()
    microphone = PlayedMicrophone(session)
    said = from_pcm16(b"".join(sound(path)))
    microphone.open()
    process = psutil.Process()
    begin = clock.time()
    for minute in range(minutes + 1):
        while (left := begin + minute * 60 - clock.time()) > 0:
            await clock.sleep(min(left, 5.0))
            if microphone.queued_ms < 10_000:
                microphone.speak(said, SAMPLE_RATE)
        gc.collect()
        tell([process.memory_info().rss / 1e6, sys.getallocatedblocks(), speaker.heard_ms / 1000])
    tell({"items": len(session.conversation), "calls": len(session.calls), "tokens": session.usage.total_tokens})
    await session.close()


asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), sys.argv[5:] == ["keep"]))
