"""Whether an answer is as expected. Pure."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from realtime_widgets.evaluation.results import Finding, TurnResult
from realtime_widgets.evaluation.scenarios.scenario import several

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from realtime_widgets.evaluation.results import CallResult
    from realtime_widgets.evaluation.scenarios.scenario import Expect

_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['\u2019-][^\W\d_]+)*", re.UNICODE)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_SENTENCE_END = re.compile(r"[.!?:\n][\"'”\u2019)\]]*\s+|^\s*[-*\"'“(]*")
_UNITS: dict[str, float] = {
    **{
        "zero": 0,
        "two": 2,
        "three": 3,
        "four": 4,
        "five": 5,
        "six": 6,
        "seven": 7,
        "eight": 8,
        "nine": 9,
        "ten": 10,
    },
    **{"eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17},
    **{"eighteen": 18, "nineteen": 19},
}
_TENS = {
    **{"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80},
    **{"ninety": 90},
}
_APOSTROPHE = "\N{RIGHT SINGLE QUOTATION MARK}"
_LARGE = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_POINT = ("point", "dot")
#: Capitalised in English wherever they stand.
_ALWAYS_CAPITAL = frozenset(("i", "i'm", "i'll", "i've", "i'd", "ok"))


def findings_of(expect: Expect, turn: TurnResult, known: Iterable[str]) -> list[Finding]:
    """Return what came of each expectation, but for those that a judge decides.

    Parameters
    ----------
    expect
        The expectations.
    turn
        What came.
    known
        Texts from which the answer may have what it says: questions, instructions, results of tools.
    """
    return list(_findings(expect, turn, list(known)))


def together(turns: Sequence[TurnResult]) -> TurnResult:
    """Return all turns as one: what expectations of a whole scenario look at."""
    money = [turn.money for turn in turns]
    waits = [turn.latency_s for turn in turns if turn.latency_s is not None]
    return TurnResult(
        " ".join(turn.question for turn in turns),
        " ".join(turn.answer for turn in turns if turn.answer),
        tuple(call for turn in turns for call in turn.calls),
        max(waits, default=None),
        None if any(each is None for each in money) else sum(each for each in money if each is not None),
        any(turn.interrupted for turn in turns),
        next((turn.error for turn in turns if turn.error), ""),
    )


def _findings(expect: Expect, turn: TurnResult, known: list[str]) -> Iterator[Finding]:
    said = f"the answer was {_short(turn.answer)!r}" if turn.answer else "there was no answer"
    called = ", ".join(f"{call.name}({_shown_arguments(call)})" for call in turn.calls) or "none"
    if expect.tool:
        yield from _of_tool(expect, turn, called)
    if expect.no_tool:
        yield Finding("no_tool", not turn.calls, "no tool was called" if not turn.calls else f"called: {called}")
    for phrase in several(expect.says):
        held = contains(turn.answer, phrase)
        yield Finding("says", held, f"it says {phrase!r}" if held else f"it does not say {phrase!r}: {said}")
    for phrase in several(expect.says_not):
        held = not contains(turn.answer, phrase)
        yield Finding("says_not", held, f"it does not say {phrase!r}" if held else f"it says {phrase!r}: {said}")
    made_up = invented(turn.answer, [*known, *several(expect.allow)])
    if expect.no_invention:
        text = f"it invents {', '.join(made_up)}: {said}" if made_up else "it invents nothing"
        yield Finding("no_invention", not made_up, text)
    if expect.latency_ms is not None:
        yield _within("latency_ms", turn.latency_s and turn.latency_s * 1000, expect.latency_ms, "ms", said)
    if expect.cents is not None:
        yield _within("cents", None if turn.money is None else turn.money * 100, expect.cents, "cents", "no price")
    if expect.recovers:
        yield _of_recovery(turn, made_up, called)
    if expect.asks_back:
        held = turn.answer.rstrip(" \"'”\u2019)").endswith("?")
        yield Finding("asks_back", held, "it asks back" if held else f"it does not ask back: {said}")
    if expect.interrupted is not None:
        held = turn.interrupted == expect.interrupted
        text = "it was interrupted" if turn.interrupted else "it was not interrupted"
        yield Finding("interrupted", held, text)


def _of_tool(expect: Expect, turn: TurnResult, called: str) -> Iterator[Finding]:
    calls = [call for call in turn.calls if call.name == expect.tool]
    text = f"{expect.tool} was called" if calls else f"{expect.tool} was not called; calls: {called}"
    yield Finding("tool", bool(calls), text)
    if expect.arguments is not None:
        wanted = dict(expect.arguments)
        held = any(_fits(dict(_arguments(call)), wanted) for call in calls)
        shown = json.dumps(wanted, ensure_ascii=False, default=str)
        text = f"its arguments were {shown}" if held else f"its arguments were not {shown}; calls: {called}"
        yield Finding("arguments", held, text)


def _of_recovery(turn: TurnResult, made_up: list[str], called: str) -> Finding:
    failed = [call for call in turn.calls if call.error]
    if not failed:
        return Finding("recovers", False, f"no tool failed from which it could recover; calls: {called}")
    if turn.error or not turn.answer.strip():
        return Finding("recovers", False, f"after {failed[0].name} had failed there was no answer")
    if made_up:
        return Finding("recovers", False, f"after {failed[0].name} had failed it invents {', '.join(made_up)}")
    return Finding("recovers", True, f"it goes on after {failed[0].name} has failed")


def _within(key: str, value: float | None, most: float, unit: str, missing: str) -> Finding:
    if value is None:
        return Finding(key, False, f"{key} is not known: {missing}")
    held = value <= most
    return Finding(key, held, f"{value:.4g} {unit}, {'within' if held else 'more than'} {most:g}")


def contains(text: str, phrase: str) -> bool:
    """Return whether a text contains the words of a phrase in a row, whatever case and punctuation."""
    words, wanted = _tokens(text), _tokens(phrase)
    if not wanted:
        return phrase.casefold() in text.casefold()
    return any(words[at : at + len(wanted)] == wanted for at in range(len(words) - len(wanted) + 1))


def invented(answer: str, known: Iterable[str]) -> list[str]:
    """Return the numbers and proper names of an answer that are in none of the known texts.

    A number is known if a known text has it, in digits or in English words, or one of which it is rounded or the
    percentage. A proper name is a word with a capital letter that does not begin a sentence; it is known if a
    known text has that word, whatever its case. Anything else that is made up is not seen: a judge has to.

    Parameters
    ----------
    answer
        What the model said.
    known
        The questions, the instructions, the results of tools, and what is allowed besides.
    """
    texts = list(known)
    numbers = [value for text in texts for value, _ in numbers_in(text)]
    words = {token for text in texts for token in _tokens(text)}
    made_up = [shown for value, shown in numbers_in(answer) if not _derived(value, shown, numbers)]
    return made_up + [name for name in _names(answer) if not set(_tokens(name)) <= words]


def numbers_in(text: str) -> list[tuple[float, str]]:
    """Return the numbers in a text, in digits or in English words, each with the words for it.

    "one" alone is left out: it mostly is no number.
    """
    found: list[tuple[float, str]] = []
    tokens = [part for token in _TOKEN.findall(text) for part in re.split("-", token)]
    at = 0
    while at < len(tokens):
        value, length = _number_at(tokens, at)
        if length:
            found.append((value, " ".join(tokens[at : at + length])))
        at += max(length, 1)
    return found


def _number_at(tokens: list[str], at: int) -> tuple[float, int]:
    """Return the number that begins at a token, and how many tokens it takes; 0 if there is none."""
    if _NUMBER.fullmatch(tokens[at]):
        return _read(tokens[at]), 1
    total, part, length = 0.0, 0.0, 0
    for token in tokens[at:]:
        word = token.casefold()
        following = tokens[at + length + 1 : at + length + 2]
        counts = length or any(each.casefold() in (*_POINT, *_LARGE) for each in following)
        if word in _UNITS or (word == "one" and counts):
            if length and part % 10:
                break
            part += _UNITS.get(word, 1)
        elif word in _TENS:
            if length and part % 100:
                break
            part += _TENS[word]
        elif word in _LARGE:
            if word == "hundred":
                part = max(part, 1) * 100
            else:
                total, part = total + max(part, 1) * _LARGE[word], 0
        elif word == "and" and length and part % 100 == 0 and at + length + 1 < len(tokens):
            if tokens[at + length + 1].casefold() not in (*_UNITS, *_TENS, "one"):
                break
        else:
            break
        length += 1
    value = total + part
    after = at + length
    if length and after + 1 < len(tokens) and tokens[after].casefold() in _POINT:
        digits = ""
        for token in tokens[after + 1 :]:
            word = token.casefold()
            if word == "one" or (word in _UNITS and _UNITS[word] < 10):
                digits += str(_UNITS.get(word, 1))
            else:
                break
        if digits:
            return float(f"{int(value)}.{digits}"), length + 1 + len(digits)
    return value, length


def _read(text: str) -> float:
    """Read a number in digits: a comma before three digits groups them, any other is a decimal sign."""
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", text):
        return float(text.replace(",", ""))
    text = text.replace(",", ".")
    head, *rest = text.split(".")
    return float(f"{head}.{rest[0]}") if len(rest) == 1 else float("".join((head, *rest)))


def _derived(value: float, shown: str, numbers: Iterable[float]) -> bool:
    decimals = len(shown.partition(".")[2]) if _NUMBER.fullmatch(shown) else len(f"{value:g}".partition(".")[2])
    half = 0.5 * 10**-decimals + 1e-9
    return any(
        abs(value - known * scale) <= half for known in numbers for scale in (1, 100) if scale == 1 or known < 1
    )


def _names(text: str) -> list[str]:
    begins = {match.end() for match in _SENTENCE_END.finditer(text)} | {0}
    found = []
    for match in _TOKEN.finditer(text):
        word = match[0]
        if (
            word[0].isupper()
            and match.start() not in begins
            and word.casefold().replace(_APOSTROPHE, "'") not in _ALWAYS_CAPITAL
        ):
            found.append(word)
    return found


def _tokens(text: str) -> list[str]:
    return [token.casefold().replace(_APOSTROPHE, "'") for token in _TOKEN.findall(text)]


_MISSING = object()


def _fits(found: object, wanted: object) -> bool:
    if isinstance(wanted, bool) or isinstance(found, bool) or wanted is None:
        return found is wanted
    if isinstance(wanted, int | float):
        try:
            return float(str(found)) == float(wanted)
        except ValueError:
            return False
    if isinstance(wanted, str):
        return isinstance(found, str) and found.strip().casefold() == wanted.strip().casefold()
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(
            _fits(found.get(key, _MISSING), each) for key, each in wanted.items()
        )
    if isinstance(wanted, list | tuple):
        return (
            isinstance(found, list)
            and len(found) == len(wanted)
            and all(_fits(one, other) for one, other in zip(found, wanted, strict=True))
        )
    return found == wanted


def _arguments(call: CallResult) -> Mapping[str, Any]:
    try:
        values = json.loads(call.arguments)
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}


def _shown_arguments(call: CallResult) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in _arguments(call).items())


def _short(text: str) -> str:
    return text if len(text) <= 200 else text[:199] + "…"
