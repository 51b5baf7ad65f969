"""Captions from the local endpoint with its real recogniser, of recordings of people."""

from __future__ import annotations

import asyncio
import itertools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from devtools.sound.word_errors import word_errors
from realtime_widgets import Captions
from realtime_widgets.audio.samples import load_sound
from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.testing import PlayedMicrophone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realtime_widgets.core.captions.segments import Segment

pytestmark = pytest.mark.models

SOUNDS = Path(__file__).parent.parent / "sounds"
SAID = {each["file"]: each["text"] for each in json.loads((SOUNDS / "manifest.json").read_text())}
READ = ("librivox_0870.flac", "librivox_0880.flac", "jfk.flac")
RATE = 24_000


def lecture() -> tuple[np.ndarray[Any, np.dtype[np.int16]], list[float]]:
    """Return three readings with a second of silence between them, and where each begins, in seconds."""
    parts: list[np.ndarray[Any, Any]] = []
    begins = []
    for name in READ:
        begins.append(sum(map(len, parts)) / RATE)
        parts += [np.frombuffer(load_sound(SOUNDS / name), "<i2"), np.zeros(RATE, np.int16)]
    return np.concatenate(parts), begins


def check(segments: Sequence[Segment], begins: list[float]) -> None:
    heard = " ".join(segment.text for segment in segments)
    errors, words = word_errors(" ".join(SAID[name] for name in READ), heard)
    assert errors / words < 0.15, heard
    assert all(segment.final for segment in segments)
    # A reading has pauses of its own; each of the readings begins a segment.
    for begin in begins:
        assert min(abs(segment.start - begin) for segment in segments) < 0.7, (begin, segments)
    assert all(first.end <= second.start for first, second in itertools.pairwise(segments))


async def test_a_recording_is_written_down_faster_than_it_was_said() -> None:
    sound, begins = lecture()
    captions = Captions(endpoint="local", model="gpt-live-transcribe", languages=["en"])
    await captions.start()
    segments = await captions.transcribe(sound, rate=RATE)
    check(segments, begins)
    assert captions.to_srt().startswith("1\n00:00:0")
    assert captions.usage.transcription.seconds == pytest.approx(len(sound) / RATE, abs=4)
    assert captions.usage.money == 0
    await captions.close()


@pytest.mark.parametrize(
    "options",
    [{"languages": ["en", "de"], "keywords": ["Americans"]}, {"model": "gpt-live-transcribe"}],
    ids=["turns of the endpoint", "committed here"],
)
@pytest.mark.nightly  # half a minute and more of real talk
async def test_words_come_while_somebody_speaks_into_the_microphone(options: dict[str, Any]) -> None:
    sound, begins = lecture()
    captions = Captions(endpoint="local", **options)
    await captions.start()
    microphone = PlayedMicrophone(captions)  # type: ignore[arg-type]  # it needs the runtime alone
    microphone.speak(sound, rate=RATE)
    microphone.open()

    def whole() -> bool:
        core: Any = captions.runtime.core
        return core.log.end_final > len(sound) / RATE - 2 and not core.words_to_come

    waiting = shared_engine().submit(captions.runtime.until(whole, 120))
    assert await asyncio.wrap_future(waiting)
    microphone.close()
    check(captions.segments, begins)
    kinds = [record.event["type"] for record in captions.journal]
    committed = kinds.index("input_audio_buffer.committed")
    assert any(kind.endswith("transcription.delta") for kind in kinds[:committed])
    assert not any(kind.startswith("response.") for kind in kinds)
    await captions.close()
