"""The output of a running call: printed text, displays, notes of its progress."""

from __future__ import annotations

import math
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from realtime_widgets.errors import ToolStoppedError
from realtime_widgets.tools.output.capture import PRINTED_LIMIT, PrintedText, current_call
from realtime_widgets.tools.output.displays import Display, display_of, plain_text
from realtime_widgets.tools.output.figures import Figures
from realtime_widgets.tools.output.traces import where
from realtime_widgets.tools.schema.messages import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: Characters of base64 for the displayed images of one call, which are sent to the page and saved in the notebook.
PICTURE_LIMIT = 512 * 1024
#: Characters of all other displayed outputs of one call, and their number, images included.
SHOWN_LIMIT = 512 * 1024
MAX_SHOWN = 50
#: Longest note of progress, in characters.
MAX_NOTE = 200


@dataclass(frozen=True)
class Progress:
    """Progress of a call: a line for the user, and a fraction from 0 to 1, or None if that is unknown.

    `spoken` is the number of the note among those that are to be said, from 1; 0 if it is only shown.
    """

    text: str
    fraction: float | None = None
    spoken: int = 0


class CallOutput(PrintedText):
    """Collects the output of one call; written by its threads, read by the session.

    Parameters
    ----------
    limit
        Number of characters of printed text to keep.
    on_change
        Called after each change, on the thread that made it; must return quickly.
    """

    def __init__(self, limit: int = PRINTED_LIMIT, on_change: Callable[[], object] | None = None) -> None:
        super().__init__(limit)
        self.progress: Progress | None = None
        #: Notes of progress so far that were to be said.
        self.spoken = 0
        #: What was displayed, each with the name by which it can be replaced.
        self._shown: list[tuple[str | None, Display]] = []
        self._more = 0  # outputs beyond `MAX_SHOWN`
        self._clears = False  # by the next output
        self.figures = Figures()
        #: The arguments as they were read, JSON text; empty if that is how the model sent them.
        self.read_as = ""
        #: The thread that runs the code of a sync tool.
        self.thread_id: int | None = None
        self._on_change = on_change
        self._end_lock = threading.Lock()
        self._began = False
        self._over = False
        self._at_end: Callable[[], object] | None = None

    def write(self, text: str) -> None:
        """Add printed text."""
        if self._clears:
            with self._end_lock:
                self._clear_if_asked()
        super().write(text)
        self.changed()

    def note(self, progress: Progress) -> None:
        """Set the note of progress."""
        self.progress = progress
        self.changed()

    def show(self, data: Mapping[str, Any], display_id: str | None = None, *, update: bool = False) -> None:
        """Add displayed output from a MIME bundle: plain text to what was printed, anything else by itself.

        Parameters
        ----------
        data
            The output in each of its forms, by MIME type.
        display_id
            Name by which a later output replaces this one.
        update
            Whether it replaces the output of that name, instead of standing below the others.
        """
        made = display_of(data)
        if made is None and not update and display_id is None:
            return super().show(data)
        made = made or Display("text", plain_text(data))
        with self._end_lock:
            self._clear_if_asked()
            places = [index for index, (name, _) in enumerate(self._shown) if name and name == display_id]
            if update and places:
                for place in places:
                    self._shown[place] = (display_id, self._bounded(made, self._shown[place][1]))
            elif not update and len(self._shown) == MAX_SHOWN:
                self._more += 1
            elif not update:
                self._shown.append((display_id, self._bounded(made)))
        self.changed()

    def _bounded(self, made: Display, instead_of: Display | None = None) -> Display:
        """Return an output if there is room for it, and otherwise a note of it."""
        image, room = made.kind == "image", PICTURE_LIMIT if made.kind == "image" else SHOWN_LIMIT
        others = [each for _, each in self._shown if each is not instead_of]
        used = sum(each.size for each in others if (each.kind == "image") == image)
        if used + made.size <= room:
            return made
        size = len(made.data.partition(",")[2]) * 3 // 4 if image else made.size
        what = f"an image of {size:,} bytes" if image else f"an output of {size:,} characters"
        why = "is too large to be shown here" if made.size > room else "is more than can be shown here"
        return Display("text", "", note=f"[{what} {why}]")

    def clear_output(self, wait: bool = False) -> None:
        """Remove all output so far, or have the next one remove it.

        Parameters
        ----------
        wait
            Whether it stays until the next output comes.
        """
        with self._end_lock:
            self._clears = True
            if not wait:
                self._clear_if_asked()
        self.changed()

    def _clear_if_asked(self) -> None:
        if self._clears:
            self._clears = False
            self._shown, self._more = [], 0
            self.erase()

    def displays(self) -> tuple[Display, ...]:
        """Return what was displayed so far, in its order."""
        with self._end_lock:
            more = (
                [Display("text", "", note=f"[{self._more:,} more outputs, not shown here]")] if self._more else []
            )
            return (*(each for _, each in self._shown), *more)

    def take_figures(self) -> None:
        """Show the figures of pyplot that the call has made and not shown, and close them."""

        def failed(error: BaseException) -> None:
            self.write(f"[a figure could not be drawn: {type(error).__name__}: {error}]\n")

        for picture in self.figures.take(failed):
            self.show({picture.kind: picture.data, "text/plain": "a figure"})

    def changed(self) -> None:
        """Report new output to the observer."""
        if self._on_change is not None:
            self._on_change()

    @property
    def began(self) -> bool:
        """Whether the code of the tool has begun."""
        return self._began

    def begin(self) -> None:
        """Record that the code of the tool has begun."""
        self._began = True

    def where(self) -> str:
        """Return where the code of a sync tool is right now, as a traceback; empty if no such code runs."""
        return where(sys._current_frames().get(self.thread_id) if self.thread_id is not None else None)

    def at_end(self, callback: Callable[[], object]) -> None:
        """Call `callback` once no code of the call runs any more, which may be long after its output."""
        with self._end_lock:
            if not self._over:
                self._at_end = callback
                return
        callback()

    def end(self) -> None:
        """Record that the code has ended, or will never begin."""
        with self._end_lock:
            over, self._over = self._over, True
            callback, self._at_end = self._at_end, None
        if not over and callback is not None:
            callback()


def progress(text: str = "", fraction: float | None = None, *, say: bool = False) -> None:
    """Report the progress of a running tool; the user sees it on the call's card.

    Outside of a tool call it does nothing, so that a function can still be called directly.

    Parameters
    ----------
    text
        One short line.
    fraction
        Fraction of the work that is done, from 0 to 1.
    say
        Whether the model's voice also says it, beside the conversation, if the service can do that; what it costs
        counts as any answer. While somebody speaks, or an answer is heard, it is only shown.

    Raises
    ------
    ToolStoppedError
        If the call was cancelled or ran out of time. Do not catch it: it ends a long loop in a worker thread,
        which cannot be stopped from outside.
    """
    call = current_call(closed=True)
    if not isinstance(call, CallOutput):
        return
    if call.closed:
        raise ToolStoppedError("this call was given up: nothing waits for its result any more")
    share = None if fraction is None or not math.isfinite(fraction) else min(1.0, max(0.0, float(fraction)))
    said = call.spoken + 1 if say else 0
    call.spoken = said or call.spoken
    call.note(Progress(one_line(str(text))[:MAX_NOTE], share, said))
