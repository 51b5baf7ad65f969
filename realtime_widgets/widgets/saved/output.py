"""Puts the saved form of a talk beside its widget in a cell's output, and keeps it up to date.

The form is an output of its own: to change the widget's one would have front ends make its view again. The page
hides it as long as it shows the widget (`js/src/ui/page/saved_copy.ts`), so a file opened without its kernel shows
it.
"""

from __future__ import annotations

import sys
import threading
import weakref
from typing import TYPE_CHECKING, Any

from realtime_widgets.concurrency.io_thread import shared_engine

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from realtime_widgets.widgets.saved.form import SavedForm

#: How long after a change the form is written, in seconds: a talk changes many times a second.
SAVE_AFTER_S = 2.0
#: Bytes a second that the form may take of the way to the page, on average: sound travels on it too.
BYTES_PER_S = 40_000
_VIEW = "application/vnd.jupyter.widget-view+json"


class SavedOutput:
    """The saved form of one widget in the outputs of cells.

    Parameters
    ----------
    name
        Name of the talk or reply: a class of CSS, and the display's id.

    Attributes
    ----------
    published : SavedForm or None
        What the outputs show now; None if it was not displayed yet.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._lock = threading.Lock()  # of what is published: the newest form comes last
        self._timer: asyncio.TimerHandle | None = None
        self._rest = SAVE_AFTER_S
        self.published: SavedForm | None = None
        self._make: Callable[[], SavedForm] | None = None

    def show(self, widget: Any, form: SavedForm) -> None:
        """Display a widget, and its form beside it; in the cell that runs."""
        from IPython.display import display

        view = widget._repr_mimebundle_()
        # The text is for what shows no widgets: there the form says all.
        display({_VIEW: (view[0] if isinstance(view, tuple) else view)[_VIEW], "text/plain": ""}, raw=True)  # type: ignore[no-untyped-call]
        with self._lock:
            self.published = form
            display(form.bundle(), raw=True, display_id=self.name)  # type: ignore[no-untyped-call]

    def changed(self, make: Callable[[], SavedForm]) -> None:
        """Write a new form soon, and at the end of the cell that runs; on the I/O thread.

        Parameters
        ----------
        make
            Returns the form; called on any thread.
        """
        if self.published is None:  # it is not shown
            return
        self._make = make
        _changed.add(self)
        _follow_cells()
        if self._timer is None:
            self._timer = shared_engine().loop.call_later(self._rest, self._write_aside)

    def write(self) -> None:
        """Write the form now if something has changed; on any thread but the I/O thread, which may be needed."""
        with self._lock:
            make, self._make = self._make, None
            if make is None:
                return
            form = make()
            if form == self.published:
                return
            self.published = form
            _update(form.bundle(), self.name)
            size = len(form.html) + len(form.markdown) + len(form.plain)
            self._rest = max(SAVE_AFTER_S, size / BYTES_PER_S)

    def _write_aside(self) -> None:
        self._timer = None
        # Making the form takes milliseconds, and what is printed is flushed before it is published.
        shared_engine().loop.run_in_executor(None, self.write)


def in_notebook() -> bool:
    """Return whether there are outputs of cells, which can hold more than text."""
    return getattr(_shell(), "kernel", None) is not None


def _update(bundle: dict[str, str], display_id: str) -> None:
    if shell := _shell():
        shell.display_pub.publish(bundle, transient={"display_id": display_id}, update=True)


def _shell() -> Any:
    get_ipython = getattr(sys.modules.get("IPython"), "get_ipython", None)
    return get_ipython() if get_ipython else None


_changed: weakref.WeakSet[SavedOutput] = weakref.WeakSet()
_followed: weakref.WeakSet[Any] = weakref.WeakSet()


def _follow_cells() -> None:
    """Write what has changed at the end of each cell: one that runs without a page is saved after the last."""
    shell = _shell()
    if shell is not None and shell not in _followed:
        _followed.add(shell)
        shell.events.register("post_run_cell", _cell_ended)


def _cell_ended(result: object) -> None:
    for output in list(_changed):
        _changed.discard(output)
        output.write()
