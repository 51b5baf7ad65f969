"""Turns a brain's answer into the pieces of a response, step by step on worker threads."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from realtime_widgets.local.models.interfaces import CallTool, Say

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator, Iterator
    from concurrent.futures import Executor, Future

    import numpy as np
    import numpy.typing as npt

    from realtime_widgets.local.models.interfaces import Brain, BrainRequest, Synthesiser


#: Number of characters in one delta of a call's arguments.
_ARGUMENTS_DELTA = 24


@dataclass(frozen=True)
class Sound:
    """Speech of the sentence before it: int16 samples of shape (n,) at 24 kHz."""

    samples: npt.NDArray[np.int16]


Piece = Say | Sound | CallTool
T = TypeVar("T")


def pieces(
    brain: Brain, request: BrainRequest, synthesiser: Synthesiser | None, voice: str, speed: float
) -> Generator[Piece, None, None]:
    """Yield the pieces of an answer in order; with a synthesiser each sentence is followed by its sound."""
    for part in cast("Iterator[Say | CallTool]", brain.answer(request)):
        yield part
        if isinstance(part, Say) and synthesiser is not None:
            yield from sounds(partial(synthesiser.stream, voice=voice, speed=speed), part.text)


def sounds(speak: Callable[[str], Iterator[npt.NDArray[np.int16]]], text: str) -> Generator[Sound, None, None]:
    """Yield the sound of `text`; `speak` is a synthesiser's stream with its voice and speed."""
    for samples in speak(text):
        yield Sound(samples)


async def stepped(
    generator: Generator[T, None, None], urgent: Executor, patient: Executor
) -> AsyncGenerator[T, None]:
    """Iterate over a blocking generator, each step on a thread of an executor.

    Steps up to the first sound run on the `urgent` executor, because the user waits for them; later steps run on
    the `patient` one. No thread is held between the steps, so sessions share few threads fairly. If the caller is
    cancelled, the current step ends by itself, its value is dropped, and the generator is closed after it.
    """
    executor = urgent
    step: Future[T | None] = executor.submit(next, generator, None)
    try:
        while (piece := await asyncio.wrap_future(step)) is not None:
            yield piece
            if isinstance(piece, Sound):
                executor = patient
            step = executor.submit(next, generator, None)
    finally:
        # Called at once if the step is over already.
        step.add_done_callback(lambda _: _close(generator, patient))


async def spoken(
    parts: AsyncGenerator[Say | CallTool, None],
    speak: Callable[[str], Iterator[npt.NDArray[np.int16]]] | None,
    urgent: Executor,
    patient: Executor,
) -> AsyncGenerator[Piece, None]:
    """Yield the pieces of an answer that comes from another server: each sentence is followed by its sound.

    Only the sound is made on threads: on the `urgent` executor up to the first sound, on the `patient` one after
    it.
    """
    executor = urgent
    async with contextlib.aclosing(parts):
        async for part in parts:
            yield part
            if not isinstance(part, Say) or speak is None:
                continue
            async with contextlib.aclosing(stepped(sounds(speak, part.text), executor, patient)) as steps:
                async for piece in steps:
                    executor = patient
                    yield piece


def spaced_words(text: str) -> list[str]:
    """Split `text` into words, each with the space before it."""
    first, *others = text.split(" ")
    return [*([first] if first else []), *(f" {word}" for word in others)]


def argument_deltas(arguments: str) -> Iterator[str]:
    """Yield the parts in which the arguments of a call are sent."""
    for start in range(0, len(arguments), _ARGUMENTS_DELTA):
        yield arguments[start : start + _ARGUMENTS_DELTA]


def _close(generator: Generator[Any, None, None], executor: Executor) -> None:
    # A server that is shutting down accepts no more work; the generator ends with it.
    with contextlib.suppress(RuntimeError):
        executor.submit(generator.close)
