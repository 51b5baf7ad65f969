"""Turn detection: speech probabilities in audio time in, decisions about the turn out. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

#: Pause after which recognition may begin on the assumption that the turn is over, in ms.
SPECULATION_MS = 128
#: Speech that must be heard before a turn starts, in ms: a click is shorter, a syllable longer.
ONSET_MS = 64
#: Speech goes on down to this much below the threshold, so that a soft ending is not cut.
HYSTERESIS = 0.15
#: Silence that ends a turn for each eagerness of ``semantic_vad``, in ms.
EAGERNESS_SILENCE_MS = {"low": 800, "medium": 500, "auto": 500, "high": 300}


@dataclass(frozen=True)
class TurnSettings:
    """How turns are found; times in ms of audio."""

    threshold: float = 0.5
    prefix_padding_ms: int = 300
    silence_duration_ms: int = 300


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
        Audio time of one probability.
    start_ms
        Audio time at which the first chunk begins.

    Attributes
    ----------
    settings, chunk_ms
        As given; may be changed between chunks.
    now_ms : float
        Audio time at the end of the last chunk.
    turn_start_ms : float
        Where the current turn begins, prefix padding included; meaningful while `speaking`.
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

    def forget_turn(self) -> None:
        """End the turn without a decision: its audio was committed or cleared by the client."""
        self.speaking = self._paused = False
        self._speech_ms = self._silence_ms = 0.0
        self._earliest_ms = self.now_ms

    def advance(self, probability: float) -> Decision | None:
        """Take the next chunk's speech probability (0 to 1)."""
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
            return Decision.RESUMED if was_paused else None
        self._silence_ms += self.chunk_ms
        # To the nearest chunk: waiting for the next whole one would add half a chunk to every answer.
        if self._silence_ms + self.chunk_ms / 2 >= self.settings.silence_duration_ms:
            self.forget_turn()
            return Decision.STOPPED
        if not self._paused and self._silence_ms >= SPECULATION_MS:
            self._paused = True
            return Decision.PAUSED
        return None
