"""Work on the guess that a user who pauses has finished: it is used if that is so, and else leaves no trace."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from realtime_widgets.local.inference.pieces import Sound
from realtime_widgets.local.models.interfaces import CallTool

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from concurrent.futures import Future

    from realtime_widgets.local.inference.pieces import Piece
    from realtime_widgets.local.models.interfaces import BrainRequest, Recognition


class GuessedWords:
    """The recognition of a turn that may not be over.

    Parameters
    ----------
    job
        The recognition, on a thread.
    """

    def __init__(self, job: Future[Recognition]) -> None:
        self._job = job

    @property
    def under_way(self) -> bool:
        """Whether the recogniser still works on it, which it does to its end also after a `drop`."""
        return not self._job.done()

    def drop(self) -> None:
        """Give it up: if it has not begun, it never does."""
        self._job.cancel()

    async def recognition(self) -> Recognition:
        """Return the result once it is there; may be awaited several times, and by nobody."""
        # Shielded: who asks for the words of a guess must not take them from the turn.
        return await asyncio.shield(asyncio.wrap_future(self._job))


class AnswerAhead:
    """The beginning of an answer that may never be given: up to its first sound, or its first call of a tool.

    A call is only noted: who takes the answer makes it.

    Parameters
    ----------
    request, voice, speed
        What the answer depends on.
    pieces
        The answer.
    """

    def __init__(
        self, request: BrainRequest, voice: str | None, speed: float, pieces: AsyncGenerator[Piece, None]
    ) -> None:
        self._key = (request, voice, speed)
        self._pieces = pieces
        self._made: list[Piece] = []
        self._beginning = asyncio.create_task(self._begin())
        # An error is of interest only to who takes the answer.
        self._beginning.add_done_callback(lambda task: task.cancelled() or task.exception())

    async def _begin(self) -> None:
        _, voice, _ = self._key
        async for piece in self._pieces:
            self._made.append(piece)
            if voice is None or isinstance(piece, Sound | CallTool):
                return

    def answers(self, request: BrainRequest, voice: str | None, speed: float) -> bool:
        """Return whether it is the answer to this request, spoken so."""
        return self._key == (request, voice, speed)

    async def drop(self) -> None:
        """Give it up; what a thread is busy with ends by itself."""
        self._beginning.cancel()
        await asyncio.gather(self._beginning, return_exceptions=True)
        await self._pieces.aclose()

    async def taken(self) -> AsyncGenerator[Piece, None]:
        """Yield the whole answer, from its beginning."""
        try:
            await self._beginning
            for piece in self._made:
                yield piece
            async for piece in self._pieces:
                yield piece
        finally:
            self._beginning.cancel()
            with contextlib.suppress(RuntimeError):  # it is being stepped, and ends with its task
                await self._pieces.aclose()
