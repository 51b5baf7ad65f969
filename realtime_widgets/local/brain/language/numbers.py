"""Numbers in what people say and type: digits, words, halves and dozens, minus and point."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from realtime_widgets.local.brain.language.words import word_list, word_set

_UNITS = {
    word: value
    for value, word in enumerate(
        word_list(
            """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen
    """
        )
    )
}
_TENS = {
    word: 10 * value
    for value, word in enumerate(word_list("twenty thirty forty fifty sixty seventy eighty ninety"), start=2)
} | {"fourty": 40}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_PARTS = {
    "half": Fraction(1, 2), "halves": Fraction(1, 2), "quarter": Fraction(1, 4), "quarters": Fraction(1, 4),
    "third": Fraction(1, 3), "thirds": Fraction(1, 3), "tenth": Fraction(1, 10), "tenths": Fraction(1, 10),
}  # fmt: skip
_GROUPS = {"dozen": 12, "couple": 2, "pair": 2, "score": 20}
#: Larger numbers are ignored: no tool wants them.
_TOO_LARGE = 10**100
_TIMES = {"twice": 2, "thrice": 3}
_ORDINAL_UNITS = {
    word: value
    for value, word in enumerate(
        word_list(
            """
    first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth
    fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth
    """
        ),
        start=1,
    )
}
_ORDINAL_TENS = {"twentieth": 20, "thirtieth": 30, "fortieth": 40, "fiftieth": 50, "hundredth": 100}

_TOKEN = re.compile(
    r"(?P<fraction>(?<![\w.,])\d+/\d+(?![\w/]))"
    r"|(?P<number>(?<![\d.,])(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.\d+|\.\d+|\d+)(?:[eE][-+]?\d+(?!\w))?)"
    r"|(?P<word>[^\W\d_]+(?:['\u2019][^\W\d_]+)*)"
    r"|(?P<minus>[-\u2212])"
    r"|(?P<other>\S)"
)
# "the other one", "one of them": a pronoun, not a number.
_BEFORE_PRONOUN_ONE = word_set(
    "the this that which other another every each no any some last next good same new second first"
)

_ARTICLES = word_set("a an the another")
_NUMERAL = frozenset(_UNITS) | frozenset(_TENS) | frozenset(_SCALES) | word_set("and a an point minus")


@dataclass(frozen=True, slots=True)
class Number:
    """A number in `text[start:end]`; `ordinal` for "third", `article` for the one in "an hour"."""

    value: float
    start: int
    end: int
    ordinal: bool = False
    article: bool = False


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


def plain(value: float) -> float | int:
    """Return the number as JSON writes it best: whole numbers without a point."""
    return int(value) if float(value).is_integer() else value


@lru_cache(maxsize=256)
def find_numbers(text: str) -> tuple[Number, ...]:
    """Return the numbers that `text` names, in order; times and dates are for `dates` to find first."""
    tokens = [
        _Token(match.lastgroup or "other", match.group().lower(), match.start(), match.end())
        for match in _TOKEN.finditer(text)
    ]
    found: list[Number] = []
    position = 0
    while position < len(tokens):
        number, used = _read_signed(tokens, position, text)
        if number is None:
            position += 1
        else:
            found.append(number)
            position += used
    return tuple(found)


def _read_signed(tokens: list[_Token], at: int, text: str) -> tuple[Number | None, int]:
    token = tokens[at]
    in_word = token.start > 0 and text[token.start - 1].isalnum()
    sign = int(token.text in ("minus", "negative") or (token.kind == "minus" and not in_word))
    number, used = _read(tokens, at + sign)
    if number is None or (sign and (number.ordinal or number.article)):
        return None, 0
    if sign:
        number = Number(-number.value, token.start, number.end)
    return number, used + sign


def _read(tokens: list[_Token], at: int) -> tuple[Number | None, int]:
    """Read an unsigned number that begins at token `at`; return it and how many tokens it takes."""
    if at >= len(tokens):
        return None, 0
    token = tokens[at]
    for reader in (_read_fraction_words, _read_ordinal, _read_cardinal):
        number, used = reader(tokens, at)
        if number is not None:
            return number, used
    if token.kind == "word" and token.text in _TIMES:
        return Number(_TIMES[token.text], token.start, token.end), 1
    if token.kind == "word" and token.text in ("a", "an"):
        return Number(1, token.start, token.end, article=True), 1
    return None, 0


def _word(tokens: list[_Token], at: int) -> str:
    return tokens[at].text if at < len(tokens) and tokens[at].kind == "word" else ""


def _read_fraction_words(tokens: list[_Token], at: int) -> tuple[Number | None, int]:
    """Read "half", "a quarter", "three quarters", "a dozen", "half a dozen", "a couple of" or "3/4"."""
    token = tokens[at]
    if token.kind == "fraction":
        over, under = (int(part) for part in token.text.split("/"))
        if under == 0:
            return None, 0
        return Number(over / under, token.start, token.end), 1
    first, second, third = (_word(tokens, at + offset) for offset in range(3))
    if first == "half":
        if second in ("a", "an") and third in _GROUPS:
            return Number(_GROUPS[third] / 2, token.start, tokens[at + 2].end), 3
        return Number(0.5, token.start, token.end), 1
    if first in ("a", "an", "one"):
        if second in _GROUPS:
            end = at + (3 if third == "of" else 2)
            return Number(_GROUPS[second], token.start, tokens[at + 1].end), end - at
        if second in ("half", "quarter", "third", "tenth"):
            return Number(float(_PARTS[second]), token.start, tokens[at + 1].end), 2
    if first in _GROUPS and first != "score":
        return Number(_GROUPS[first], token.start, token.end), 1
    if first in _UNITS and second in ("quarters", "thirds", "tenths", "halves"):
        return Number(float(_UNITS[first] * _PARTS[second]), token.start, tokens[at + 1].end), 2
    return None, 0


def _read_ordinal(tokens: list[_Token], at: int) -> tuple[Number | None, int]:
    """Read "third", "twenty-first" or "3rd"."""
    token = tokens[at]
    ending = _word(tokens, at + 1) in ("st", "nd", "rd", "th") and tokens[at + 1].start == token.end
    if ending and token.kind == "number" and token.text.isdigit():
        return Number(int(token.text), token.start, tokens[at + 1].end, ordinal=True), 2
    word = _word(tokens, at)
    if word in _ORDINAL_UNITS or word in _ORDINAL_TENS:
        value = _ORDINAL_UNITS.get(word) or _ORDINAL_TENS[word]
        return Number(value, token.start, token.end, ordinal=True), 1
    if word in _TENS:
        step = 2 if at + 1 < len(tokens) and tokens[at + 1].kind == "minus" else 1
        unit = _ORDINAL_UNITS.get(_word(tokens, at + step), 99)
        if unit < 10:
            end = tokens[at + step].end
            return Number(_TENS[word] + unit, token.start, end, ordinal=True), step + 1
    return None, 0


def _read_cardinal(tokens: list[_Token], at: int) -> tuple[Number | None, int]:
    """Read digits and words: "42", "forty-two", "a hundred and twenty", "2 million", "two and a half"."""
    word = _word(tokens, at)
    if word == "point":
        value, end = _decimals(tokens, Fraction(0), at)
        return (Number(float(value), tokens[at].start, tokens[end - 1].end), end - at) if end > at else (None, 0)
    if word == "one" and _is_pronoun(tokens, at):
        return None, 0
    begin = at + 1 if word in ("a", "an") and _word(tokens, at + 1) in _SCALES else at
    total, end = _whole(tokens, begin)
    if end == begin:
        return None, 0
    value, end = _decimals(tokens, total, end)
    if value >= _TOO_LARGE:
        return None, 0
    return Number(float(value), tokens[at].start, tokens[end - 1].end), end - at


def _whole(tokens: list[_Token], at: int) -> tuple[Fraction, int]:
    """Add up number words and digits from `at` on; return the sum and where it ends."""
    total = Fraction(0)
    group: Fraction | None = None  # the part below the next thousand
    room = _TOO_LARGE  # only smaller numbers may follow: a unit after "twenty"
    position = end = at
    while position < len(tokens):
        token, word = tokens[position], _word(tokens, position)
        if token.kind == "number" and group is None and position == at:
            group, room = _digits(token.text), 1
        elif word in _UNITS and room > max(_UNITS[word], 9):
            group, room = (group or Fraction(0)) + _UNITS[word], 1
        elif word in _TENS and room >= 100:
            group, room = (group or Fraction(0)) + _TENS[word], 10
        elif word == "hundred" and (group is not None or position == at):
            group, room = (group or Fraction(1)) * 100, 100
        elif word in _SCALES and word != "hundred" and (group is not None or position == at):
            total, group, room = total + (group or Fraction(1)) * _SCALES[word], None, _SCALES[word]
        elif _is_link(tokens, position, room) and position > at:
            position += 1
            continue
        else:
            break
        position += 1
        end = position
    return total + (group or 0), end


def _is_link(tokens: list[_Token], at: int, room: int) -> bool:
    """Return whether the "and" or hyphen at `at` is part of a number."""
    following = _word(tokens, at + 1)
    if tokens[at].kind == "minus":
        return room == 10 and 0 < _UNITS.get(following, 0) < 10
    return tokens[at].text == "and" and 100 <= room < _TOO_LARGE and (following in _UNITS or following in _TENS)


def _decimals(tokens: list[_Token], value: Fraction, end: int) -> tuple[Fraction, int]:
    """Add "point five", "and a half" or "and three quarters" after a number."""
    if _word(tokens, end) == "point":
        digits = ""
        position = end + 1
        while position < len(tokens):
            token = tokens[position]
            if token.kind == "word" and (_UNITS.get(token.text, 10) < 10 or token.text == "oh"):
                digits += str(_UNITS.get(token.text, 0))
            elif token.kind == "word" and token.text in _TENS and not digits:
                digits += str(_TENS[token.text] // 10)
                if 0 < _UNITS.get(_word(tokens, position + 1), 0) < 10:
                    position += 1
                    digits += str(_UNITS[_word(tokens, position)])
            elif token.kind == "number" and token.text.isdigit():
                digits += token.text
            else:
                break
            position += 1
        if digits:
            return value + Fraction(int(digits), 10 ** len(digits)), position
    if _word(tokens, end) == "and":
        part, used = (None, 0) if end + 1 >= len(tokens) else _read_fraction_words(tokens, end + 1)
        if part is not None and part.value < 1:
            return value + Fraction(part.value).limit_denominator(100), end + 1 + used
    return value, end


def _digits(text: str) -> Fraction:
    plain = text.replace(",", "")
    return Fraction(plain) if len(plain) < 40 and abs(_exponent(plain)) < 100 else Fraction(_TOO_LARGE)


def _exponent(text: str) -> int:
    return int(text.split("e")[1]) if "e" in text else 0


def _is_pronoun(tokens: list[_Token], at: int) -> bool:
    before = _word(tokens, at - 1) if at else ""
    # "a large one": a pronoun has an article before its adjective.
    described = at > 1 and _word(tokens, at - 2) in _ARTICLES and before not in _NUMERAL
    return before in _BEFORE_PRONOUN_ONE or described or _word(tokens, at + 1) == "of"
