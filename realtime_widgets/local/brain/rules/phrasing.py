"""Turns tool results, questions and abilities into sentences to speak."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from realtime_widgets.local.brain.language.words import split_name, word_set
from realtime_widgets.local.brain.slots.choices import spoken_choices

if TYPE_CHECKING:
    from realtime_widgets.local.brain.tool_schema import Parameter, Tool

_LONGEST_TEXT = 400
_LISTED = 6
_FETCHING = word_set(
    """
    get fetch read compute calculate calc find lookup look query determine estimate measure show
    list check measure retrieve load search evaluate count
    """
)
_DOING = word_set(
    """
    add book call cancel change clear close convert create delete draw do execute flip generate go
    insert log make move open order pause pick place play plot post print put record remind remove
    rename reserve roll run save schedule search send set share simulate solve start stop store
    submit switch take tell text toggle toss translate turn update upload write define spell lookup
    """
)
_UNWRAPPED = ("result", "value", "output", "answer", "text", "content", "message")
_FAILED = word_set("error failed failure exception")
_ERROR_TEXT = re.compile(
    r"^(?:error|exception|traceback|failed)\b\s*[:(]?|^[A-Za-z_.]+(?:Error|Exception)\s*:", re.I
)


def say_result(tool: str, output: str) -> list[str]:
    """Return the sentences that tell the result of `tool`; `output` is the output's text, often JSON."""
    value = _parse(output)
    failure = _failure(value)
    if failure is not None:
        reason = failure or "no reason was given"
        return [_sentence(f"The tool {tool or 'I called'} failed: {reason}")]
    value = _unwrap(value)
    if value is None or value in ("", [], {}):
        return [_nothing(tool, value)]
    if isinstance(value, str):
        return _say_text(tool, value)
    if isinstance(value, bool):
        return [_say_flag(tool, value)]
    if isinstance(value, int | float):
        return [f"{_capital(_subject(tool) or 'the result')} {_is(_subject(tool))} {say_number(value)}."]
    if isinstance(value, Mapping):
        return _say_mapping(value)
    return _say_list(tool, list(value) if isinstance(value, list) else [value])


def say_number(value: float) -> str:
    """Return a number as one reads it out: four significant digits, large and small numbers in words."""
    if isinstance(value, float) and not math.isfinite(value):
        return "not a number" if math.isnan(value) else ("minus " if value < 0 else "") + "infinity"
    sign = "minus " if value < 0 else ""
    size = abs(value)
    if size < 10**7 and float(size).is_integer():
        return f"{sign}{int(size):,}" if size >= 10_000 else f"{sign}{int(size)}"
    for name, scale in (("trillion", 10**12), ("billion", 10**9), ("million", 10**6)):
        if scale <= size < 1000 * scale:
            return f"{sign}{_digits(size / scale)} {name}"
    if size >= 10**15 or 0 < size < 0.001:
        try:
            exponent = math.floor(math.log10(size))
            leading = round(size / 10**exponent, 2)
        except OverflowError:
            return sign + "an enormous number"
        power = f"minus {-exponent}" if exponent < 0 else str(exponent)
        return f"{sign}{leading:g} times ten to the power of {power}"
    return sign + _digits(size)


def _digits(size: float) -> str:
    """Return at most four significant digits."""
    if size >= 10_000:
        return f"{round(size):,}"
    return f"{float(f'{size:.4g}'):.12g}"


def ask_for(parameter: Parameter, tool: Tool) -> str:
    """Return the question for a missing argument."""
    kind = parameter.shape.kind
    spoken = parameter.spoken
    if kind == "choice":
        return f"For which {spoken}: {join_words(spoken_choices(parameter.shape.choices)[:_LISTED], 'or')}?"
    if kind == "boolean":
        return f"{_capital(spoken)}, yes or no?"
    if kind == "date":
        return "For which day?"
    if kind == "time":
        return "At what time?"
    if kind == "date-time":
        return "For which day and time?"
    if spoken == "name" and len(tool.words) > 1 and tool.words[0] in _DOING:
        return f"Which {tool.words[-1]}, by name?"
    if len(spoken) < 3 and kind in ("number", "integer"):
        return f"What is {spoken}?"
    if spoken in ("message", "text", "body", "content", "note"):
        return f"What should the {spoken} say?"
    if kind == "string" and spoken in ("recipient", "to", "person", "contact"):
        return "To whom?"
    if kind == "array" or spoken in ("minutes", "seconds", "hours", "days", "people", "guests", "items"):
        return f"For which {spoken}?" if kind == "array" else f"For how many {spoken}?"
    return f"For which {spoken}?"


