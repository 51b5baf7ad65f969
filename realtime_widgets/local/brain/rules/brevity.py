"""Answers of a length that was asked for: "in one word", "in at most two sentences"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from realtime_widgets.local.brain.language.numbers import find_numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

_COUNT = r"(?:one|a single|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|\d{1,2})"
_BOUND = (
    r"(?:(?:exactly|only|just|at most|up to|under|about|around|maximum|max|no more than|not more than|fewer than"
    r"|less than|a maximum of|a max of)\s+)*"
)
_LENGTH = re.compile(
    rf"\b(?:in|with|using|use|within|to)\s+{_BOUND}(?P<count>{_COUNT})\s+(?:short\s+|simple\s+|brief\s+)?"
    r"(?P<unit>word|sentence)s?\b"
    rf"|\b(?:at most|no more than|not more than|up to|a maximum of)\s+(?P<most>{_COUNT})\s+(?:short\s+)?"
    r"(?P<most_unit>word|sentence)s?\b"
    r"|\b(?P<single>one|single)[- ](?P<single_unit>word|sentence)\s+(?:answers?|repl(?:y|ies)|responses?)\b"
    r"|\bwith (?:a simple |just |only )*[\"\u201c']?yes[\"\u201d']?,? or [\"\u201c']?no[\"\u201d']?(?:\s+only)?",
    re.IGNORECASE,
)
#: A sentence or clause that asks for a length and nothing else.
_ASKED = (
    r"(?:please\s+|just\s+|only\s+)*(?:answer|reply|respond|say it|tell me|speak|keep it|keep your answers?)"
    r"(?:\s+(?:me|to me|this|it|that|only|please|always))*\s+"
)
_ASKS_ONLY = re.compile(rf"(?:{_ASKED})?(?:{_LENGTH.pattern})[\s,:;.!?]*", re.IGNORECASE)
_BEFORE = 200  # characters in which a "not" is looked for
_LONGEST = 2000  # characters of a text in which words are looked for to leave them out
_NOT = re.compile(r"\b(?:not|never|don['\u2019]?t)\b[^.!?\n]*$", re.IGNORECASE)
_ALONE = re.compile(r"^(?:yes|no|hello|goodbye|done|sorry|you are welcome|none)\b", re.IGNORECASE)
_VALUE = re.compile(r"(?:\b(?:is|are|am|was|were)\s+|:\s+)(?P<value>[^,;!?]+?)[.,;!?]*$", re.IGNORECASE)
_VALUE_BEFORE_COMMA = re.compile(r"(?:\b(?:is|are|am|was|were)\s+|:\s+)(?P<value>[^,;!?]+),", re.IGNORECASE)


@dataclass(frozen=True)
class Length:
    """The most words or sentences of an answer."""

    words: int | None = None
    sentences: int | None = None


def asked_length(text: str) -> Length | None:
    """Return the length that `text` asks answers to have; None if it asks for none."""
    for match in _LENGTH.finditer(text):
        if _NOT.search(text[max(0, match.start() - _BEFORE) : match.start()]):
            continue
        count, unit = match["count"] or match["most"], match["unit"] or match["most_unit"]
        if count is None:
            return Length(sentences=1) if match["single_unit"] == "sentence" else Length(words=1)
        number = _number(count)
        return Length(words=number) if unit.lower() == "word" else Length(sentences=number)
    return None


def without_length(text: str) -> str:
    """Return `text` without the words that only ask for a length."""
    if asked_length(text) is None or len(text) > _LONGEST:
        return text
    return " ".join(_ASKS_ONLY.sub(" ", text).split()) or text


def shortened(sentences: Sequence[str], length: Length | None) -> list[str]:
    """Return an answer cut to `length`: of a sentence that is too long, what it says of its subject."""
    if length is None or not sentences:
        return list(sentences)
    if length.sentences is not None:
        return list(sentences[: length.sentences])
    most = length.words or 1
    kept: list[str] = []
    for sentence in sentences:
        if len(" ".join([*kept, sentence]).split()) > most:
            break
        kept.append(sentence)
    return kept or [_cut(sentences[0], most)]


def _cut(sentence: str, most: int) -> str:
    alone = _ALONE.match(sentence)
    if alone and len(alone.group().split()) <= most:
        return _sentence(alone.group())
    value = _VALUE_BEFORE_COMMA.search(sentence) or _VALUE.search(sentence)
    words = (value["value"] if value else sentence.rstrip(".!?")).split()
    if most == 1 and len(words) == 2 and words[0] == "minus":
        return _sentence(f"-{words[1]}")
    return _sentence(" ".join(words[-most:]))


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _number(count: str) -> int:
    if count.lower() in ("one", "a single"):
        return 1
    found = find_numbers(count)
    return max(1, round(found[0].value)) if found else 1
