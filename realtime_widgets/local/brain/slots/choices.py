"""Finds the values of enumerations and yes/no parameters in what was said."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from itertools import combinations, permutations
from typing import TYPE_CHECKING, Any

from realtime_widgets.local.brain.language.numbers import find_numbers
from realtime_widgets.local.brain.language.words import STOP_WORDS, split_name, stem, word_set, words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realtime_widgets.local.brain.slots.utterance import Utterance
    from realtime_widgets.local.brain.tool_schema import Parameter

#: Short forms and what is said for them.
_SAID_FOR = {
    "c": "celsius centigrade", "f": "fahrenheit", "k": "kelvin", "n": "north", "e": "east", "s": "south small",
    "w": "west", "m": "metres meters medium", "l": "large litres liters", "xl": "extra large", "xs": "extra small",
    "kg": "kilograms kilogram kilos kilo", "g": "grams gram", "lb": "pounds pound", "km": "kilometres kilometers",
    "mi": "miles mile", "cm": "centimetres centimeters", "mm": "millimetres millimeters", "ft": "feet foot",
    "in": "inches inch", "h": "hours hour", "min": "minutes minute", "sec": "seconds second",
    "eur": "euros euro", "usd": "dollars dollar", "gbp": "pounds pound sterling",
    "jpy": "yen", "chf": "francs franc",
    "en": "english", "de": "german", "fr": "french", "es": "spanish", "it": "italian", "ja": "japanese",
    "zh": "chinese", "pt": "portuguese", "nl": "dutch", "asc": "ascending", "desc": "descending",
    "max": "maximum", "avg": "average mean", "mean": "average", "metric": "celsius", "imperial": "fahrenheit",
    "increase": "raise up higher more louder brighter", "decrease": "lower down less reduce quieter dimmer",
    "up": "raise higher louder increase", "down": "lower quieter decrease reduce",
    "high": "urgent important highest", "low": "lowest unimportant", "open": "opened", "closed": "close shut",
    "+": "plus add", "-": "minus subtract", "*": "times multiply", "/": "divide divided over",
    "add": "plus sum", "subtract": "minus", "multiply": "times", "divide": "divided over",
}  # fmt: skip
_LIKENESS = 0.84
_SAID_AT_MOST = 6
_NEGATIONS = word_set("no not without don't isn't never non disable disabled")
_FLAG_PREFIXES = word_set("is has with include use enable enabled should do be are")
_STATES = word_set("on state enabled enable active power powered switch switched turned")
_SOURCES = word_set("from source src origin base start departure")
_TARGETS = word_set("to into target dst dest destination end arrival")
_TOWARDS = word_set("to into in as many")
_YES = word_set("yes yeah yep sure true please certainly absolutely definitely ok okay")
_NO = word_set("no nope false not never")


def find_choices(
    utterance: Utterance, parameter: Parameter, choices: tuple[Any, ...], tool_stems: frozenset[str] = frozenset()
) -> list[Any]:
    """Return the values of `choices` that were said, the best match first; use up the words of the best one."""
    matches = []
    for order, choice in enumerate(choices):
        found = _match(utterance, parameter, choice)
        if found is not None and not _names_tool(utterance.text[found[1] : found[2]], choice, tool_stems):
            score, start, end = found
            matches.append((-score, start, order, choice, end))
    matches.sort(key=lambda match: match[:3])
    if matches and matches[0][0] > -1.0 and len(matches) > 1 and matches[0][0] == matches[1][0]:
        return []  # two equally good guesses are no answer
    for _score, start, _order, _choice, end in matches[:1]:
        utterance.use(start, end)
    return [match[3] for match in matches]


def find_directed(
    utterance: Utterance, parameters: Sequence[Parameter], tool_stems: frozenset[str], asked: Parameter | None
) -> dict[Parameter, Any]:
    """Return the values of parameters that choose from the same set, as in "ten miles to kilometres".

    The word before each value tells which parameter it is for, or else their order does. Used words are marked.
    """
    places: dict[int, tuple[float, int, Any]] = {}
    for choice in parameters[0].shape.choices:
        found = _match(utterance, parameters[0], choice)
        if found is None or _names_tool(utterance.text[found[1] : found[2]], choice, tool_stems):
            continue
        score, start, end = found
        if start not in places or score > places[start][0]:
            places[start] = (score, end, choice)
    # A few values only: every way to assign them is tried.
    said = [(start, end, choice) for start, (_, end, choice) in sorted(places.items())][:_SAID_AT_MOST]
    cues = [[_direction(utterance, parameter, start) for start, _, _ in said] for parameter in parameters]
    count = min(len(said), len(parameters))
    best: tuple[float, list[tuple[int, int]]] = (-1.0, [])
    for chosen in permutations(range(len(parameters)), count):
        for order in combinations(range(len(said)), count):
            pairs = list(zip(chosen, order, strict=True))
            # Without a cue the first value is for the first parameter.
            straight = 0.1 * (list(chosen) == sorted(chosen)) - 0.01 * sum(chosen)
            straight += 0.5 * any(parameters[one] == asked for one in chosen)
            worth = sum(cues[one][other] for one, other in pairs) + straight
            best = max(best, (worth, pairs), key=lambda pair: pair[0])
    for _, place in best[1]:
        utterance.use(said[place][0], said[place][1])
    return {parameters[one]: said[other][2] for one, other in best[1]}


def _direction(utterance: Utterance, parameter: Parameter, start: int) -> float:
    """Return how well the value at `start` fits the parameter, by "from", "to" or a number before it."""
    before = next(iter(utterance.before(start, 1)), "")
    words = set(parameter.words)
    numbered = any(
        number.end <= start and not utterance.text[number.end : start].strip(" -")
        for number in find_numbers(utterance.text)
        if not number.article
    )
    if words & _TARGETS:
        return 3.0 * (before in _TOWARDS) - 1.0 * (numbered or before == "from")
    if words & _SOURCES:
        return 3.0 * (before == "from") + 2.0 * numbered - 1.0 * (before in _TOWARDS)
    return 0.0


def _names_tool(said: str, choice: object, tool_stems: frozenset[str]) -> bool:
    """Return whether a loose match ("heating" for ``heat``) is only the tool's own name."""
    return said.lower() != str(choice).lower() and {stem(word.text) for word in words_of(said)} <= tool_stems


