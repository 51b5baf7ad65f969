"""What was said, and which stretches of it have been used up by an argument already."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from realtime_widgets.local.brain.words import Word, words_of


@dataclass
class Utterance:
    """A text whose stretches are taken one by one."""

    text: str
    taken: list[tuple[int, int]] = field(default_factory=list)

    @cached_property
    def words(self) -> list[Word]:
        """All words, taken or not."""
        return words_of(self.text)

    def take(self, start: int, end: int) -> None:
        """Mark `text[start:end]` as used up."""
        self.taken.append((start, end))

    def is_free(self, start: int, end: int) -> bool:
        """Whether nothing of `text[start:end]` has been taken."""
        return all(end <= low or start >= high for low, high in self.taken)

    def rest(self) -> str:
        """The text without what is taken."""
        edges = [0, *(edge for span in sorted(self.taken) for edge in span), len(self.text)]
        return " ".join(
            " ".join(self.text[low:high] for low, high in zip(edges[::2], edges[1::2], strict=True)).split()
        )

    def before(self, start: int, count: int) -> list[str]:
        """Up to `count` words that end before `start`, the nearest first."""
        return [word.text for word in self.words if word.end <= start][-count:][::-1]

    def after(self, end: int, count: int) -> list[str]:
        """Up to `count` words that begin at or after `end`, the nearest first."""
        return [word.text for word in self.words if word.start >= end][:count]
