"""Recognises the recordings in chat messages, each only once: every turn repeats the history."""

from __future__ import annotations

import contextlib
import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from realtime_widgets.errors import AudioError
from realtime_widgets.local.api.errors import invalid_value
from realtime_widgets.local.models.codecs import decoded
from realtime_widgets.local.models.interfaces import RECOGNITION_RATE

if TYPE_CHECKING:
    from realtime_widgets.local.inference.workers import Inference
    from realtime_widgets.local.rest.chat.messages import Recording

#: Longest recording in a message, in seconds.
LONGEST_S = 600.0
#: Number of recordings whose words are kept; the one that was not used for the longest time goes first.
MAX_KEPT = 1000


@dataclass(frozen=True)
class Heard:
    """The words of a recording and its duration."""

    words: str
    milliseconds: float


class Recordings:
    """Knows the words of recordings; `inference` recognises new ones."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference
        self._heard: OrderedDict[bytes, Heard] = OrderedDict()

    async def hear(self, recording: Recording) -> Heard:
        """Return what a recording says.

        Raises
        ------
        RequestRefusedError
            If it is not an audio file, or too long.
        """
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
