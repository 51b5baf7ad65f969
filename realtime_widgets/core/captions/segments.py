"""What was said, as segments with their times: folded from the service's events. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Segment:
    """Words that were said in one go.

    Attributes
    ----------
    id : str
        The service's name for it.
    start, end : float
        Where it is in the captured sound, in seconds; `end` is where the sound is now while it is being said.
    text : str
        The words.
    final : bool
        Whether the service has said that these are all; until then they may change.
    languages : tuple of str
        Languages that were heard, as ``"de"``, if the service tells.
    speaker : str
        Who said it, as the service names them; empty if it does not tell speakers apart.
    """

    id: str
    start: float
    end: float
    text: str
    final: bool
    languages: tuple[str, ...] = ()
    speaker: str = ""


@dataclass
class _Item:
    """An item of the service; it becomes one segment, or one for each time that the speaker changes."""

    id: str
    start: float
    end: float | None = None
    text: str = ""
    final: bool = False
    languages: tuple[str, ...] = ()
    parts: dict[str, Segment] = field(default_factory=dict)

    def segments(self, now: float) -> list[Segment]:
        if self.parts:
            parts = sorted(self.parts.values(), key=lambda part: part.start)
            return [replace(part, final=self.final, languages=self.languages) for part in parts]
        end = now if self.end is None else self.end
        text = self.text.strip()
        return [Segment(self.id, self.start, max(end, self.start), text, self.final, self.languages)]


class SegmentLog:
    """The segments of one session. Items without words are left out once that is known."""

    def __init__(self) -> None:
        self._items: dict[str, _Item] = {}
        #: Items that are over: words that come late change nothing.
        self._over: set[str] = set()

    @property
    def unfinished(self) -> list[str]:
        """Items whose words are not final, oldest first."""
        return [item.id for item in self._in_order() if not item.final]

    @property
    def begins_unfinished(self) -> list[float]:
        """Where in the captured sound these begin."""
        return [item.start for item in self._items.values() if not item.final]

    @property
    def end_final(self) -> float:
        """Where the last final segment ends."""
        return max((item.end or item.start for item in self._items.values() if item.final), default=0.0)

    def segments(self, now: float) -> list[Segment]:
        """Return all segments with words, in order; `now` is where the captured sound is, in seconds."""
        shown: list[Segment] = []
        before = 0.0
        for item in self._in_order():
            for segment in item.segments(now):
                if not segment.text:
                    continue
                # What turn detection adds before a turn may reach into the last one; speakers may really overlap.
                both = bool(segment.speaker and shown and shown[-1].speaker != segment.speaker)
                start = segment.start if both else max(segment.start, before)
                shown.append(replace(segment, start=start, end=max(segment.end, start)))
                before = max(before, segment.end)
        return shown

    def began(self, item_id: str, start: float) -> None:
        """Note that an item begins, or has begun, at `start` seconds."""
        if item_id not in self._over and item_id not in self._items:
            self._items[item_id] = _Item(item_id, max(0.0, start))

    def ended(self, item_id: str, end: float) -> None:
        """Note where an item ends; the first word on that counts."""
        if (item := self._open(item_id)) and item.end is None:
            item.end = max(end, item.start)

    def placed(self, item_id: str, start: float, end: float) -> None:
        """Note where an item is whose commit came from here: that is exact."""
        self.began(item_id, start)
        if item := self._open(item_id):
            item.start, item.end = start, max(end, start)

    def words(self, item_id: str, more: str) -> None:
        """Add words to an item."""
        if item := self._open(item_id):
            item.text += more

    def spoken(self, item_id: str, part: Segment) -> None:
        """Add what one speaker said in an item; its times are those in the item's sound."""
        if item := self._items.get(item_id):
            placed = replace(part, start=item.start + part.start, end=item.start + max(part.end, part.start))
            item.parts[part.id or str(len(item.parts))] = placed

    def completed(self, item_id: str, text: str, languages: Iterable[str], now: float) -> None:
        """Note all words of an item."""
        if item := self._open(item_id):
            item.text, item.languages = text.strip(), tuple(languages)
            self._finish(item, now)

    def failed(self, item_id: str, now: float) -> None:
        """Note that no more words of an item come; those that came stay."""
        if item := self._open(item_id):
            self._finish(item, now)

    def dropped(self) -> None:
        """Forget the items that have not ended: their sound is not written down after all."""
        for item_id in [item.id for item in self._items.values() if not item.final and item.end is None]:
            del self._items[item_id]
            self._over.add(item_id)

    def lost(self, since: float, all_again: bool = False) -> None:
        """Note that the connection is gone; what began from `since` on is heard again by the next one.

        Parameters
        ----------
        since
            In seconds.
        all_again
            Whether what has final words is heard again with the rest.
        """
        for item in list(self._items.values()):
            if item.start >= since and (all_again or not item.final):
                del self._items[item.id]
                self._over.add(item.id)
            elif not item.final:
                self._finish(item, since)

    def _open(self, item_id: str) -> _Item | None:
        item = self._items.get(item_id)
        return None if item is None or item.final else item

    def _finish(self, item: _Item, now: float) -> None:
        item.final = True
        item.end = now if item.end is None else item.end
        self._over.add(item.id)
        if not item.text and not item.parts:
            del self._items[item.id]

    def _in_order(self) -> list[_Item]:
        return sorted(self._items.values(), key=lambda item: item.start)
