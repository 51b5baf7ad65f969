"""Whether work that shall save time is quick enough for that, by what it took before. Pure."""

from __future__ import annotations

#: Part of what is remembered that each new time replaces, and that is forgotten while the work is left undone.
_NEW, _FORGOTTEN = 0.5, 0.05


class Worth:
    """Follows how long a kind of work takes.

    Work that has become too slow is left undone for a while and then tried again, because what slowed it down may
    be over.

    Parameters
    ----------
    limit_s
        Seconds that it may take.
    """

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._usual_s = 0.0

    def took(self, seconds: float) -> None:
        """Note how long it took."""
        self._usual_s += (seconds - self._usual_s) * _NEW

    def ask(self) -> bool:
        """Return whether to do it now."""
        if self._usual_s <= self._limit_s:
            return True
        self._usual_s *= 1 - _FORGOTTEN
        return False
