"""Whether the service is about to answer what was said, by itself; not for ever. Pure; time comes in as `Wake`."""

from __future__ import annotations

from realtime_widgets.turns import Wake

#: How long an answer to a spoken turn is expected, in seconds; and one to sound without words.
PATIENCE_S, WORDLESS_S = 30.0, 2.0


class Expectation:
    """An answer that nobody asked for by an event.

    Attributes
    ----------
    pending
        Whether one is expected.
    """

    def __init__(self) -> None:
        self.pending = False
        self._item_id = ""
        self._wake = ""

    def begin(self, item_id: str, wake_id: str) -> list[Wake]:
        """Expect an answer to a spoken item."""
        self.pending, self._item_id, self._wake = True, item_id, wake_id
        return [Wake(wake_id, PATIENCE_S)]

    def wordless(self, item_id: str, wake_id: str) -> list[Wake]:
        """Take the word that an item has no words: not every service answers those."""
        if not self.pending or item_id != self._item_id:
            return []
        self._wake = wake_id
        return [Wake(wake_id, WORDLESS_S)]

    def end(self) -> None:
        """Expect none any more."""
        self.pending = False

    def time_is_up(self, wake_id: str) -> None:
        """Take the end of a time limit."""
        self.pending &= wake_id != self._wake
