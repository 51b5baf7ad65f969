"""From a brain's answer to pieces of a response, made on worker threads step by step."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from realtime_widgets.local.stages import CallTool, Say

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Iterator
    from concurrent.futures import Executor, Future

    import numpy as np
    import numpy.typing as npt

    from realtime_widgets.local.stages import Brain, BrainRequest, Synthesiser

T = TypeVar("T")


@dataclass(frozen=True)
class Sound:
    """Speech of the sentence before it: int16 of shape (n,) at 24 kHz."""

    samples: npt.NDArray[np.int16]


Piece = Say | Sound | CallTool


def pieces(
    brain: Brain, request: BrainRequest, synthesiser: Synthesiser | None, voice: str, speed: float
) -> Generator[Piece, None, None]:
    """Yield the answer's pieces in order; sentences are followed by their sound if there is a synthesiser."""
    for part in brain.answer(request):
        yield part
        if isinstance(part, Say) and synthesiser is not None:
            for samples in synthesiser.stream(part.text, voice, speed):
                yield Sound(samples)


async def stepped(generator: Generator[T, None, None], executor: Executor) -> AsyncGenerator[T, None]:
    """Iterate over a blocking generator, each step on a thread of `executor`.

    Nothing runs between the steps, so sessions share few threads fairly. When the caller is cancelled, the
    step under way ends by itself, its value is dropped, and the generator is closed after it.
    """
    step: Future[T | None]
    try:
        while True:
            step = executor.submit(_next, generator)
            value = await asyncio.wrap_future(step)
            if value is None:
                return
            yield value
    finally:
        # Called at once where the step is over already.
        step.add_done_callback(lambda _: _close(generator, executor))


def _close(generator: Generator[Any, None, None], executor: Executor) -> None:
    # A server that is going down takes no more work; the generator ends with it.
    with contextlib.suppress(RuntimeError):
        executor.submit(generator.close)


def _next(iterator: Iterator[T]) -> T | None:
    return next(iterator, None)
