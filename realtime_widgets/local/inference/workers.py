"""Runs the stages on a few worker threads, so that the event loop is never blocked."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from realtime_widgets.local.inference.ears import Ears, for_recognition
from realtime_widgets.local.inference.guesses import AnswerAhead, GuessedWords
from realtime_widgets.local.inference.lanes import Lane
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
from realtime_widgets.local.inference.worth import Worth
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

#: Seconds that a judgement nobody asked for may take: more would not be saved by it.
_JUDGING_S = 0.2


class Inference:
    """What sessions ask of the models.

    Hearing has its own threads, so that an interruption is noticed while all others are busy. So does everything
    after the first sound of an answer, because other sessions wait for their first sound, and the reading of
    pictures. The rest has one thread for each processor, at least 2; guesses use these only while turns that are
    over do not need them.

    Parameters
    ----------
    models
        The stages.
    clock
        Seconds that only grow.

    Attributes
    ----------
    models
        As given.
    pictures : Pictures
        Reads the text in pictures.
    """

    def __init__(self, models: Models, clock: Callable[[], float] = time.monotonic) -> None:
        self.models = models
        self._clock = clock
        self._judging = Worth(_JUDGING_S)
        self.pictures = Pictures(models.load_pictures)
        count = max(2, os.cpu_count() or 2)
        self._hearing = ThreadPoolExecutor(2, thread_name_prefix="hearing")
        self._threads = count
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="inference")
        #: What is needed for certain, and what may be in vain.
        self._working, self._guessing = Lane(self._pool), Lane(self._pool)
        self._patient = ThreadPoolExecutor(1, thread_name_prefix="rest of answers")

    def close(self) -> None:
        """Let the threads end; waiting work is dropped."""
        for executor in (self._hearing, self._pool, self._patient):
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

    def guess_words(self, data: bytes, encoding: str, language: str, *, early: bool) -> GuessedWords | None:
        """Begin to recognise an utterance in the wire's format `encoding` that may not be over.

        Parameters
        ----------
        data, encoding, language
            As for `recognise`.
        early
            Whether the user has hardly fallen silent: then nothing else may be under way for a turn, and a thread
            stays free for one that ends meanwhile. Later a free thread is enough.

        Returns
        -------
        GuessedWords or None
            None if there is no room for guesses now, or the recogniser is not loaded yet.
        """
        recogniser = self.models.loaded(RECOGNITION)
        certain, guesses = self._working.under_way, self._guessing.under_way
        room = not certain and guesses < self._threads - 1 if early else certain + guesses < self._threads
        if recogniser is None or not room:
            return None
        return GuessedWords(self._guessing.submit(_recognise, recogniser, data, encoding, language))

    async def accept(self, guess: GuessedWords) -> Recognition:
        """Return what was recognised on a guess that was right."""
        recognition = await guess.recognition()
        SPEECH.info("heard: %s", recognition.text)
        return recognition

    async def turn_end(self, data: bytes, encoding: str, *, spare: bool = False) -> float | None:
        """Return the probability that a turn in the wire's format is over.

        Parameters
        ----------
        data, encoding
            The turn with its pause.
        spare
            Whether to do without it while turns that are over need all threads, and where it takes too long.

        Returns
        -------
        float or None
            None if no model is loaded, or none was asked.
        """
        turn_end = self.models.loaded(TURN_END)
        if turn_end is None:
            return None
        if spare and (self._working.under_way >= self._threads or not self._judging.ask()):
            return None
        started = self._clock()
        finished = await asyncio.wrap_future(self._pool.submit(_turn_end, turn_end, data, encoding))
        self._judging.took(self._clock() - started)
        return finished

    async def prepare(self, tools: Sequence[Mapping[str, Any]]) -> None:
        """Let the brain prepare for `tools`, so that the first turn need not wait for it."""
        brain = await self.models.get(BRAIN)
        await asyncio.wrap_future(self._patient.submit(brain.prepare, tools))

    async def answer(
        self, request: BrainRequest, voice: str | None, speed: float = 1.0
    ) -> AsyncGenerator[Piece, None]:
        """Yield the pieces of an answer; without a `voice` it is not spoken."""
        async with contextlib.aclosing(self._answer(request, voice, speed, self._working)) as answer:
            async for piece in _told(answer):
                yield piece

    def answer_ahead(self, request: BrainRequest, voice: str | None, speed: float) -> AnswerAhead | None:
        """Begin an answer on the guess that it will be asked for.

        Returns
        -------
        AnswerAhead or None
            None if turns that are over need the threads, or the brain is not one that may be asked in vain.
        """
        brain = self.models.loaded(BRAIN)
        if brain is None or self._working.under_way or not getattr(brain, "may_guess", False):
            return None
        return AnswerAhead(request, voice, speed, self._answer(request, voice, speed, self._guessing))

    async def take(self, ahead: AnswerAhead) -> AsyncGenerator[Piece, None]:
        """Yield the pieces of an answer that was begun ahead."""
        async with contextlib.aclosing(ahead.taken()) as answer:
            async for piece in _told(answer):
                yield piece

    async def _answer(
        self, request: BrainRequest, voice: str | None, speed: float, urgent: Lane
    ) -> AsyncGenerator[Piece, None]:
        """Yield the pieces of an answer, which are made in a lane up to the first sound."""
        brain = await self.models.get(BRAIN)
        request = replace(request, items=await self.pictures.with_words(request.items))
        synthesiser = None if voice is None else await self.models.get(SYNTHESIS)
        if inspect.isasyncgenfunction(brain.answer):
            # It waits for another server, which must not occupy a thread that other sessions need.
            speak = None
            if synthesiser is not None:
                speak = partial(synthesiser.stream, voice=voice or "", speed=speed)
            answer = spoken(brain.answer(request), speak, urgent, self._patient)
        else:
            generator = pieces(brain, request, synthesiser, voice or "", speed)
            answer = stepped(generator, urgent, self._patient)
        async with contextlib.aclosing(answer) as steps:
            async for piece in steps:
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


async def _told(answer: AsyncGenerator[Piece, None]) -> AsyncGenerator[Piece, None]:
    """Pass the pieces of an answer on, and its sentences to the log of speech."""
    async for piece in answer:
        if isinstance(piece, Say):
            SPEECH.info("said: %s", piece.text)
        yield piece


def _recognise(recogniser: Recogniser, data: bytes, encoding: str, language: str) -> Recognition:
    return recogniser(for_recognition(data, encoding), language)


def _turn_end(turn_end: TurnEnd, data: bytes, encoding: str) -> float:
    return turn_end(for_recognition(data, encoding))
