"""The figures of pyplot that a call made and did not show: they belong on its card, and under no cell."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from realtime_widgets.images import has_own_view, picture_of
from realtime_widgets.tools.output.capture import current_call

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.images import Picture


class Figures:
    """The figures that one call makes, from the creation of this object on."""

    def __init__(self) -> None:
        self._made: list[Any] = []
        #: Whether pyplot says whose its figures are; if it is loaded by the call itself, all that it has are the
        #: call's.
        self._told = _follow()

    def add(self, manager: Any) -> None:
        """Add a figure that the call made."""
        self._made.append(manager)

    def take(self, failed: Callable[[BaseException], object]) -> list[Picture]:
        """Return the figures that are open still, and close them.

        Those in a window of their own, or in a widget, are left to it.

        Parameters
        ----------
        failed
            Called with the error of a figure that cannot be drawn.
        """
        managed = _managed()
        if managed is None:
            return []
        made = self._made if self._told else list(managed.figs.values())
        self._made, self._told = [], _follow()
        pictures = []
        for manager in made:
            if managed.figs.get(manager.num) is not manager or has_own_view(manager.canvas):
                continue
            try:
                picture = picture_of(manager.canvas.figure)
            except Exception as error:
                failed(error)
            else:
                pictures += [picture] if picture else []
            managed.destroy(manager.num)
        return pictures


def _managed() -> Any:
    """Return what pyplot holds its figures in; None if it is not loaded."""
    return getattr(sys.modules.get("matplotlib._pylab_helpers"), "Gcf", None)


def _follow() -> bool:
    """Have pyplot say which call makes a figure; returns whether it does."""
    managed = _managed()
    if managed is None:
        return False
    adopt = getattr(managed, "_set_new_active_manager", None)
    if isinstance(adopt, _Adopt):
        return True
    if adopt is None:  # private to matplotlib
        return False
    managed._set_new_active_manager = _Adopt(adopt)
    return True


class _Adopt:
    """Pyplot's function that takes a new figure in."""

    def __init__(self, below: Callable[[Any], Any]) -> None:
        self._below = below

    def __call__(self, manager: Any) -> Any:
        figures = getattr(current_call(closed=True), "figures", None)
        if isinstance(figures, Figures):
            figures.add(manager)
        return self._below(manager)
