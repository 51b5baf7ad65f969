"""A signal with the rhythm of speech, and its words as they were heard, with the gaps in them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from realtime_widgets.audio import to_pcm16
from realtime_widgets.pcm import SAMPLE_RATE
from tests.support.sound import tone

if TYPE_CHECKING:
    from tests.support.sound import Recording

#: A phrase is so many words, each a tone, with short gaps between them and a pause after the last; milliseconds.
WORDS = 5
WORD_MS = 240
GAP_MS = 60
PAUSE_MS = 360
PHRASE_MS = WORDS * (WORD_MS + GAP_MS) - GAP_MS + PAUSE_MS
_LEVEL = 0.3
_HEARD = 0.02
#: Silence from here on is a gap, and so much of a word may be lost in the fades around gaps; milliseconds.
_SHORTEST_GAP_MS = 4
_FADED_MS = 12


@dataclass(frozen=True)
class Word:
    """One word as it was heard; milliseconds of the page's clock.

    Attributes
    ----------
    start_ms, end_ms
        Its first and its last sound.
    resumed_ms
        When it went on after its last gap; its start where it has none.
    silence_ms
        Silence within it, where there is none in what was sent.
    """

    start_ms: float
    end_ms: float
    resumed_ms: float
    silence_ms: float


def speech(phrases: int) -> bytes:
    """So many phrases, PCM16 at 24 kHz."""
    word = tone(WORD_MS / 1000, rate=SAMPLE_RATE, level=_LEVEL)
    phrase = np.zeros(PHRASE_MS * SAMPLE_RATE // 1000, np.float32)
    for number in range(WORDS):
        start = number * (WORD_MS + GAP_MS) * SAMPLE_RATE // 1000
        phrase[start : start + len(word)] = word
    return to_pcm16(np.tile(phrase, phrases))


def places_ms(phrases: int) -> list[float]:
    """Where each word begins in it, in milliseconds."""
    return [
        phrase * PHRASE_MS + number * (WORD_MS + GAP_MS) for phrase in range(phrases) for number in range(WORDS)
    ]


def heard_words(recording: Recording, phrases: int) -> list[Word]:
    """Find the words again.

    Raises
    ------
    RuntimeError
        Where not all of them were heard, or more.
    """
    words: list[Word] = []
    whole = True
    sounded = 0.0
    for start, end in recording.loud_stretches(_HEARD, _SHORTEST_GAP_MS):
        if whole and (not words or end - start > _FADED_MS):
            words.append(Word(start, end, start, 0.0))
            sounded = 0.0
        else:
            last = words[-1]
            words[-1] = Word(last.start_ms, end, start, last.silence_ms + start - last.end_ms)
        sounded += end - start
        whole = sounded > WORD_MS - _FADED_MS
    if len(words) != phrases * WORDS:
        raise RuntimeError(f"{phrases * WORDS} words were spoken, {len(words)} heard")
    return words
