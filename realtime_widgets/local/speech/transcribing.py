"""Splits recordings at pauses and recognises them as segments with times. Blocking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from realtime_widgets.local.models.interfaces import RECOGNITION_RATE
from realtime_widgets.local.speech.recogniser import quiet_pieces
from realtime_widgets.local.speech.turn_detector import HYSTERESIS, Decision, TurnDetector, TurnSettings

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    import numpy.typing as npt

    from realtime_widgets.local.models.interfaces import Recogniser, VoiceActivityDetector

_PER_MS = RECOGNITION_RATE / 1000
#: Shortest pause that ends a segment, in ms.
_PAUSE_MS = 500
#: Audio around a segment that the recogniser hears as well, in seconds.
_MARGIN_S = 0.2
#: Longest joined segment in seconds: what the recogniser takes at once.
_LONGEST_JOINED_S = 15.0


@dataclass(frozen=True)
class Segment:
    """Words between two pauses; times in seconds from the beginning of the recording."""

    start_s: float
    end_s: float
    text: str
    no_speech_probability: float


def segments(
    recogniser: Recogniser,
    detector: VoiceActivityDetector,
    samples: npt.NDArray[np.int16],
    language: str,
    joined: bool,
) -> Generator[Segment, None, None]:
    """Recognise a recording.

    Parameters
    ----------
    recogniser, detector
        The stages; the detector is used for this recording only.
    samples
        int16 mono of shape (n,) at `RECOGNITION_RATE`.
    language
        Language code for the recogniser.
    joined
        Whether short neighbours become one segment, which is recognised a little better and timed less precisely.

    Yields
    ------
    Segment
        In order of time, without segments that have no words.
    """
    spans = _spans(samples, detector)
    for start, end in _joined(spans) if joined else spans:
        margin = int(_MARGIN_S * RECOGNITION_RATE)
        begin = max(0, start - margin)
        heard = samples[begin : end + margin].astype(np.float32) / 32768.0
        for piece in quiet_pieces(heard):
            recognition = recogniser(piece, language)
            if recognition.text:
                first, past = max(begin, start), min(begin + piece.size, end)
                yield Segment(
                    round(first / RECOGNITION_RATE, 3),
                    round(past / RECOGNITION_RATE, 3),
                    recognition.text,
                    recognition.no_speech_probability,
                )
            begin += piece.size


def _spans(samples: npt.NDArray[np.int16], detector: VoiceActivityDetector) -> Iterator[tuple[int, int]]:
    """Yield the stretches of speech: the first sample and the one after the last."""
    size = detector.chunk_samples
    turns = TurnDetector(TurnSettings(prefix_padding_ms=0, silence_duration_ms=_PAUSE_MS), size / _PER_MS)
    start = last = 0
    for begin in range(0, samples.size, size):
        chunk = np.zeros(size, dtype=np.float32)
        part = samples[begin : begin + size]
        chunk[: part.size] = part / 32768.0
        probability = detector(chunk)
        decision = turns.advance(probability)
        if decision is Decision.STARTED:
            start = round(turns.turn_start_ms * _PER_MS)
        if decision is Decision.STOPPED:
            yield start, last
        if probability >= turns.settings.threshold - HYSTERESIS:
            last = begin + part.size
    if turns.speaking:
        yield start, last


def _joined(spans: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    longest = int((_LONGEST_JOINED_S - 2 * _MARGIN_S) * RECOGNITION_RATE)
    waiting: tuple[int, int] | None = None
    for span in spans:
        if waiting is not None and span[1] - waiting[0] <= longest:
            waiting = waiting[0], span[1]
            continue
        if waiting is not None:
            yield waiting
        waiting = span
    if waiting is not None:
        yield waiting