def _match(utterance: Utterance, parameter: Parameter, choice: object) -> tuple[float, int, int] | None:
    """Return the score, start and end of the best place where `choice` was said."""
    if isinstance(choice, bool):
        return None
    if isinstance(choice, int | float):
        for number in find_numbers(utterance.text):
            if number.value == choice and not number.article and utterance.is_free(number.start, number.end):
                return 2.0, number.start, number.end
        return None
    text = str(choice)
    return (
        _whole_words(utterance, split_name(text), 2.0 + 0.1 * len(text))
        or _letter(utterance, text)
        or _said_for(utterance, text)
        or _described(utterance, parameter, text)
        or _alike(utterance, text)
    )


def _whole_words(utterance: Utterance, wanted: list[str], score: float) -> tuple[float, int, int] | None:
    if not wanted or (len(wanted) == 1 and len(wanted[0]) == 1 and wanted[0].isalpha()):
        return None
    said = utterance.words
    stems = [stem(word) for word in wanted]
    for start in range(len(said) - len(wanted) + 1):
        stretch = said[start : start + len(wanted)]
        meant = zip(stretch, wanted, stems, strict=True)
        same = all(word.text == one or stem(word.text) == root for word, one, root in meant)
        if same and utterance.is_free(stretch[0].start, stretch[-1].end):
            return score, stretch[0].start, stretch[-1].end
    joined = "".join(wanted)
    for word in said:
        if len(joined) > 2 and word.text == joined and utterance.is_free(word.start, word.end):
            return score, word.start, word.end
    return None


