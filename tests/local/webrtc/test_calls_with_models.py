"""A call with the real models: a person's recording over the track, and what comes back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import numpy as np
import pytest

from devtools.sound.voice import words
from realtime_widgets.audio.pcm import SAMPLE_RATE
from realtime_widgets.audio.samples import read_sound, resample, to_pcm16
from realtime_widgets.local.models.interfaces import RECOGNITION_RATE
from realtime_widgets.local.speech import load_recogniser
from tests.local.webrtc.caller import Caller

if TYPE_CHECKING:
    from realtime_widgets.local.server.child_process import EmbeddedEndpoint

pytestmark = pytest.mark.models

SOUNDS = Path(__file__).parents[2] / "sounds"


async def test_what_a_person_says_is_understood_and_the_answer_can_be(embedded: EmbeddedEndpoint) -> None:
    samples, rate = read_sound(SOUNDS / "goforward.flac")
    spoken = to_pcm16(resample(samples, rate, SAMPLE_RATE))
    session = {"type": "realtime", "audio": {"input": {"transcription": {"model": "whisper-1"}}}}
    caller = Caller()
    async with aiohttp.ClientSession() as http:
        await caller.call(http, embedded.url.removesuffix("/v1"), embedded.api_key, session)
        await caller.until("session.created")
        caller.say(bytes(48_000) + spoken)
        said: list[str] = []
        # A track that stutters on a busy machine may make two turns of the sentence.
        while not said or said[-1] not in ("meters", "metres"):
            event = await caller.until("conversation.item.input_audio_transcription.completed")
            said += words(event["transcript"])
        assert said[:2] == ["go", "forward"]
        answer = await caller.until("response.output_audio_transcript.done")
        await caller.until("output_audio_buffer.stopped")
    heard = np.concatenate(caller.sound).astype(np.float32) / 32768
    recognised = words(load_recogniser()(resample(heard, SAMPLE_RATE, RECOGNITION_RATE)).text)
    expected = words(answer["transcript"])
    assert len(set(expected) & set(recognised)) >= 0.7 * len(set(expected)), (expected, recognised)
    await caller.close()
