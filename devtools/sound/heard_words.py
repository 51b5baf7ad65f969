"""A signal with the rhythm of speech, and detection of its words and the gaps in them in a recording. Pure.

Each word of a phrase has a tone of its own, so that a word is found again if it is played faster, or has gaps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from devtools.sound.sound import tone
from realtime_widgets.audio.pcm import SAMPLE_RATE
from realtime_widgets.audio.samples import to_pcm16

if TYPE_CHECKING:
    from devtools.sound.sound import Recording

#: A phrase consists of words, each a tone of its own, with short gaps between them and a pause after the last;
#: milliseconds.
WORDS = 5
WORD_MS = 240
GAP_MS = 60
PAUSE_MS = 360
PHRASE_MS = WORDS * (WORD_MS + GAP_MS) - GAP_MS + PAUSE_MS
_LEVEL = 0.3
_HEARD = 0.02
_HERTZ = tuple(440 + 110 * number for number in range(WORDS))
#: Shortest silence that counts as a gap, in milliseconds.
_SHORTEST_GAP_MS = 4


@dataclass(frozen=True)
class Word:
    """One word as it was heard; times are milliseconds of the page's clock.

    Attributes
    ----------
    start_ms, end_ms
        Start and end of the word.
    resumed_ms
        When the word resumed after its last gap; its start if it has none.
    silence_ms
        Length of all gaps in the word.
    """

    start_ms: float
    end_ms: float
    resumed_ms: float
    silence_ms: float


def speech(phrases: int) -> bytes:
    """Return this number of phrases, PCM16 at 24 kHz."""
    phrase = np.zeros(PHRASE_MS * SAMPLE_RATE // 1000, np.float32)
    for number, hertz in enumerate(_HERTZ):
        word = tone(WORD_MS / 1000, hertz, rate=SAMPLE_RATE, level=_LEVEL)
        start = number * (WORD_MS + GAP_MS) * SAMPLE_RATE // 1000
        phrase[start : start + len(word)] = word
    return to_pcm16(np.tile(phrase, phrases))


def places_ms(phrases: int) -> list[float]:
    """Return where each word begins in the signal, in milliseconds."""
    return [
        phrase * PHRASE_MS + number * (WORD_MS + GAP_MS) for phrase in range(phrases) for number in range(WORDS)
    ]


def heard_words(recording: Recording, phrases: int) -> list[Word]:
    """Find the words in a recording.

    Raises
    ------
    RuntimeError
        If the number of words heard differs from the number sent.
    """
    words: list[Word] = []
    for start, end in recording.loud_stretches(_HEARD, _SHORTEST_GAP_MS):
        if not words or _is_next(recording.between(start, end), len(words) % WORDS):
            words.append(Word(start, end, start, 0.0))
        else:
            last = words[-1]
            words[-1] = Word(last.start_ms, end, start, last.silence_ms + start - last.end_ms)
    if len(words) != phrases * WORDS:
        raise RuntimeError(f"{phrases * WORDS} words were spoken, {len(words)} heard")
    return words


def _is_next(sound: Recording, number: int) -> bool:
    """Return whether a sound is this word of a phrase, and not the rest of the word before it."""
    above = sound.samples >= 0
    rising = np.flatnonzero(~above[:-1] & above[1:])
    if len(rising) < 2:
        return False
    hertz = (len(rising) - 1) * sound.rate / (rising[-1] - rising[0])
    return bool(abs(hertz - _HERTZ[number]) < abs(hertz - _HERTZ[number - 1]))
