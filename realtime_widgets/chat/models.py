"""Which of the models that an endpoint offers does a job, where the user names none. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from realtime_widgets.core.usage.endings import ending_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

#: What a model has to do: answer sound by sound, write speech down, answer text, speak a text (as a model that
#: only speaks, or in a Realtime session), speak a text in a Realtime session.
Job = Literal["answer", "transcribe", "think", "speak", "read"]

_READERS = ("gpt-realtime-2.1-mini", "gpt-realtime-2.1", "gpt-realtime-2", "gpt-realtime-1.5", "gpt-realtime-mini")
#: Known models for each job, in the order in which they are taken.
KNOWN: dict[Job, tuple[str, ...]] = {
    "answer": ("gpt-audio-1.5", "gpt-audio", "gpt-audio-mini", "gpt-4o-audio-preview"),
    "transcribe": ("gpt-transcribe", "gpt-4o-transcribe", "gpt-4o-mini-transcribe", "whisper-1"),
    "think": ("gpt-6-luna", "gpt-5.6-luna", "gpt-4.1-mini", "gpt-4o-mini"),
    "speak": ("gpt-4o-mini-tts", "tts-1", "tts-1-hd", *_READERS),
    "read": _READERS,
}
#: What models are called that write down or speak, by whoever serves them.
_CALLED: dict[Job, re.Pattern[str]] = {
    "transcribe": re.compile(r"whisper|transcri|parakeet|voxtral|\bstt\b|\basr\b", re.IGNORECASE),
    "speak": re.compile(r"\btts\b|tts[-_]?\d|kokoro|piper|orpheus|speech", re.IGNORECASE),
}
#: What answers neither text nor sound.
_OTHERS = re.compile(r"embed|moderation|rerank|guard|image|dall-e|sora", re.IGNORECASE)
#: How many names a text quotes.
_QUOTED = 8


def choose(job: Job, offered: Sequence[str] | None, today: date) -> str | None:
    """Return the model to ask for a job, or None if there is none, or no telling which.

    Parameters
    ----------
    job
        What it has to do.
    offered
        Names of the models that the endpoint offers, in its order; None if it does not tell. Then the first
        known model is taken whose announced end has not come.
    today
        The day by which models end.
    """
    if offered is None:
        return next((name for name in KNOWN[job] if _lasts(name, today)), None)
    if known := next((name for name in KNOWN[job] if name in offered), None):
        return known
    if job in _CALLED:
        return next((name for name in offered if _CALLED[job].search(name)), None)
    if job in ("think", "answer"):
        able = [name for name in offered if not _says_what_it_is(name)]
        return able[0] if len(able) == 1 else None
    return None


def reads_aloud(model: str) -> bool:
    """Return whether a model speaks in a Realtime session rather than at ``/v1/audio/speech``."""
    return "realtime" in model and not re.search(r"whisper|translate|transcri", model)


def none_fits(where: str, job: Job, offered: Sequence[str] | None) -> str:
    """Return what to tell a user for whose job no model was found."""
    argument = "model=" if job == "answer" else f'{_ARGUMENTS[job]}={{"model": ...}}'
    if not offered:
        return f"{where} does not tell which models it offers: name one as {argument}"
    named = ", ".join(offered[:_QUOTED]) + (", ..." if len(offered) > _QUOTED else "")
    return f"no model of {where} is known to {_TASKS[job]}: name one as {argument}; it offers {named}"


_ARGUMENTS: dict[Job, str] = {"transcribe": "transcribe", "think": "think", "speak": "speak", "read": "speak"}
_TASKS: dict[Job, str] = {
    "answer": "answer with sound",
    "transcribe": "write speech down",
    "think": "answer",
    "speak": "speak a text, by itself or in a Realtime session",
    "read": "speak in a Realtime session",
}


def _lasts(name: str, today: date) -> bool:
    ending = ending_of(name)
    return ending is None or today < ending.date


def _says_what_it_is(name: str) -> bool:
    """Whether a name is that of a model which writes down, speaks or does something else."""
    return any(called.search(name) for called in (*_CALLED.values(), _OTHERS)) or "realtime" in name
