"""Turn detection: speech probabilities in audio time in, decisions about the turn out. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

#: Pause after which recognition begins in the hope that the turn is over, in ms.
SPECULATION_MS = 128
#: Shortest speech that starts a turn, in ms: a click is shorter, a syllable longer.
ONSET_MS = 64
#: How far below the threshold speech continues, so that a soft ending is not cut off.
HYSTERESIS = 0.15
#: Probability above which a judged turn is finished; below it the wait grows with the doubt.
_FINISHED = 0.5


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
    judged_silence_ms : tuple of int, optional
        Shortest and longest silence that ends a judged turn: if it is surely finished, and if it surely is not.
        None means that turns are not judged.
    """

    threshold: float = 0.5
    prefix_padding_ms: int = 300
    silence_duration_ms: int = 300
    judged_silence_ms: tuple[int, int] | None = None


#: Settings for each eagerness of ``semantic_vad``; the longest waits are those of the service.
EAGERNESS = {
    "low": TurnSettings(silence_duration_ms=800, judged_silence_ms=(500, 8000)),
    "medium": TurnSettings(silence_duration_ms=500, judged_silence_ms=(300, 4000)),
    "auto": TurnSettings(silence_duration_ms=500, judged_silence_ms=(300, 4000)),
    "high": TurnSettings(silence_duration_ms=300, judged_silence_ms=(300, 2000)),
}


class Decision(Enum):
    """What the last chunk decided."""

    STARTED = auto()
    #: A pause long enough to begin recognising what was said.
    PAUSED = auto()
    #: The pause was only a pause.
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
    """

    def __init__(self, settings: TurnSettings, chunk_ms: float = 32.0, start_ms: float = 0.0) -> None:
        self.settings = settings
        self.now_ms = start_ms
        self.turn_start_ms = start_ms
        self.speaking = False
        self.chunk_ms = chunk_ms
        self._earliest_ms = start_ms
        self._speech_ms = 0.0
        self._silence_ms = 0.0
        self._paused = False
        self._wait_ms: float | None = None

    def forget_turn(self) -> None:
        """End the turn without a decision: the client committed or cleared its audio."""
        self.speaking = self._paused = False
        self._speech_ms = self._silence_ms = 0.0
        self._wait_ms = None
        self._earliest_ms = self.now_ms

    def judge(self, finished: float) -> None:
        """Set how long to wait by the probability (0 to 1) that the pausing turn is finished."""
        if self.settings.judged_silence_ms is not None:
            shortest, longest = self.settings.judged_silence_ms
            self._wait_ms = shortest + (longest - shortest) * max(0.0, 1 - finished / _FINISHED)

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
        self.speaking = True
        self._silence_ms = 0.0
        return Decision.STARTED

    def _while_speaking(self, probability: float) -> Decision | None:
        if probability >= max(self.settings.threshold - HYSTERESIS, 0.01):
            was_paused, self._paused, self._silence_ms = self._paused, False, 0.0
            self._wait_ms = None
            return Decision.RESUMED if was_paused else None
        self._silence_ms += self.chunk_ms
        # To the nearest chunk: waiting for the next whole one would add half a chunk to every answer.
        wait_ms = self.settings.silence_duration_ms if self._wait_ms is None else self._wait_ms
        if self._silence_ms + self.chunk_ms / 2 >= wait_ms:
            self.forget_turn()
            return Decision.STOPPED
        if not self._paused and self._silence_ms >= SPECULATION_MS:
            self._paused = True
            return Decision.PAUSED
        return None
