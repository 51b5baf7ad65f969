"""Cuts text that comes in pieces into sentences: the first can be spoken before the last is there. Pure."""

from __future__ import annotations

import re

#: Longest piece: what services take as one text to speak.
LONGEST = 4000
#: A sentence shorter than this waits for the next one: "Dr. ", "No. 1" and "Yes. " alone sound wrong.
_SHORTEST = 12
_END = re.compile(r"[.!?…]+[\"')\]»”]*\s+|\n+|[。！？]")  # noqa: RUF001 - other scripts' own ends


def sentence_end(text: str, start: int) -> int | None:
    """Return where the sentence that begins at `start` ends, with the space after it; None if it is not over.

    Parameters
    ----------
    text
        Text that may still grow.
    start
        Index of the first character of the sentence.
    """
    for match in _END.finditer(text, start):
        if match.end() - start >= _SHORTEST:
            return match.end()
    return None


class SentenceCutter:
    """Cuts streamed text into sentences."""

    def __init__(self) -> None:
        self._rest = ""

    def take(self, text: str) -> list[str]:
        """Add text; return the sentences that are complete now, none of them blank."""
        self._rest += text
        sentences, start = list[str](), 0
        while (end := sentence_end(self._rest, start)) is not None:
            sentences += _pieces(self._rest[start:end])
            start = end
        self._rest = self._rest[start:]
        return sentences

    def finish(self) -> list[str]:
        """Return what is left at the end of the text."""
        rest, self._rest = self._rest, ""
        return _pieces(rest)


def _pieces(sentence: str) -> list[str]:
    """Cut what is too long between two words."""
    pieces, sentence = [], sentence.strip()
    while len(sentence) > LONGEST:
        cut = sentence.rfind(" ", 1, LONGEST)
        cut = cut if cut > 0 else LONGEST
        pieces.append(sentence[:cut])
        sentence = sentence[cut:].strip()
    return [*pieces, sentence] if sentence else pieces