def ask_whether(tool: Tool, arguments: Mapping[Parameter, object]) -> str:
    """Return the question whether a likely tool is meant: "Shall I start a timer: minutes 45?"."""
    named = join_words([f"{parameter.spoken} {_spoken_value(value)}" for parameter, value in arguments.items()])
    return f"Shall I {ability(tool)}{f': {named}' if named else ''}?"


def _spoken_value(value: object) -> str:
    """Return a value as one reads it out: a day by its name."""
    try:
        day = date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
    except ValueError:
        day = None
    if day is not None:
        return f"{day:%A}, {day:%B} {day.day}"
    return _brief(value)


def ability(tool: Tool) -> str:
    """Return what the tool can do, to follow "I can": "roll dice", "tell you the reaction rate"."""
    words = list(tool.words)
    if not words:
        return tool.name
    if words[0] in _FETCHING:
        rest = " ".join(words[1:])
        return f"{words[0]} {rest}" if not rest or _is(rest) == "are" else f"{words[0]} the {rest}"
    if words[0] in _DOING:
        return f"{words[0]} {_with_article(words[1:])}".strip()
    return f"tell you the {tool.spoken}"


def abilities(tools: Sequence[Tool]) -> str:
    """Return what all `tools` can do, in one sentence; empty without tools."""
    if not tools:
        return ""
    named = [ability(tool) for tool in tools[:_LISTED]]
    if len(tools) > _LISTED:
        named.append(f"use {len(tools) - _LISTED} more tools")
    return f"I can {join_words(named)}."