def _letter(utterance: Utterance, text: str) -> tuple[float, int, int] | None:
    """Find a single letter, as in "40 C", "40 °C" or "in K"; never the words "a" and "I"."""
    if len(text) > 2 or not text.isalpha():
        return None
    pattern = rf"(?:\d\s*°?\s*|°\s*|\b(?:degrees?|in|unit|size|option|grade)\s+)(?P<letter>{re.escape(text)})\b"
    match = re.search(pattern, utterance.text, re.IGNORECASE)
    if match is None and text.isupper() and text not in ("A", "I"):
        match = re.search(rf"(?<!\w)(?P<letter>{re.escape(text)})(?!\w|')", utterance.text)
    return None if match is None else (1.8, match.start("letter"), match.end("letter"))


def _said_for(utterance: Utterance, text: str) -> tuple[float, int, int] | None:
    key = " ".join(split_name(text)) or text
    for phrase in (_SAID_FOR.get(key, ""), _SAID_FOR.get(text.lower(), "")):
        if phrase.startswith("extra"):
            return _whole_words(utterance, phrase.split(), 2.5)
        for word in phrase.split():
            found = _whole_words(utterance, [word], 1.5)
            if found is not None:
                return found
    return None


def _described(utterance: Utterance, parameter: Parameter, text: str) -> tuple[float, int, int] | None:
    """Find a short form by the description that explains it: "C for Celsius", "K (Kelvin)", "high = urgent"."""
    key = re.escape(text)
    pattern = rf"(?<!\w)['\"`]?{key}['\"`]?\s*(?:\(|=|:|for|means|is|stands for)\s*(?P<meaning>[^\W\d_]{{3,}})"
    match = re.search(pattern, parameter.description)
    if match is None or match["meaning"].lower() in STOP_WORDS:
        return None
    return _whole_words(utterance, [match["meaning"].lower()], 1.6)


def _alike(utterance: Utterance, text: str) -> tuple[float, int, int] | None:
    """Find a misheard value, such as "fahrenhite"."""
    wanted = " ".join(split_name(text))
    if len(wanted) < 5 or len(wanted) > 40:
        return None
    for word in utterance.words:
        close = abs(len(word.text) - len(wanted)) <= 3 and word.text[0] == wanted[0]
        if not utterance.is_free(word.start, word.end):
            continue
        if close and SequenceMatcher(None, word.text, wanted).ratio() >= _LIKENESS:
            return 0.9, word.start, word.end
        stem_of = word.text
        if len(stem_of) >= 4 and wanted.startswith(stem_of[:-1]) and len(wanted) - len(stem_of) <= 4:
            return 0.8, word.start, word.end
    return None


def find_flag(utterance: Utterance, parameter: Parameter, asked: bool) -> bool | None:
    """Return the value of a yes/no parameter, None if nothing was said about it; `asked` if it was asked for."""
    names = {stem(word) for word in parameter.words if word not in _FLAG_PREFIXES | STOP_WORDS}
    words = utterance.words
    for place, word in enumerate(words):
        if stem(word.text) in names:
            around = {other.text for other in words[max(0, place - 3) : place]}
            after = words[place + 1].text if place + 1 < len(words) else ""
            negated = bool(around & _NEGATIONS) or after in ("off", "false", "no")
            return not negated
    said = {word.text for word in words}
    if set(parameter.words) & _STATES:
        if said & {"off", "disable", "deactivate", "disabled"}:
            return False
        if said & {"on", "enable", "activate", "enabled"}:
            return True
    if asked:
        return False if said & _NO else True if said & (_YES | {"on"}) else None
    return True if "true" in said else False if "false" in said else None


def spoken_choices(choices: tuple[Any, ...]) -> list[str]:
    """Return the values as one says them: "Celsius" for ``C``."""
    spoken = []
    for choice in choices:
        text = str(choice)
        meaning = _SAID_FOR.get(text.lower(), "").split()
        spoken.append(
            meaning[0] if len(text) <= 2 and meaning else " ".join(w.text for w in words_of(text)) or text
        )
    return spoken
