"""Words: splitting text and identifiers into words, stems, and words that carry no meaning."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def word_list(text: str) -> list[str]:
    """Return the words in `text`, for tables that read better as a line of words."""
    return text.split()


def word_set(text: str) -> frozenset[str]:
    """Return the words in `text` as a set."""
    return frozenset(text.split())


#: Words that do not tell which tool or argument is meant.
STOP_WORDS = word_set(
    """
    a about all am an and any are as at be been being but by can could did do does doing done each
    else for from get gets getting give go going got had has have having hello help her here hers
    hey hi him his how i i'd i'll i'm if in into is it it's its just kindly let let's like me mine
    my need no not now of off on once one ones or our ours out over please shall she should so some
    such tell than that that's the their them then there these they this those to too try under up
    us use using very want was we well were what what's when where which while who whose why will
    with would you your yours
    """
)

#: Verbs that open a request.
REQUEST_VERBS = word_set(
    """
    add book call cancel change check clear close convert create define delete draw draft explain
    find flip generate insert log look lookup make measure move note open order pause pick place
    play plot post print put record remind remove rename reserve roll run save say schedule search
    select send share simulate solve spell start stop store submit switch take tell text throw
    toggle toss translate turn update upload write
    """
)

_IRREGULAR = {
    "dice": "die", "people": "person", "children": "child", "feet": "foot", "men": "man", "women": "woman",
    "mice": "mouse", "bought": "buy", "sent": "send", "wrote": "write", "written": "write", "spoke": "speak",
    "ran": "run", "running": "run", "threw": "throw", "thrown": "throw",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Word:
    """A word in `text[start:end]`, in lower case."""

    text: str
    start: int
    end: int


def words_of(text: str) -> list[Word]:
    """Split `text` into words, without punctuation but with the apostrophes inside words."""
    return [
        Word(match.group().lower().replace("\u2019", "'"), match.start(), match.end())
        for match in _WORD.finditer(text)
    ]


def split_name(name: str) -> list[str]:
    """Split an identifier into words: ``reaction_rate``, ``reactionRate`` and ``reaction-rate`` alike."""
    return [word.text for word in words_of(_CAMEL.sub(" ", name.replace("_", " ")))]


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """Return a crude stem, so that "timers", "timing" and "timed" match "timer"."""
    word = word.removesuffix("'s")
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    for ending, replacement in (("ies", "y"), ("sses", "ss"), ("ing", ""), ("ed", ""), ("es", "e"), ("s", "")):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            if ending == "s" and word.endswith(("ss", "us", "is")):
                continue
            word = word[: len(word) - len(ending)] + replacement
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz":
        word = word[:-1]
    return word.removesuffix("e") if len(word) > 3 else word


@lru_cache(maxsize=8192)
def content_stems(text: str) -> frozenset[str]:
    """Return the stems of the words in `text` that carry meaning."""
    return frozenset(stem(word.text) for word in words_of(text) if word.text not in STOP_WORDS)
