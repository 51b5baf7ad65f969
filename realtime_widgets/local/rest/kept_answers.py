"""Spoken answers that later requests may name by their id: the words and the length, never the sound."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

#: Seconds that an answer is kept, and how many are at the same time; beyond it the oldest goes.
KEPT_SECONDS = 3600
MAX_KEPT = 10_000


@dataclass(frozen=True)
class KeptAnswer:
    """A spoken answer."""

    transcript: str
    milliseconds: float
    expires_at: int


class KeptAnswers:
    """Keeps answers in memory until they expire.

    Parameters
    ----------
    clock
        Gives the present as Unix time in seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._answers: OrderedDict[str, KeptAnswer] = OrderedDict()

    def put(self, audio_id: str, transcript: str, milliseconds: float) -> KeptAnswer:
        """Keep an answer under its id."""
        answer = KeptAnswer(transcript, milliseconds, int(self._clock()) + KEPT_SECONDS)
        self._answers[audio_id] = answer
        while len(self._answers) > MAX_KEPT or self._oldest_expired():
            self._answers.popitem(last=False)
        return answer

    def get(self, audio_id: str) -> KeptAnswer | None:
        """Return the answer with this id; None where there is none, or it has expired."""
        answer = self._answers.get(audio_id)
        return answer if answer is not None and self._clock() < answer.expires_at else None

    def _oldest_expired(self) -> bool:
        return next(iter(self._answers.values())).expires_at <= self._clock()
