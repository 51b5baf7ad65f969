"""When models end, as their services have announced it, and what to use then. Pure."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from realtime_widgets.core.usage.price import names_of

#: How many days before its end a model that is used is named in a notice.
NOTICE_DAYS = 90

_PAGE = "https://developers.openai.com/api/docs/deprecations, as read in November 2026"


@dataclass(frozen=True)
class Ending:
    """The announced end of a model.

    Attributes
    ----------
    model : str
        Name of the model.
    date : date
        The day from which it answers no more.
    successor : str or None
        What its service recommends instead; None if there is nothing of its kind.
    source : str
        Where that is announced, and when it was read.
    """

    model: str
    date: datetime.date
    successor: str | None
    source: str = _PAGE

    def notice(self, today: datetime.date) -> str:
        """Return what to tell the user of the model, empty while its end is further away than `NOTICE_DAYS`."""
        days = (self.date - today).days
        if days > NOTICE_DAYS:
            return ""
        instead = f"use {self.successor} instead" if self.successor else "the service names nothing in its place"
        when = f"{self.date:%d %B %Y}".lstrip("0")
        if days <= 0:
            return f"The model {self.model} was to end on {when}: {instead}."
        return f"The model {self.model} ends on {when}, in {days} {'day' if days == 1 else 'days'}: {instead}."


_TABLE: tuple[tuple[datetime.date, str | None, tuple[str, ...]], ...] = (
    (datetime.date(2026, 12, 11), "gpt-6.1-sol", ("gpt-5",)),
    (datetime.date(2026, 12, 11), "gpt-6.1-terra", ("gpt-5-mini",)),
    (datetime.date(2027, 1, 6), None, ("gpt-4o-mini-tts", "tts-1", "tts-1-hd")),
    (datetime.date(2027, 1, 14), "gpt-6-luna", ("gpt-4.1", "gpt-4.1-mini", "gpt-4o", "gpt-4o-mini")),
    (datetime.date(2027, 1, 20), "gpt-realtime-2.1", ("gpt-realtime",)),
    (datetime.date(2027, 1, 20), "gpt-realtime-2.1-mini", ("gpt-realtime-mini",)),
    (datetime.date(2027, 1, 20), "gpt-audio-1.5", ("gpt-audio", "gpt-audio-mini")),
    (datetime.date(2027, 2, 26), "gpt-transcribe", ("whisper-1", "gpt-4o-transcribe", "gpt-4o-mini-transcribe")),
    (datetime.date(2027, 2, 26), "gpt-transcribe", ("gpt-4o-transcribe-diarize",)),
)
_BY_NAME = {name: (day, successor) for day, successor, names in _TABLE for name in names}


def ending_of(model: str) -> Ending | None:
    """Return the announced end of a model, or None if none is known.

    A dated snapshot, such as ``gpt-realtime-2025-08-28``, ends with the model that it is of.

    Parameters
    ----------
    model
        Name of the model, as in `RealtimeSession(model=...)`.

    Examples
    --------
    >>> ending_of("gpt-realtime-mini").date
    datetime.date(2027, 1, 20)
    >>> ending_of("gpt-4o-mini-tts").successor is None
    True
    """
    known = next((_BY_NAME[name] for name in names_of(model) if name in _BY_NAME), None)
    return Ending(model, *known) if known else None
