"""Turn detection: speech probabilities in audio time in, decisions about the turn out. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Pause after which it is judged whether the turn is over, in ms.
PAUSE_MS = 96
#: Shortest speech that starts a turn, in ms: a click is shorter, a syllable longer.
ONSET_MS = 64
#: How far below the threshold speech continues, so that a soft ending is not cut off.
HYSTERESIS = 0.15
#: How far above the threshold speech fades. 71 of 128 recordings of people end with such a chunk, and up to it the
#: same words were recognised as with the silence after it.
FADING = 0.2


@dataclass(frozen=True)
class TurnSettings:
    """How turns are detected; times in ms of audio.

    Attributes
    ----------
    threshold : float
        Probability from which sound counts as speech.
    prefix_padding_ms : int
        Audio before a turn that belongs to it.
    silence_duration_ms : int
        Silence that ends a turn which was not judged.
    judged_silence_ms : tuple of pairs, optional
        Silence in ms that ends a judged turn, at rising probabilities (0 to 1) that it is finished; between two of
        them it changes evenly. None means that turns are not judged.
    """

    threshold: float = 0.5
    prefix_padding_ms: int = 300
    silence_duration_ms: int = 300
    judged_silence_ms: tuple[tuple[float, float], ...] | None = None


#: Silence that ends a judged turn where the client leaves that to the endpoint. By 128 recordings of people
#: (`benchmarks.turn_ends`) it cuts off fewer of them than 300 ms for everybody, and lets fewer wait.
PROMPT = ((0.1, 700.0), (0.2, 300.0), (0.75, 300.0), (0.9, 192.0))
#: Settings for each eagerness of ``semantic_vad``; the longest waits are those of the service.
EAGERNESS = {
    "low": TurnSettings(silence_duration_ms=800, judged_silence_ms=((0.0, 8000.0), (0.5, 500.0))),
    "medium": TurnSettings(silence_duration_ms=500, judged_silence_ms=((0.0, 4000.0), (0.5, 300.0))),
    "auto": TurnSettings(silence_duration_ms=500, judged_silence_ms=((0.0, 4000.0), (0.5, 300.0))),
    "high": TurnSettings(
        silence_duration_ms=300, judged_silence_ms=((0.0, 2000.0), (0.5, 300.0), (0.8, 300.0), (0.9, 192.0))
    ),
}


def wait_at(points: Sequence[tuple[float, float]], finished: float) -> float:
    """Return the silence in ms at a probability, between `points` of rising probability and beyond them."""
    before = points[0]
    for point in points:
        if finished < point[0]:
            share = 0.0 if point is before else (finished - before[0]) / (point[0] - before[0])
            return before[1] + share * (point[1] - before[1])
        before = point
    return before[1]


class Decision(Enum):
    """What the last chunk decided."""

    STARTED = auto()
    #: A pause long enough to judge whether the turn is over.
    PAUSED = auto()
    #: What faded, or the silence, however short, was no end.
    RESUMED = auto()
    STOPPED = auto()


class TurnDetector:
    """Follows one stream of speech probabilities.

    Parameters
    ----------
    settings
        Threshold and times.
    chunk_ms
        Milliseconds of audio for one probability.
    start_ms
        Audio time at which the first chunk begins.

    Attributes
    ----------
    settings, chunk_ms
        As given; may be changed between chunks.
    now_ms : float
        Audio time at the end of the last chunk.
    turn_start_ms : float
        Audio time at which the current turn begins, prefix padding included; valid while `speaking`.
    speaking : bool
        Whether a turn is under way.
    silence_ms : float
        Silence at the end of the turn under way, so far.
    fading_ms : float
        The same with up to two chunks before it in which the speech faded: so long the turn may have been over.
    """

    def __init__(self, settings: TurnSettings, chunk_ms: float = 32.0, start_ms: float = 0.0) -> None:
        self.settings = settings
        self.now_ms = start_ms
        self.turn_start_ms = start_ms
        self.speaking = False
        self.chunk_ms = chunk_ms
        self._earliest_ms = start_ms
        self._speech_ms = 0.0
        self.silence_ms = self.fading_ms = 0.0
        self._loud = False
        self._paused = False
        self._wait_ms: float | None = None

    def forget_turn(self) -> None:
        """End the turn without a decision: the client committed or cleared its audio."""
        self.speaking = self._paused = False
        self._speech_ms = self.silence_ms = self.fading_ms = 0.0
        self._wait_ms = None
        self._earliest_ms = self.now_ms

    def judge(self, finished: float) -> None:
        """Set how long to wait by the probability (0 to 1) that the pausing turn is finished."""
        if self.settings.judged_silence_ms is not None:
            self._wait_ms = wait_at(self.settings.judged_silence_ms, finished)

    def advance(self, probability: float) -> Decision | None:
        """Return the decision after the next chunk, given its speech probability (0 to 1)."""
        self.now_ms += self.chunk_ms
        return self._while_speaking(probability) if self.speaking else self._while_silent(probability)

    def _while_silent(self, probability: float) -> Decision | None:
        if probability < self.settings.threshold:
            self._speech_ms = 0.0
            return None
        self._speech_ms += self.chunk_ms
        if self._speech_ms < ONSET_MS:
            return None
        onset_ms = self.now_ms - self._speech_ms
        self.turn_start_ms = max(self._earliest_ms, onset_ms - self.settings.prefix_padding_ms)
        self.speaking = self._loud = True
        self.silence_ms = self.fading_ms = 0.0
        return Decision.STARTED

    def _while_speaking(self, probability: float) -> Decision | None:
        if probability >= max(self.settings.threshold - HYSTERESIS, 0.01):
            return self._while_heard(loud=probability >= self.settings.threshold + FADING)
        self.silence_ms += self.chunk_ms
        self.fading_ms += self.chunk_ms
        # To the nearest chunk: waiting for the next whole one would add half a chunk to every answer.
        wait_ms = self.settings.silence_duration_ms if self._wait_ms is None else self._wait_ms
        if self.silence_ms + self.chunk_ms / 2 >= wait_ms:
            self.forget_turn()
            return Decision.STOPPED
        if not self._paused and self.silence_ms >= PAUSE_MS:
            self._paused = True
            return Decision.PAUSED
        return None

    def _while_heard(self, *, loud: bool) -> Decision | None:
        # Who talks softly throughout does not fade again and again: only loud speech does.
        fades = not loud and not self.silence_ms and (self._loud or 0 < self.fading_ms < 2 * self.chunk_ms)
        self._loud = loud
        if fades:
            self.fading_ms += self.chunk_ms
            return None
        may_have_ended = self.fading_ms > 0
        self.silence_ms = self.fading_ms = 0.0
        self._paused, self._wait_ms = False, None
        return Decision.RESUMED if may_have_ended else None
