"""Recognises the recordings of chat messages, each once: the history comes again with every turn."""

from __future__ import annotations

import contextlib
import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from realtime_widgets.errors import AudioError
from realtime_widgets.local.codecs import decoded
from realtime_widgets.local.realtime.errors import invalid_value
from realtime_widgets.local.stages import RECOGNITION_RATE

if TYPE_CHECKING:
    from realtime_widgets.local.inference import Inference
    from realtime_widgets.local.rest.chat_messages import Recording

#: Longest recording in a message, in seconds.
LONGEST_S = 600.0
#: Recordings whose words are kept in memory; beyond it the one not asked for the longest goes.
MAX_KEPT = 1000


@dataclass(frozen=True)
class Heard:
    """What a recording says, and how long it is."""

    words: str
    milliseconds: float


class Recordings:
    """Knows what recordings say; `inference` recognises those that are new."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference
        self._heard: OrderedDict[bytes, Heard] = OrderedDict()

    async def hear(self, recording: Recording) -> Heard:
        """Return what a recording says; refuses what is no sound file or too long."""
        key = hashlib.sha256(recording.file).digest()
        heard = self._heard.get(key) or await self._recognise(recording)
        self._heard[key] = heard
        self._heard.move_to_end(key)
        if len(self._heard) > MAX_KEPT:
            self._heard.popitem(last=False)
        return heard

    async def _recognise(self, recording: Recording) -> Heard:
        try:
            samples = await self._inference.run(partial(decoded, recording.file, RECOGNITION_RATE, LONGEST_S))
        except AudioError as error:
            raise invalid_value(f"Invalid value for '{recording.param}': {error}.", recording.param) from None
        segments = self._inference.transcribe(samples, "en", joined=True)
        async with contextlib.aclosing(segments):
            words = [segment.text async for segment in segments]
        return Heard(" ".join(words), samples.size * 1000 / RECOGNITION_RATE)
