"""What was said, and which words of it have become arguments."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from realtime_widgets.local.brain.language.words import Word, words_of


@dataclass
class Utterance:
    """A text whose words are used up one after the other."""

    text: str
    used: list[tuple[int, int]] = field(default_factory=list)

    @cached_property
    def words(self) -> list[Word]:
        """All words, used or not."""
        return words_of(self.text)

    def use(self, start: int, end: int) -> None:
        """Mark `text[start:end]` as used."""
        self.used.append((start, end))

    def is_free(self, start: int, end: int) -> bool:
        """Return whether nothing of `text[start:end]` is used."""
        return all(end <= low or start >= high for low, high in self.used)

    def rest(self) -> str:
        """Return the text without what is used."""
        edges = [0, *(edge for span in sorted(self.used) for edge in span), len(self.text)]
        return " ".join(
            " ".join(self.text[low:high] for low, high in zip(edges[::2], edges[1::2], strict=True)).split()
        )

    def before(self, start: int, count: int) -> list[str]:
        """Return up to `count` words that end before `start`, the nearest first."""
        return [word.text for word in self.words if word.end <= start][-count:][::-1]

    def after(self, end: int, count: int) -> list[str]:
        """Return up to `count` words that begin at or after `end`, the nearest first."""
        return [word.text for word in self.words if word.start >= end][:count]
