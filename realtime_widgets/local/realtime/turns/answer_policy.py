"""Decides when spoken turns are answered: one answer for all that was said, none for sound without words. Pure."""

from __future__ import annotations


class AnswerPolicy:
    """Follows spoken turns from their beginning until they are recognised.

    If the user speaks on before being answered, there is one answer, after the last turn. If that last turn was a
    cough, what was said before is answered all the same, and an answer that the cough cut off is made again.
    """

    def __init__(self) -> None:
        self._holding = False
        self._owed = False
        self._was_cut = False
        self._pending: set[str] = set()

    @property
    def clear(self) -> bool:
        """Whether all turns that are over are understood: one that ends now with words is answered at once."""
        return not self._pending

    def started(self, interrupts: bool, cut: bool = False) -> None:
        """Note that a turn has begun.

        Parameters
        ----------
        interrupts
            Whether speech interrupts answers; if so, no answer begins while it lasts.
        cut
            Whether it did interrupt an answer.
        """
        self._holding = interrupts
        self._was_cut |= cut

    def stopped(self, item_id: str, wanted: bool) -> None:
        """Note that a turn has become an item; if no answer is `wanted`, the client asks for answers itself."""
        self._holding = False
        if wanted:
            self._pending.add(item_id)
        else:
            self._owed = self._was_cut = False

    def understood(self, item_id: str, has_words: bool) -> bool:
        """Note the outcome of recognising an item; return whether to answer now."""
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
        """Note that a response has begun, which answers everything recognised so far."""
        self._owed = self._was_cut = False

    def _due(self) -> bool:
        return self._owed and not self._holding and not self._pending
