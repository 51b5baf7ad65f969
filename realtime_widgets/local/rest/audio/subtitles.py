"""Formats segments as SubRip, WebVTT and the long JSON of the transcription route. Pure."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realtime_widgets.local.speech.transcribing import Segment

#: Names of languages in the long JSON; others keep their code.
_LANGUAGES = {"en": "english"}


def joined_text(segments: Sequence[Segment]) -> str:
    """Return all words in order."""
    return " ".join(segment.text for segment in segments)


def srt(segments: Sequence[Segment]) -> str:
    """Return the segments as a SubRip file."""
    return "".join(
        f"{number}\n{_clock(segment.start_s, ',')} --> {_clock(segment.end_s, ',')}\n{_lines(segment.text)}\n\n"
        for number, segment in enumerate(segments, 1)
    )


def vtt(segments: Sequence[Segment]) -> str:
    """Return the segments as a WebVTT file."""
    cues = (
        f"{_clock(segment.start_s, '.')} --> {_clock(segment.end_s, '.')}\n{_lines(segment.text)}\n\n"
        for segment in segments
    )
    return "WEBVTT\n\n" + "".join(cues)


def verbose(segments: Sequence[Segment], language: str, duration_s: float) -> dict[str, Any]:
    """Return the ``verbose_json`` response; what the recogniser does not know is null or empty."""
    return {
        "task": "transcribe",
        "language": _LANGUAGES.get(language.lower().partition("-")[0], language),
        "duration": round(duration_s, 3),
        "text": joined_text(segments),
        "segments": [_verbose_segment(number, segment) for number, segment in enumerate(segments)],
        "usage": {"type": "duration", "seconds": round(duration_s, 3)},
    }


def _verbose_segment(number: int, segment: Segment) -> dict[str, Any]:
    text = segment.text.encode()
    return {
        "id": number,
        "seek": int(segment.start_s * 100),
        "start": segment.start_s,
        "end": segment.end_s,
        "text": segment.text,
        "tokens": [],
        "temperature": 0.0,
        "avg_logprob": None,
        "compression_ratio": round(len(text) / len(zlib.compress(text)), 4),
        "no_speech_prob": round(segment.no_speech_probability, 6),
    }


def _clock(seconds: float, point: str) -> str:
    milliseconds = round(seconds * 1000)
    minutes, milliseconds = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{milliseconds // 1000:02}{point}{milliseconds % 1000:03}"


def _lines(text: str) -> str:
    """Return the words so that no arrow or empty line in them ends the cue."""
    return " ".join(text.replace("-->", "->").split())
