"""Inserts cells below the running one, by the page in which it was run."""

from __future__ import annotations

import json
import threading
import uuid
from typing import TYPE_CHECKING, Any, Literal

from realtime_widgets.widgets import messages as msg
from realtime_widgets.widgets.base import RealtimeWidget, asking_client, bundle

if TYPE_CHECKING:
    from realtime_widgets.recording.exports.cells import Cell

#: How long the page may take to load, and to insert, in seconds.
PAGE_S = 3.0


class CellsBelow(RealtimeWidget):
    """Asks the page that ran the cell to insert cells; it has no view, so nothing of it is in the notebook.

    Parameters
    ----------
    cells
        The cells, in the format of a notebook's file.
    cell_id
        Id of the cell below which they go.
    """

    _esm = bundle("cells_below.js")

    def __init__(self, cells: list[Cell], cell_id: str) -> None:
        self._text = json.dumps([{**cell, "id": uuid.uuid4().hex[:8]} for cell in cells])
        self._cell_id = cell_id
        self._client = asking_client()
        self._lock = threading.Lock()
        self._page = ""
        self._over = False
        self._answered = threading.Event()
        self._inserted = threading.Event()
        super().__init__()
        self._listen(msg.InsertReport, self._hear)

    def wait(self, seconds: float = PAGE_S) -> Literal["inserted", "asked", "refused"]:
        """Return what the page did, and close; "asked" if it did not say in time that it has inserted them.

        Parameters
        ----------
        seconds
            How long to wait for each of its two answers.
        """
        self._answered.wait(seconds)
        with self._lock:
            self._over = True  # a page that comes later gets nothing
            page = self._page
        inserted = bool(page) and self._inserted.wait(seconds)
        self.close()
        return "inserted" if inserted else "asked" if page else "refused"

    def _hear(self, report: msg.InsertReport, buffers: list[Any]) -> None:
        match report:
            case msg.CanInsert(page_id, takes) if asking_client() == self._client:
                with self._lock:
                    if self._over or self._answered.is_set():
                        return
                    if takes:
                        self._page = page_id
                        self._command(msg.InsertCells(page_id, self._cell_id, self._text))
                    self._answered.set()
            case msg.CellsInserted(page_id) if page_id == self._page:
                self._inserted.set()


def insert_cells(cells: list[Cell], kernel: Any) -> Literal["inserted", "asked", "refused"]:
    """Insert cells below the running one; "refused" if no page does so.

    A front end whose messages wait for the running cell (without subshells) could not answer, so it is not asked.
    """
    cell_id = kernel.get_parent().get("metadata", {}).get("cellId")
    if not cell_id or not getattr(kernel, "_supports_kernel_subshells", False):
        return "refused"
    return CellsBelow(cells, str(cell_id)).wait()
