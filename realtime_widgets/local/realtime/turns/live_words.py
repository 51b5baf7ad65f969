"""Words that are written along while somebody still speaks: what two recognitions in a row agree on. Pure."""

from __future__ import annotations


class LiveWords:
    """The words of one item before it is complete; what was told is not taken back."""

    def __init__(self) -> None:
        self._told: list[str] = []
        self._before: list[str] = []

    def heard(self, text: str) -> str:
        """Return the words to tell now.

        Parameters
        ----------
        text
            The item's sound so far, as it was just recognised.
        """
        words = text.split()
        agreed = _common(self._before, words)
        self._before = words
        if agreed <= len(self._told) or _common(self._told, words) < len(self._told):
            return ""
        return self._tell(words[:agreed])

    def rest(self, text: str) -> str:
        """Return the words to tell when the item is complete, as far as they go on from what was told."""
        words = text.split()
        if not self._told:
            return text
        return self._tell(words) if _common(self._told, words) == len(self._told) else ""

    def _tell(self, words: list[str]) -> str:
        new = words[len(self._told) :]
        space = " " if self._told and new else ""
        self._told = words
        return space + " ".join(new)


def _common(first: list[str], second: list[str]) -> int:
    """Return how many words two lists have in common at their beginning."""
    return next(
        (index for index, (one, other) in enumerate(zip(first, second, strict=False)) if one != other),
        min(len(first), len(second)),
    )
