"""Counts word errors between what was said and what was recognised.

Both texts are normalised first, so that only real differences count: lower case without
punctuation; contractions and titles written out ("I'm": "i am"); a few spellings unified
("colour": "color"); every number, in figures or in words, as the digits of its value
("ten": "1 0", "twenty-one": "2 1", "29340" and "two nine three four zero": "2 9 3 4 0"), ordinals
with a mark after them ("eighth" and "8th": "8 th"), and what belongs to figures in words ("-2.5":
"minus 2 point 5", "$5": "5 dollars"). Thus "seven of clubs" heard as "7 of clubs" is recognised.
"""

from __future__ import annotations

import re
import unicodedata

# fmt: off
_UNITS = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
# fmt: on
_VALUES = {word: value for value, word in enumerate(_UNITS)}
_VALUES |= {word: 10 * value for value, word in enumerate(_TENS, start=2)}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fifth": 5, "eighth": 8, "ninth": 9, "twelfth": 12}
_ORDINALS |= {f"{word}th": value for word, value in _VALUES.items() if word[-1] not in "ety" and value > 3}
_ORDINALS |= {f"{word[:-1]}ieth": value for word, value in _VALUES.items() if word in _TENS}

_CONTRACTIONS = (
    (r"\bwon't\b", "will not"),
    (r"\bcan't\b", "can not"),
    (r"\bcannot\b", "can not"),
    (r"\blet's\b", "let us"),
    (r"n't\b", " not"),
    (r"'ll\b", " will"),
    (r"'re\b", " are"),
    (r"'ve\b", " have"),
    (r"'m\b", " am"),
    (r"\b(it|that|what|there|here|he|she|who|where)'s\b", r"\1 is"),
    (r"\bmr\b", "mister"),
    (r"\bmrs\b", "missus"),
    (r"\bdr\b", "doctor"),
    (r"\bok\b", "okay"),
    (r"%", " percent "),
    (r"(?<![\w.])-(?=\d)", "minus "),
    (r"\$(\d[\d,.]*\d|\d)", r"\1 dollars"),
    (r"\u00a3(\d[\d,.]*\d|\d)", r"\1 pounds"),
    (r"\u20ac(\d[\d,.]*\d|\d)", r"\1 euros"),
    (r"(?<=\d)\.(?=\d)", " point "),
    (r"\*", " star "),
    (r"\b(re|pre|un)-", r"\1"),
)
#: "Two hundred and five" is one number.
_AND = re.compile(rf"\b({'|'.join(_SCALES)}) and (?=(?:{'|'.join([*_VALUES, *_ORDINALS])})\b)")
_SPELLINGS = {
    "cancelled": "canceled",
    "centre": "center",
    "colour": "color",
    "dialled": "dialed",
    "favourite": "favorite",
    "grey": "gray",
    "mail box": "mailbox",
    "metre": "meter",
    "metres": "meters",
    "thru": "through",
    "voice mail": "voicemail",
}


def normalised_words(text: str, figures: bool = True) -> list[str]:
    """Return the words of a text as they are compared; with `figures`, numbers in one form."""
    text = unicodedata.normalize("NFKC", text).lower().replace("\u2019", "'")
    for pattern, written_out in _CONTRACTIONS:
        text = re.sub(pattern, written_out, text)
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    text = re.sub(r"\b(\d+)(?:st|nd|rd|th)\b", r"\1 th", text)
    text = _AND.sub(r"\1 ", " ".join(re.sub(r"[^\w\s]|_", " ", text.replace("'", "")).split()))
    for spelling, unified in _SPELLINGS.items():
        text = re.sub(rf"\b{spelling}\b", unified, text)
    return _numbers_as_digits(text.split()) if figures else text.split()


def word_errors(said: str, heard: str, figures: bool = True) -> tuple[int, int]:
    """Count the wrong, missing and added words of a text that was recognised.

    Parameters
    ----------
    said, heard
        The two texts.
    figures
        Whether a number in figures counts as the same number in words.

    Returns
    -------
    tuple of int
        The errors, and the number of words in `said`.
    """
    reference, hypothesis = normalised_words(said, figures), normalised_words(heard, figures)
    costs = list(range(len(hypothesis) + 1))
    for row, word in enumerate(reference, start=1):
        diagonal, costs[0] = costs[0], row
        for column, other in enumerate(hypothesis, start=1):
            cost = min(costs[column] + 1, costs[column - 1] + 1, diagonal + (word != other))
            diagonal, costs[column] = costs[column], cost
    return costs[-1], len(reference)


def _numbers_as_digits(words: list[str]) -> list[str]:
    result: list[str] = []
    number: int | None = None
    last = ""
    for word in [*words, ""]:
        if number is not None and last in _TENS and 0 < _ORDINALS.get(word, 0) < 10:  # "twenty-first"
            result += [*str(number + _ORDINALS[word]), "th"]
            number, last = None, ""
            continue
        grown = _grown(number, last, word)
        if grown is None and number is not None:
            result += str(number)
        if grown is not None:
            number, last = grown, word
            continue
        number, last = None, ""
        value = _VALUES.get(word)
        if value is not None:
            number, last = value, word
        elif word in _ORDINALS:
            result += [*str(_ORDINALS[word]), "th"]
        elif word.isdecimal():
            result += word
        elif word:
            result.append(word)
    return result


def _grown(number: int | None, last: str, word: str) -> int | None:
    """Return the number that `word` makes of the number before it; None if the two do not form a number."""
    if number is None:
        return None
    if word == "hundred":
        hundreds = number % 1000
        return number + 99 * hundreds if 0 < hundreds < 10 else None
    if word in _SCALES:
        return number * _SCALES[word] if 0 < number < 1000 else None
    value = _VALUES.get(word)
    if value is None or not ((last in _TENS and 0 < value < 10) or (last in _SCALES and value < _SCALES[last])):
        return None
    return number + value
