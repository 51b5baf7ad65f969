"""What a person says and presses while there is no connection: held in order, sound for a bounded time. Pure."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from realtime_widgets.pcm import duration_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class HeldInput:
    """Holds sound and presses of push-to-talk.

    Parameters
    ----------
    limit_ms
        How much sound is held, in milliseconds; the oldest is lost first, a press never.
    """

    def __init__(self, limit_ms: float = 30_000.0) -> None:
        self._limit_ms = limit_ms
        self._held: deque[bytes | Callable[[], None]] = deque()
        self._held_ms = 0.0
        self._lost_ms = 0.0

    def sound(self, pcm: bytes) -> None:
        """Hold a block of sound."""
        self._held.append(pcm)
        self._held_ms += duration_ms(len(pcm))
        while self._held_ms > self._limit_ms:
            self._drop_oldest_sound()

    def action(self, action: Callable[[], None]) -> None:
        """Hold something that was done between the sounds."""
        self._held.append(action)

    def drain(self) -> Iterator[bytes | Callable[[], None]]:
        """Give everything in order, and forget it."""
        while self._held:
            yield self._held.popleft()
        self._held_ms = 0.0

    def lost_ms(self) -> float:
        """Give how many milliseconds of sound were lost since the last call."""
        lost, self._lost_ms = self._lost_ms, 0.0
        return lost

    def _drop_oldest_sound(self) -> None:
        index = next(index for index, held in enumerate(self._held) if isinstance(held, bytes))
        oldest = self._held[index]
        del self._held[index]
        if isinstance(oldest, bytes):
            self._held_ms -= duration_ms(len(oldest))
            self._lost_ms += duration_ms(len(oldest))
