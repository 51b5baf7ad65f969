"""Turns written text into text that can be read aloud, and cuts it into pieces for the synthesiser."""

from __future__ import annotations

import re

#: A first sentence longer than this is cut at a clause, so that the first sound comes early (characters).
_LONG_SENTENCE = 90
#: Shortest first piece worth speaking on its own (characters).
_SHORTEST_PIECE = 20

_CLAUSE_END = re.compile(
    r"(?<=[,;:\u2013\u2014])\s+|\s+(?=(?:and|but|because|although|which|so that|while)\s)"
)


def first_piece_short(sentences: list[str]) -> list[str]:
    """Cut a long first sentence in two at its first clause boundary; the rest stays as it is."""
    if not sentences or len(sentences[0]) <= _LONG_SENTENCE:
        return sentences
    first, *rest = sentences
    for boundary in _CLAUSE_END.finditer(first, _SHORTEST_PIECE):
        return [first[: boundary.start()], first[boundary.end() :], *rest]
    return sentences


def speakable(text: str) -> str:
    """Text to read aloud instead of `text`; empty where nothing in it can be spoken."""
    return text.strip()
