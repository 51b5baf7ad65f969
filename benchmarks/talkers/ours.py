"""A headless session of this package in a duplex talk: ``... talkers.ours URL SOUND WINDOWS SECONDS``."""

from __future__ import annotations

import asyncio
import sys

import numpy as np

from benchmarks.talkers.pacing import WARM_UP_S, sound, tell, told, windows
from realtime_widgets import RealtimeSession
from realtime_widgets.audio.pcm import SAMPLE_RATE
from realtime_widgets.audio.samples import from_pcm16
from realtime_widgets.testing import PlayedMicrophone, PlayedSpeaker


async def main(url: str, path: str, number: int, length_s: float) -> None:
    session = RealtimeSession(endpoint=url, api_key="none")
    PlayedSpeaker(session)
    await session.start()
    microphone = PlayedMicrophone(session)
    said = from_pcm16(b"".join(sound(path)))
    repeats = int((WARM_UP_S + number * length_s) * SAMPLE_RATE / len(said)) + 1
    microphone.speak(np.tile(said, repeats), SAMPLE_RATE)
    tell("ready")
    await told()
    microphone.open()
    seconds = await windows(number, length_s)
    microphone.close()
    tell({"seconds": seconds, "received_ms": sum(line.audio_ms or 0.0 for line in session.conversation)})
    await session.close()


asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))
