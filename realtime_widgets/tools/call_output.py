"""What a call gives off while it runs: printed text, displays, notes of its progress."""

from __future__ import annotations

import base64
import math
import os
import sys
import threading
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from realtime_widgets.errors import ToolStoppedError
from realtime_widgets.tools.capture import PRINTED_LIMIT, PrintedText, current_call
from realtime_widgets.tools.notices import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_HERE = str(Path(__file__).parent) + os.sep
#: Characters of base64 that the pictures of one call may take: they travel to the page and into the notebook.
PICTURE_LIMIT = 512 * 1024
#: Longest note of progress, in characters.
MAX_NOTE = 200


@dataclass(frozen=True)
class Progress:
    """How far a call is: a line for the person, and a share from 0 to 1 where that is known."""

    text: str
    fraction: float | None = None


class CallOutput(PrintedText):
    """Collects what one call gives off; written by its threads, read by the session.

    Parameters
    ----------
    limit
        Characters of printed text that are kept.
    on_change
        Called after each change, on the thread that made it; must be quick.
    """

    def __init__(self, limit: int = PRINTED_LIMIT, on_change: Callable[[], object] | None = None) -> None:
        super().__init__(limit)
        self.progress: Progress | None = None
        self._pictures: list[str] = []
        self._picture_room = PICTURE_LIMIT
        #: The thread that runs the code of a sync tool.
        self.thread_id: int | None = None
        self._on_change = on_change
        self._end_lock = threading.Lock()
        self._began = False
        self._over = False
        self._at_end: Callable[[], object] | None = None

    def write(self, text: str) -> None:
        """Take printed text."""
        super().write(text)
        self.changed()

    def note(self, progress: Progress) -> None:
        """Take a note of progress."""
        self.progress = progress
        self.changed()

    def show(self, data: Mapping[str, Any]) -> None:
        """Take something displayed, as a MIME bundle: a picture as such, all else as text."""
        for kind in ("image/png", "image/jpeg"):
            if (picture := data.get(kind)) is not None:
                return self._show_picture(kind, picture)
        return super().show(data)

    def _show_picture(self, kind: str, picture: str | bytes) -> None:
        encoded = base64.b64encode(picture).decode() if isinstance(picture, bytes) else "".join(picture.split())
        with self._end_lock:
            fits = len(encoded) <= self._picture_room
            if fits:
                self._picture_room -= len(encoded)
                self._pictures.append(f"data:{kind};base64,{encoded}")
        if not fits:
            self.write(f"[a picture of {len(encoded) * 3 // 4:,} bytes is too large to be shown here]\n")
        self.changed()

    def pictures(self) -> list[str]:
        """Return the pictures so far, as data URIs."""
        with self._end_lock:
            return list(self._pictures)

    def changed(self) -> None:
        """Say that there is something new."""
        if self._on_change is not None:
            self._on_change()

    @property
    def began(self) -> bool:
        """Whether the code was reached."""
        return self._began

    def begin(self) -> None:
        """Note that the code is being run."""
        self._began = True

    def where(self) -> str:
        """Return where the code of a sync tool is at this moment, as a traceback shows it; empty otherwise."""
        frame = sys._current_frames().get(self.thread_id) if self.thread_id is not None else None
        stack = traceback.extract_stack(frame) if frame is not None else []
        own = [index for index, each in enumerate(stack) if each.filename.startswith(_HERE)]
        lines = traceback.format_list(stack[own[-1] + 1 :]) if own else []
        return "Where it was (most recent call last):\n" + "".join(lines) if lines else ""

    def at_end(self, callback: Callable[[], object]) -> None:
        """Call `callback` once no code of the call runs any more, which may be long after its output."""
        with self._end_lock:
            if not self._over:
                self._at_end = callback
                return
        callback()

    def end(self) -> None:
        """Note that the code has ended, or will never begin."""
        with self._end_lock:
            over, self._over = self._over, True
            callback, self._at_end = self._at_end, None
        if not over and callback is not None:
            callback()


def progress(text: str = "", fraction: float | None = None) -> None:
    """Tell from inside a running tool how far it is; the person sees it on the call's card.

    Outside of a tool call it does nothing, so a function stays usable by hand.

    Parameters
    ----------
    text
        One short line.
    fraction
        Share of the work that is done, from 0 to 1.

    Raises
    ------
    ToolStoppedError
        Where the call was cancelled or ran out of time. Let it pass: that is how a long loop in a worker
        thread, which nobody can stop from outside, ends itself.
    """
    call = current_call(closed=True)
    if not isinstance(call, CallOutput):
        return
    if call.closed:
        raise ToolStoppedError("this call was given up: nobody waits for its result any more")
    share = None if fraction is None or not math.isfinite(fraction) else min(1.0, max(0.0, float(fraction)))
    call.note(Progress(one_line(str(text))[:MAX_NOTE], share))
