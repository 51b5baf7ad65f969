"""The words of one content part, checked sentence by sentence, and shown as far as they have passed. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from realtime_widgets.sentences import sentence_end

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.safety.verdict import Verdict


@dataclass
class Sentence:
    """One sentence: its place in the text, and the verdict on it once that is known."""

    check_id: str
    start: int
    end: int
    verdict: Verdict | None = None


class CheckedWords:
    """Words of one content part.

    Parameters
    ----------
    item_id, index
        The part.
    spoken
        Whether they are spoken: what comes after a sentence that does not pass cannot be left out of the sound.
    text
        Words that came before they were checked.

    Attributes
    ----------
    text
        Words as they came.
    whole
        Whether all of them came.
    stopped
        Whether a verdict ends them: nothing more is shown.
    changed
        Whether other words are shown than came.
    """

    def __init__(self, item_id: str, index: int, spoken: bool, text: str = "") -> None:
        self.item_id, self.index, self.spoken = item_id, index, spoken
        self.text = text
        self.whole = self.stopped = self.changed = False
        self._unchecked = text
        self._cut_to = len(text)
        self._sentences: list[Sentence] = []

    def came(self, text: str, whole: bool, new_id: Callable[[str], str]) -> list[Sentence]:
        """Note all words so far; returns the sentences that are complete and new.

        Parameters
        ----------
        text
            All words of the part. If they differ from those that came before, they are checked anew.
        whole
            Whether there are no more.
        new_id
            Makes an id for each sentence.
        """
        if not text.startswith(self.text[: self._cut_to]):
            self._unchecked, self._cut_to, self._sentences = "", 0, []
        self.text, self.whole = text, self.whole or whole
        if self.stopped:
            return []
        known = len(self._sentences)
        while (end := self._end()) is not None:
            self._sentences.append(Sentence(new_id("check"), self._cut_to, end))
            self._cut_to = end
        return self._sentences[known:]

    def decide(self, check_id: str, verdict: Verdict) -> bool:
        """Apply the verdict on a sentence; returns False if the sentence is not of these any more."""
        for sentence in self._sentences:
            if sentence.check_id == check_id and sentence.verdict is None:
                sentence.verdict = verdict
                self.changed |= verdict.action in ("mask", "replace", "stop", "end")
                self.stopped |= verdict.action in ("stop", "end")
                self.stopped |= self.spoken and verdict.action in ("mask", "replace")
                return True
        return False

    @property
    def settled(self) -> bool:
        """Whether nothing is left to be checked."""
        return self.stopped or (self.whole and all(each.verdict for each in self._sentences))

    @property
    def passed(self) -> str:
        """Words that have passed as they came, from the beginning to the first sentence that has not."""
        end = len(self._unchecked)
        for sentence in self._sentences:
            if sentence.verdict is None or sentence.verdict.action not in ("pass", "flag"):
                break
            end = sentence.end
        return self.text[:end]

    @property
    def shown(self) -> str:
        """Words that may be seen: those that have passed, and others in the place of what has not."""
        shown = self._unchecked
        for sentence in self._sentences:
            verdict = sentence.verdict
            if verdict is None or verdict.action in ("stop", "end"):
                break
            words = self.text[sentence.start : sentence.end]
            if verdict.action in ("pass", "flag"):
                shown += words
            elif self.spoken:
                break
            else:
                shown += verdict.text + words[len(words.rstrip()) :]
        return shown

    def _end(self) -> int | None:
        end = sentence_end(self.text, self._cut_to)
        if end is None and self.whole and self._cut_to < len(self.text):
            return len(self.text)
        return end
