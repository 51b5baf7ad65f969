"""Runs the stages on a few worker threads, so that the event loop is never blocked."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from realtime_widgets.local.inference.ears import Ears, for_recognition
from realtime_widgets.local.inference.loading import (
    BRAIN,
    RECOGNITION,
    SYNTHESIS,
    TURN_END,
    VOICE_ACTIVITY,
    Models,
)
from realtime_widgets.local.inference.pictures import Pictures
from realtime_widgets.local.inference.pieces import Piece, Sound, pieces, sounds, spoken, stepped
from realtime_widgets.local.logs import SPEECH
from realtime_widgets.local.models.interfaces import Say
from realtime_widgets.local.speech.transcribing import Segment, segments

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
    from typing import Any, TypeVar

    import numpy as np
    import numpy.typing as npt

    from realtime_widgets.local.models.interfaces import BrainRequest, Recogniser, Recognition, TurnEnd

    T = TypeVar("T")


class Inference:
    """What sessions ask of the models.

    Hearing has its own threads, so that an interruption is noticed while all others are busy. So does everything
    after the first sound of an answer, because other sessions wait for their first sound, and the reading of
    pictures. The rest has one thread for each processor, at least 2.

    Parameters
    ----------
    models
        The stages.

    Attributes
    ----------
    models
        As given.
    pictures : Pictures
        Reads the text in pictures.
    """

    def __init__(self, models: Models) -> None:
        self.models = models
        self.pictures = Pictures(models.load_pictures)
        count = max(2, os.cpu_count() or 2)
        self._hearing = ThreadPoolExecutor(2, thread_name_prefix="hearing")
        self._working = ThreadPoolExecutor(count, thread_name_prefix="inference")
        self._patient = ThreadPoolExecutor(1, thread_name_prefix="rest of answers")

    def close(self) -> None:
        """Let the threads end; waiting work is dropped."""
        for executor in (self._hearing, self._working, self._patient):
            executor.shutdown(wait=False, cancel_futures=True)
        self.pictures.close()

    async def ears(self, encoding: str) -> Ears:
        """Return new ears for audio in the wire's format `encoding`."""
        make_detector = await self.models.get(VOICE_ACTIVITY)
        return Ears(make_detector(), encoding)

    async def hear(self, ears: Ears, data: bytes) -> list[float]:
        """Return the speech probabilities of the chunks that `data` completes."""
        return await asyncio.wrap_future(self._hearing.submit(ears.hear, data))

    async def recognise(self, data: bytes, encoding: str, language: str) -> Recognition:
        """Recognise one utterance in the wire's format `encoding`."""
        recogniser = await self.models.get(RECOGNITION)
        job = self._working.submit(_recognise, recogniser, data, encoding, language)
        recognition = await asyncio.wrap_future(job)
        SPEECH.info("heard: %s", recognition.text)
        return recognition

    async def turn_end(self, data: bytes, encoding: str) -> float | None:
        """Return the probability that a turn in the wire's format is over; None if no model is loaded."""
        turn_end = self.models.loaded(TURN_END)
        if turn_end is None:
            return None
        job = self._working.submit(_turn_end, turn_end, data, encoding)
        return await asyncio.wrap_future(job)

    async def prepare(self, tools: Sequence[Mapping[str, Any]]) -> None:
        """Let the brain prepare for `tools`, so that the first turn need not wait for it."""
        brain = await self.models.get(BRAIN)
        await asyncio.wrap_future(self._patient.submit(brain.prepare, tools))

    async def answer(
        self, request: BrainRequest, voice: str | None, speed: float = 1.0
    ) -> AsyncGenerator[Piece, None]:
        """Yield the pieces of an answer; without a `voice` it is not spoken."""
        brain = await self.models.get(BRAIN)
        request = replace(request, items=await self.pictures.with_words(request.items))
        synthesiser = None if voice is None else await self.models.get(SYNTHESIS)
        if inspect.isasyncgenfunction(brain.answer):
            # It waits for another server, which must not occupy a thread that other sessions need.
            speak = None
            if synthesiser is not None:
                speak = partial(synthesiser.stream, voice=voice or "", speed=speed)
            answer = spoken(brain.answer(request), speak, self._working, self._patient)
        else:
            generator = pieces(brain, request, synthesiser, voice or "", speed)
            answer = stepped(generator, self._working, self._patient)
        async with contextlib.aclosing(answer) as steps:
            async for piece in steps:
                if isinstance(piece, Say):
                    SPEECH.info("said: %s", piece.text)
                yield piece

    async def speak(self, text: str, voice: str, speed: float = 1.0) -> AsyncGenerator[Sound, None]:
        """Yield the speech of `text` as the synthesiser streams it."""
        synthesiser = await self.models.get(SYNTHESIS)
        generator = sounds(partial(synthesiser.stream, voice=voice, speed=speed), text)
        async with contextlib.aclosing(stepped(generator, self._working, self._patient)) as steps:
            async for sound in steps:
                yield sound

    async def transcribe(
        self, samples: npt.NDArray[np.int16], language: str, joined: bool
    ) -> AsyncGenerator[Segment, None]:
        """Yield the segments of a recording, as `transcribing.segments` does."""
        recogniser = await self.models.get(RECOGNITION)
        make_detector = await self.models.get(VOICE_ACTIVITY)
        generator = segments(recogniser, make_detector(), samples, language, joined)
        async with contextlib.aclosing(stepped(generator, self._working, self._working)) as steps:
            async for segment in steps:
                yield segment

    async def run(self, function: Callable[[], T]) -> T:
        """Run a function that takes a while on a worker thread, and return its result."""
        return await asyncio.wrap_future(self._working.submit(function))


def _recognise(recogniser: Recogniser, data: bytes, encoding: str, language: str) -> Recognition:
    return recogniser(for_recognition(data, encoding), language)


def _turn_end(turn_end: TurnEnd, data: bytes, encoding: str) -> float:
    return turn_end(for_recognition(data, encoding))
