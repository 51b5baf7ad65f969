"""Decides when spoken turns are answered: one answer for all that was said, none for sound without words. Pure."""

from __future__ import annotations


class TurnAnswers:
    """Follows spoken turns from their beginning until they are understood.

    Somebody who speaks on before being answered gets one answer, after the last turn. If that last turn was a
    cough, what was said before is answered all the same, and an answer that was cut by it is made again.
    """

    def __init__(self) -> None:
        self._holding = False
        self._owed = False
        self._was_cut = False
        self._pending: set[str] = set()

    def started(self, interrupts: bool, cut: bool = False) -> None:
        """Note that a turn has begun.

        Parameters
        ----------
        interrupts
            Whether speech interrupts answers; then none begins while it lasts.
        cut
            Whether it did interrupt one.
        """
        self._holding = interrupts
        self._was_cut |= cut

    def stopped(self, item_id: str, wanted: bool) -> None:
        """Note that a turn has become an item; where no answer is `wanted`, the client sees to answers."""
        self._holding = False
        if wanted:
            self._pending.add(item_id)
        else:
            self._owed = self._was_cut = False

    def understood(self, item_id: str, has_words: bool) -> bool:
        """Note what became of an item; return whether to answer now."""
        if item_id in self._pending:
            self._pending.discard(item_id)
            self._owed |= has_words or self._was_cut
            self._was_cut = False
        return self._due()

    def dropped(self) -> bool:
        """Note that the turn under way was cleared; return whether to answer now."""
        self._holding = self._was_cut = False
        return self._due()

    def answered(self) -> None:
        """Note that a response has begun, which answers all that was understood."""
        self._owed = self._was_cut = False

    def _due(self) -> bool:
        return self._owed and not self._holding and not self._pending