def join_words(parts: Sequence[str], link: str = "and") -> str:
    """Join words as in a spoken list: "a, b and c"."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {link} {parts[-1]}"


def sentences(text: str) -> list[str]:
    """Split `text` into sentences."""
    flat = " ".join(text.split())
    return [part for part in re.split(r"(?<=[.!?])\s+(?=[^a-z\s])", flat) if part]


def _parse(output: str) -> object:
    try:
        return json.loads(output)
    except (ValueError, RecursionError):
        return output


def _failure(value: object) -> str | None:
    """Return what went wrong if `value` reports an error; None otherwise."""
    if isinstance(value, str):
        text = value.strip()
        if not _ERROR_TEXT.match(text):
            return None
        lines = [line for line in text.splitlines() if line.strip()]
        line = lines[-1].strip() if text.lower().startswith("traceback") else lines[0]
        return _shortened(re.sub(r"^(?i:error|failed)\s*:\s*", "", line))
    if not isinstance(value, Mapping):
        return None
    status = value.get("status")
    failed = (isinstance(status, str) and status.lower() in _FAILED) or value.get("ok") is False
    failed = failed or value.get("success") is False or value.get("is_error") is True
    error = value.get("error", value.get("exception"))
    if not error and not failed:
        return None
    for candidate in (error, value.get("message"), value.get("reason"), value.get("detail")):
        reason = candidate
        if isinstance(candidate, Mapping):
            reason = candidate.get("message") or candidate.get("type") or json.dumps(candidate, default=str)
        if isinstance(reason, str) and reason.strip():
            return _shortened(reason.strip().splitlines()[0])
    return ""


def _unwrap(value: object) -> object:
    for _ in range(3):
        if isinstance(value, Mapping) and len(value) == 1:
            key, inner = next(iter(value.items()))
            if key in _UNWRAPPED:
                value = inner
                continue
        break
    return value


def _nothing(tool: str, value: object) -> str:
    if value in ([], {}):
        subject = _subject(tool)
        plural = _is(subject) == "are"
        return f"There are no {subject.removeprefix('the ')}." if plural else "The result is empty."
    return "Done."


def _say_flag(name: str, value: bool) -> str:
    """Return a yes or no in words, as in "Stable: yes"."""
    words = split_name(name)
    if words and words[0] in ("is", "has", "are", "can", *_FETCHING):
        words = words[1:]
    return f"{_capital(' '.join(words) or 'the answer')}: {'yes' if value else 'no'}."


def _say_text(tool: str, text: str) -> list[str]:
    flat = _shortened(text.strip(), _LONGEST_TEXT)
    subject = _subject(tool)
    if not flat:
        return ["Done."]
    if len(flat.split()) < 4 and flat[-1] not in ".!?" and subject:
        return [f"{_capital(subject)} {_is(subject)} {flat}."]
    return sentences(_sentence(flat))


def _say_mapping(value: Mapping[object, object]) -> list[str]:
    told = list(value.items())[:4]
    flags = [_say_flag(str(key), inner) for key, inner in told if isinstance(inner, bool)]
    parts = [
        f"the {_words(key)} {_is(_words(key))} {_brief(inner)}"
        for key, inner in told
        if not isinstance(inner, bool)
    ]
    said = [_sentence(_capital(join_words(parts)))] if parts else []
    said += flags
    if len(value) > 4:
        said.append(f"There are {len(value) - 4} more values.")
    return said


def _say_list(tool: str, values: list[object]) -> list[str]:
    subject = _subject(tool) or "the result"
    if len(values) <= _LISTED:
        return [_sentence(f"{_capital(subject)} {_is(subject)} {join_words([_brief(one) for one in values])}")]
    first = join_words([_brief(one) for one in values[:3]])
    said = [f"I got {len(values)} values.", _sentence(f"The first are {first}")]
    numbers = [one for one in values if isinstance(one, int | float) and not isinstance(one, bool)]
    if len(numbers) == len(values):
        said.append(f"They lie between {say_number(min(numbers))} and {say_number(max(numbers))}.")
    return said


def _brief(value: object, depth: int = 0) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return say_number(value)
    if isinstance(value, Mapping):
        if depth:
            return f"{len(value)} values"
        return join_words([f"{_words(key)} {_brief(inner, 1)}" for key, inner in list(value.items())[:4]])
    if isinstance(value, list):
        if depth or len(value) > _LISTED:
            return f"{len(value)} values"
        return join_words([_brief(one, 1) for one in value]) or "nothing"
    return _shortened(str(value), 120).rstrip(".")


def _subject(tool: str) -> str:
    """Return the name of a result, such as "the reaction rate"; empty for tools that do something."""
    words = split_name(tool)
    # Semantic Kernel puts the plugin's name before the function's: Weather-get_weather.
    own = split_name(tool.rpartition("-")[2])
    if own and own[0] in _FETCHING | _DOING:
        words = own
    if words and words[0] in _FETCHING:
        words = words[2:] if words[1:2] in (["up"], ["for"]) else words[1:]
    elif words and words[0] in _DOING:
        return ""
    return f"the {' '.join(words)}" if words else ""


def _is(subject: str) -> str:
    last = subject.rsplit(maxsplit=1)[-1] if subject else ""
    plural = last.endswith("s") and not last.endswith(("ss", "us", "is")) and last not in ("news", "status")
    return "are" if plural else "is"


def _with_article(words: Sequence[str]) -> str:
    """Return the words with their article: "a timer", "dice", "an alarm"."""
    if not words:
        return ""
    text = " ".join(words)
    if len(words) > 1 and words[0] in ("a", "an", "the", "to", "on", "off", "in", "up", "my"):
        return text
    if _is(text) == "are" or words[-1] in (
        "dice",
        "music",
        "weather",
        "news",
        "time",
        "on",
        "off",
        "data",
        "text",
    ):
        return text
    return f"{'an' if text[0] in 'aeiou' else 'a'} {text}"


def _words(key: object) -> str:
    return " ".join(split_name(str(key))) or str(key)


def _shortened(text: str, longest: int = 300) -> str:
    flat = " ".join(text.split())
    if len(flat) <= longest:
        return flat
    kept = flat[:longest].rsplit(" ", 1)[0]
    stop = max(kept.rfind(mark) for mark in (". ", "! ", "? "))
    return f"{kept[: stop + 1]} There is more." if stop > longest // 3 else f"{kept}, and so on."


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
