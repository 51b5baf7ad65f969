"""From a brain's answer to pieces of a response, made on worker threads step by step."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from realtime_widgets.local.stages import CallTool, Say

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator, Iterator
    from concurrent.futures import Executor, Future

    import numpy as np
    import numpy.typing as npt

    from realtime_widgets.local.stages import Brain, BrainRequest, Synthesiser


@dataclass(frozen=True)
class Sound:
    """Speech of the sentence before it: int16 of shape (n,) at 24 kHz."""

    samples: npt.NDArray[np.int16]


Piece = Say | Sound | CallTool
T = TypeVar("T")


def pieces(
    brain: Brain, request: BrainRequest, synthesiser: Synthesiser | None, voice: str, speed: float
) -> Generator[Piece, None, None]:
    """Yield the answer's pieces in order; sentences are followed by their sound if there is a synthesiser."""
    for part in cast("Iterator[Say | CallTool]", brain.answer(request)):
        yield part
        if isinstance(part, Say) and synthesiser is not None:
            yield from sounds(partial(synthesiser.stream, voice=voice, speed=speed), part.text)


def sounds(speak: Callable[[str], Iterator[npt.NDArray[np.int16]]], text: str) -> Generator[Sound, None, None]:
    """Yield the sound of `text`; `speak` is a synthesiser's, with its voice and speed."""
    for samples in speak(text):
        yield Sound(samples)


async def stepped(
    generator: Generator[T, None, None], urgent: Executor, patient: Executor
) -> AsyncGenerator[T, None]:
    """Iterate over a blocking generator, each step on a thread of an executor.

    Up to the first sound the steps are `urgent`: somebody waits. What follows is needed only when that has
    been heard and is left to the `patient` executor. Nothing runs between the steps, so sessions share few
    threads fairly. When the caller is cancelled, the step under way ends by itself, its value is dropped, and
    the generator is closed after it.
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
        # Called at once where the step is over already.
        step.add_done_callback(lambda _: _close(generator, patient))


async def spoken(
    parts: AsyncGenerator[Say | CallTool, None],
    speak: Callable[[str], Iterator[npt.NDArray[np.int16]]] | None,
    urgent: Executor,
    patient: Executor,
) -> AsyncGenerator[Piece, None]:
    """Yield the pieces of an answer that is waited for: its parts, each sentence followed by its sound.

    Only the sound is made on threads: `urgent` up to the first, `patient` after it.
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


def _close(generator: Generator[Any, None, None], executor: Executor) -> None:
    # A server that is going down takes no more work; the generator ends with it.
    with contextlib.suppress(RuntimeError):
        executor.submit(generator.close)
