"""Splits text that arrives in pieces into sentences, each as soon as it is complete. Pure."""

from __future__ import annotations

import re

#: From this length on the first piece may end at a clause, so that speech begins earlier (characters).
_EARLY_CLAUSE = 40
#: Longest piece: text without an end must be spoken too (characters).
_LONGEST = 300
_FENCE = re.compile(r"^[ \t]*(?:```|~~~)", re.MULTILINE)
_FENCED = re.compile(r"\s*^[ \t]*(```|~~~).*?^[ \t]*\1[ \t]*$", re.MULTILINE | re.DOTALL)
_LINE_END = re.compile(r"(?<=\S)[^\S\n]*\n")
_SENTENCE_END = re.compile(r"[.!?\u2026]+[\"'\u201d\u2019)\]*_]*(?=\s)")
_CLAUSE_END = re.compile(r"[,;:\u2013\u2014](?=\s)")
#: Words whose full stop does not end a sentence.
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\"'])(?:[A-Z]|mr|mrs|ms|dr|prof|st|no|vs|e\.?g|i\.?e|cf|approx|fig|inc|ltd|jr|sr|\d{1,3})\.$",
    re.IGNORECASE,
)


class SentenceCutter:
    """Splits text into sentences and lines; code blocks stay whole.

    A piece that starts with line breaks begins a new line; otherwise a space belongs before it.
    """

    def __init__(self) -> None:
        self._text = ""
        self._begun = False

    def feed(self, text: str) -> list[str]:
        """Add text; return the pieces that are complete."""
        self._text += text
        pieces = []
        while (end := self._end()) is not None:
            pieces += self._cut(end)
        return pieces

    def flush(self) -> list[str]:
        """Return the rest: no more text follows."""
        return self._cut(len(self._text))

    def _cut(self, end: int) -> list[str]:
        piece, self._text = self._text[:end].rstrip(), self._text[end:]
        breaks = piece[: len(piece) - len(piece.lstrip())].count("\n")
        words = piece.strip(" \t\r\n")
        if not words:
            # A line break alone belongs to the next piece.
            self._text = "\n" * breaks + self._text if breaks and self._text else self._text
            return []
        opening = "\n" * breaks if self._begun else ""
        self._begun = True
        return [opening + words]

    def _end(self) -> int | None:
        """Return where the first complete piece ends; None if none is complete."""
        start = len(self._text) - len(self._text.lstrip())
        if _FENCE.match(self._text, self._text.rfind("\n", 0, start) + 1):
            fenced = _FENCED.match(self._text)
            # The closing mark may still grow.
            return fenced.end() if fenced and fenced.end() < len(self._text) else None
        ends = [match.start() for match in [_LINE_END.search(self._text, start)] if match]
        ends += [end for end in [self._sentence_end(start)] if end is not None]
        if not ends and not self._begun:
            clause = _CLAUSE_END.search(self._text, start + _EARLY_CLAUSE)
            ends += [clause.end()] if clause else []
        if not ends and len(self._text) - start > _LONGEST:
            space = self._text.rfind(" ", start + 1, start + _LONGEST)
            ends.append(space if space > 0 else start + _LONGEST)
        return min(ends, default=None)

    def _sentence_end(self, start: int) -> int | None:
        for match in _SENTENCE_END.finditer(self._text, start):
            before = self._text[start : match.end()]
            if match.group() != "." or not self._goes_on(before):
                return match.end()
        return None

    @staticmethod
    def _goes_on(before: str) -> bool:
        """Return whether the full stop at the end of `before` belongs to an abbreviation or a numbered line."""
        match = _ABBREVIATION.search(before)
        if match is None:
            return False
        shortened = match.group().strip(" (\"'.\n")
        # "1. Apples" opens a line; "in 2020." and "it was 5." end a sentence.
        return not shortened.isdigit() or match.start() == 0
