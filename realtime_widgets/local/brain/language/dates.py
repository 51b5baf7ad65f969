"""Days, times of day and lengths of time in what people say and type, relative to a given now."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from realtime_widgets.local.brain.language.numbers import find_numbers
from realtime_widgets.local.brain.language.words import word_list

if TYPE_CHECKING:
    from collections.abc import Iterator

_WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_MONTHS = [name.lower() for name in calendar.month_name][1:]
_MONTH_NUMBERS = {name: number for number, name in enumerate(_MONTHS, start=1)}
_MONTH_NUMBERS |= {name[:3]: number for name, number in _MONTH_NUMBERS.items()} | {"sept": 9}
_MONTH = "(?P<month>" + "|".join(sorted(_MONTH_NUMBERS, key=len, reverse=True)) + r")\b\.?"
_FEASTS = {
    "christmas": (12, 25), "christmas day": (12, 25), "christmas eve": (12, 24), "boxing day": (12, 26),
    "new year's day": (1, 1), "new year's eve": (12, 31), "new year": (1, 1), "valentine's day": (2, 14),
    "halloween": (10, 31),
}  # fmt: skip
_DAY_WORDS = word_list(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
)
_DAY_NUMBERS = {word: number for number, word in enumerate(_DAY_WORDS, start=1)}
_DAY_NUMBERS |= {f"twenty{gap}{word}": 20 + n for n, word in enumerate(_DAY_WORDS[:9], 1) for gap in " -"}
_DAY_NUMBERS |= {"thirtieth": 30, "thirty first": 31, "thirty-first": 31}
_DAY_WORD = "|".join(sorted(_DAY_NUMBERS, key=len, reverse=True))
_DAY = rf"(?P<day>\d{{1,2}}(?=\D|$)(?:st|nd|rd|th)?|{_DAY_WORD})\b"
_YEAR = r"(?:,?\s+(?P<year>\d{4})\b)?"
_COUNT = r"(?P<count>\d+|a|an|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|a couple of)"

_DATE_PATTERNS = {
    "iso": re.compile(r"\b(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})\b"),
    "dotted": re.compile(r"\b(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})\b"),
    "slashed": re.compile(r"\b(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})\b"),
    "day_month": re.compile(rf"\b(?:the\s+)?{_DAY}(?:\s+of)?\s+{_MONTH}{_YEAR}", re.IGNORECASE),
    "month_day": re.compile(rf"\b{_MONTH}\s+(?:the\s+)?{_DAY}{_YEAR}", re.IGNORECASE),
    "feast": re.compile(
        r"\b(?P<feast>" + "|".join(sorted(_FEASTS, key=len, reverse=True)).replace("'", "['\u2019]?") + r")\b",
        re.I,
    ),
    "relative": re.compile(
        r"\b(?P<word>(?:the )?day after tomorrow|(?:the )?day before yesterday|today|tonight|tomorrow|yesterday"
        r"|this (?:morning|afternoon|evening))\b",
        re.I,
    ),
    "weekday": re.compile(
        r"\b(?:(?P<which>next|this|coming|last|past)\s+)?(?P<weekday>" + "|".join(_WEEKDAYS) + r")\b"
        r"(?:\s+(?P<after>next week|week))?",
        re.I,
    ),
    "distance": re.compile(
        rf"\b(?:in\s+)?{_COUNT}\s+(?P<unit>days?|weeks?|fortnights?|months?|years?)"
        r"(?:\s+(?P<end>from (?:now|today|tomorrow)|ago|later))?\b",
        re.I,
    ),
    "next": re.compile(r"\b(?P<which>next|last)\s+(?P<unit>week|month|year)\b", re.I),
    "month_day_alone": re.compile(rf"\b(?:on\s+)?the\s+(?P<day>\d{{1,2}}(?:st|nd|rd|th)|{_DAY_WORD})\b", re.I),
}

_HOURS = word_list("one two three four five six seven eight nine ten eleven twelve")
_HOUR = r"(?P<hour>\d{1,2}|" + "|".join(_HOURS) + r")"
_HALF = r"(?:\s*(?P<half>[ap]\.?\s?m\b\.?))"
_TIME_PATTERNS = {
    "clock": re.compile(
        rf"\b(?P<hour>\d{{1,2}})(?P<colon>[:.])(?P<minute>\d{{2}})(?::(?P<second>\d{{2}}))?\b{_HALF}?", re.I
    ),
    "named": re.compile(r"\b(?P<name>noon|midday|midnight)\b", re.I),
    "past": re.compile(
        r"\b(?P<part>half|(?:a )?quarter|five|ten|twenty|twenty[- ]five|\d{1,2})(?: minutes)?\s+"
        rf"(?P<side>past|to|after|before)\s+{_HOUR}\b{_HALF}?",
        re.I,
    ),
    "o_clock": re.compile(rf"\b{_HOUR}\s+o['\u2019]?\s?clock\b{_HALF}?", re.I),
    "half_day": re.compile(
        rf"\b{_HOUR}(?:\s+(?P<words>\d{{2}}|oh[- ]\w+|fifteen|thirty|forty[- ]five|ten|twenty|forty|fifty))?"
        rf"{_HALF}",
        re.I,
    ),
    "spoken": re.compile(
        rf"\b(?:at|by|until|till|from|around|about)\s+{_HOUR}"
        r"(?:\s+(?P<words>\d{2}|fifteen|thirty|forty[- ]five|ten|twenty|forty|fifty))?\b"
        r"(?!\s*(?:%|°|degrees?|percent|[:.]\d|hours?|minutes?|seconds?|days?|weeks?|months?|years?|kelvin|celsius))",
        re.I,
    ),
}
_PART_OF_DAY = re.compile(
    r"\b(?:in the|this|tomorrow)\s+(?P<part>morning|afternoon|evening)\b|\b(?P<night>tonight|at night)\b", re.I
)


@dataclass(frozen=True, slots=True)
class DateSpan:
    """A day that is named in `text[start:end]`."""

    value: date
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """A time of day in `text[start:end]`; `vague` if the words may mean something else, as in "at seven"."""

    value: time
    start: int
    end: int
    vague: bool = False


@dataclass(frozen=True, slots=True)
class DurationSpan:
    """A length of time in `text[start:end]`."""

    value: timedelta
    start: int
    end: int


def find_dates(text: str, today: date) -> list[DateSpan]:
    """Return the days that `text` names, in order and without overlaps.

    A day without a year is the next such day, today included. "Friday" is the next one after today, "this Friday"
    may be today, and "next Friday" is in the next calendar week (from Monday).
    """
    spans = []
    for kind, pattern in _DATE_PATTERNS.items():
        for match in pattern.finditer(text):
            try:
                value = _date(kind, match, today)
            except (ValueError, OverflowError):  # there is no 31st of June
                continue
            if value is not None:
                spans.append(DateSpan(value, match.start(), match.end()))
    return list(_without_overlaps(spans))


def _without_overlaps(spans: list[DateSpan]) -> Iterator[DateSpan]:
    taken: list[DateSpan] = []
    for span in sorted(spans, key=lambda one: (one.start - one.end, one.start)):  # the longest first
        if all(span.end <= other.start or span.start >= other.end for other in taken):
            taken.append(span)
    yield from sorted(taken, key=lambda one: one.start)


def _date(kind: str, match: re.Match[str], today: date) -> date | None:
    parts = match.groupdict()
    if kind in ("iso", "dotted", "slashed"):
        year, month, day = int(parts["year"]), int(parts["month"]), int(parts["day"])
        if kind == "slashed" and month > 12:
            month, day = day, month
        return date(year, month, day)
    if kind in ("day_month", "month_day"):
        month = _MONTH_NUMBERS[parts["month"].lower()]
        return _next_such_day(month, _day_number(parts["day"]), parts["year"], today)
    if kind == "feast":
        month, day = _FEASTS[parts["feast"].lower().replace("\u2019", "'")]
        return _next_such_day(month, day, None, today)
    if kind == "relative":
        return today + timedelta(days=_relative_days(parts["word"].lower()))
    if kind == "weekday":
        return _weekday(parts, today)
    if kind == "month_day_alone":
        return _next_day_of_month(_day_number(parts["day"]), today)
    if kind == "next":
        return _shift(today, -1 if parts["which"].lower() == "last" else 1, parts["unit"].lower())
    return _distance(match, today)


def _distance(match: re.Match[str], today: date) -> date | None:
    parts = match.groupdict()
    end = (parts["end"] or "").lower()
    if not end and not match.group().lower().startswith("in "):
        return None  # "for three days" is not a date
    count = _count(parts["count"])
    unit = parts["unit"].lower().rstrip("s")
    if end == "from tomorrow":
        today += timedelta(days=1)
    return _shift(today, -count if end == "ago" else count, unit)


def _relative_days(word: str) -> int:
    if "after tomorrow" in word:
        return 2
    if "before yesterday" in word:
        return -2
    return {"tomorrow": 1, "yesterday": -1}.get(word, 0)


def _weekday(parts: dict[str, str | None], today: date) -> date:
    wanted = _WEEKDAYS.index((parts["weekday"] or "").lower())
    which, after = (parts["which"] or "").lower(), (parts["after"] or "").lower()
    monday = today - timedelta(days=today.weekday())
    if which == "next" or after == "next week":
        return monday + timedelta(days=7 + wanted)
    if which in ("last", "past"):
        return today - timedelta(days=(today.weekday() - wanted - 1) % 7 + 1)
    if which == "this":
        return today + timedelta(days=(wanted - today.weekday()) % 7)
    ahead = (wanted - today.weekday() - 1) % 7 + 1
    return today + timedelta(days=ahead + (7 if after == "week" else 0))


def _next_such_day(month: int, day: int, year: str | None, today: date) -> date:
    if year:
        return date(int(year), month, day)
    for ahead in range(9):  # the 29th of February may be eight years off
        try:
            found = date(today.year + ahead, month, day)
        except ValueError:
            continue
        if found >= today:
            return found
    raise ValueError("no such day")


def _next_day_of_month(day: int, today: date) -> date:
    for ahead in range(12):
        month = today.month - 1 + ahead
        try:
            found = date(today.year + month // 12, month % 12 + 1, day)
        except ValueError:
            continue
        if found >= today:
            return found
    raise ValueError("no such day")


def _shift(day: date, count: int, unit: str) -> date:
    if unit in ("day", "week", "fortnight"):
        return day + timedelta(days=count * {"day": 1, "week": 7, "fortnight": 14}[unit])
    months = day.month - 1 + count * (12 if unit == "year" else 1)
    year, month = day.year + months // 12, months % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _day_number(text: str) -> int:
    digits = re.match(r"\d+", text)
    return int(digits.group()) if digits else _DAY_NUMBERS[" ".join(text.lower().split())]


def _count(text: str) -> int:
    numbers = find_numbers(text)
    return int(numbers[0].value) if numbers else 1


def find_times(text: str) -> list[TimeSpan]:
    """Return the times of day that `text` names, in order; in the morning unless it says otherwise."""
    spans: list[TimeSpan] = []
    evening = _later_half(text)
    for kind, pattern in _TIME_PATTERNS.items():
        for match in pattern.finditer(text):
            if any(match.start() < span.end and match.end() > span.start for span in spans):
                continue
            try:
                value = _time(kind, match, evening)
            except ValueError:
                continue
            if value is not None:
                spans.append(TimeSpan(value, match.start(), match.end(), vague=kind == "spoken"))
    return sorted(spans, key=lambda span: span.start)


def _later_half(text: str) -> bool:
    match = _PART_OF_DAY.search(text)
    return match is not None and (match["night"] is not None or match["part"].lower() != "morning")


def _time(kind: str, match: re.Match[str], evening: bool) -> time | None:
    parts = match.groupdict()
    if kind == "named":
        return time(0) if parts["name"].lower() == "midnight" else time(12)
    half = (parts.get("half") or "").lower()
    if kind == "clock" and parts["colon"] == "." and not half:
        return None  # 7.30 alone is a decimal number
    minutes = _hour(parts["hour"]) * 60
    if kind == "clock":
        minutes += int(parts["minute"])
    elif kind == "past":
        part = _minutes(parts["part"])
        minutes += part if parts["side"].lower() in ("past", "after") else -part
    elif parts.get("words"):
        minutes += _minutes(parts["words"].lower().replace("oh", " "))
    if half.startswith("a"):
        minutes = minutes % 720 if minutes < 780 else minutes
    elif (half.startswith("p") or evening) and minutes < 720:
        minutes += 720
    if not 0 <= minutes < 1440 + 60:
        return None
    minutes %= 1440
    return time(minutes // 60, minutes % 60, int(parts.get("second") or 0))


def _hour(text: str) -> int:
    hour = int(text) if text.isdigit() else _HOURS.index(text.lower()) + 1
    if hour > 24:
        raise ValueError("no such hour")
    return hour


def _minutes(text: str) -> int:
    text = text.lower()
    if "half" in text:
        return 30
    if "quarter" in text:
        return 15
    numbers = find_numbers(text)
    if not numbers or not 0 <= numbers[0].value < 60:
        raise ValueError("no such minute")
    return int(numbers[0].value)


_DURATION_UNITS = {
    "second": 1,
    "sec": 1,
    "minute": 60,
    "min": 60,
    "hour": 3600,
    "hr": 3600,
    "day": 86400,
    "week": 604800,
    "s": 1,
    "h": 3600,
}
_DURATION_UNIT = re.compile(
    r"[\s-]*(?:of\s+)?(?:an?\s+)?(?P<unit>seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|[sh])\b(?P<half>\s+and\s+a\s+(?P<part>half|quarter)\b)?",
    re.I,
)
_DURATION_LINK = re.compile(r"\s*(?:,|and)?\s*", re.I)


@lru_cache(maxsize=256)
def find_durations(text: str) -> tuple[DurationSpan, ...]:
    """Return the lengths of time that `text` names: "half an hour", "1 minute and 30 seconds"."""
    spans: list[DurationSpan] = []
    for number in find_numbers(text):
        match = _DURATION_UNIT.match(text, number.end)
        if match is None or number.ordinal or (spans and number.start < spans[-1].end):
            continue
        unit = match["unit"].lower()
        seconds = _DURATION_UNITS[unit if unit in _DURATION_UNITS else unit.rstrip("s")]
        count = number.value
        if match["half"]:
            count += 0.5 if match["part"].lower() == "half" else 0.25
        try:
            length = timedelta(seconds=count * seconds)
        except OverflowError:
            continue
        if spans and _DURATION_LINK.fullmatch(text[spans[-1].end : number.start]):
            before = spans.pop()
            spans.append(DurationSpan(before.value + length, before.start, match.end()))
        else:
            spans.append(DurationSpan(length, number.start, match.end()))
    return tuple(spans)
