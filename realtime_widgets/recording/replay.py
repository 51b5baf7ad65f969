"""A recording in the notebook: its transcript as the console showed it, sound, a scrubber, the waterfall."""

from __future__ import annotations

import json
import logging
import uuid
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
import traitlets

from realtime_widgets.concurrency.daemon_threads import DaemonThreads
from realtime_widgets.core.captions.subtitles import clock_time
from realtime_widgets.errors import RecordingError
from realtime_widgets.recording.entries import entries_of, steps_of
from realtime_widgets.recording.exports.cells import cells_of
from realtime_widgets.recording.exports.page import about
from realtime_widgets.widgets import messages as msg
from realtime_widgets.widgets.base import RealtimeWidget, bundle
from realtime_widgets.widgets.insight.turns import turn_detail
from realtime_widgets.widgets.saved.form import saved_talk
from realtime_widgets.widgets.saved.output import SavedOutput, in_notebook

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.recording.exports.page import ShownTalk

log = logging.getLogger(__name__)

#: Length of the pieces in which a page gets the sound, in seconds.
PIECE_S = 20
#: Columns of the picture of the sound.
_COLUMNS = 400


class Replay(RealtimeWidget):
    """Shows a recording and plays it; the sound is in no trait and reaches no notebook.

    Parameters
    ----------
    recording : Recording
        The recording.

    Attributes
    ----------
    entries : list of dict
        The lines at the end of the talk, which are saved with the notebook.
    """

    _esm = bundle("replay.js")
    entries: traitlets.List[dict[str, Any]] = traitlets.List(read_only=True).tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)
    about = traitlets.Unicode().tag(sync=True)
    problems: traitlets.List[str] = traitlets.List().tag(sync=True)
    seconds = traitlets.Float().tag(sync=True)
    piece_s = traitlets.Int(PIECE_S).tag(sync=True)
    has_sound = traitlets.Bool().tag(sync=True)
    #: Loudness of both sides over time, 0 to 100.
    yours: traitlets.List[int] = traitlets.List().tag(sync=True)
    theirs: traitlets.List[int] = traitlets.List().tag(sync=True)
    saved_as = traitlets.Unicode(read_only=True).tag(sync=True)

    def __init__(self, recording: ShownTalk, title: str) -> None:
        self._recording = recording
        # Packing sound takes a while, and the thread of the page's messages must not wait.
        self._packing = DaemonThreads()
        yours, theirs = _loudness(recording, 0), _loudness(recording, 1)
        super().__init__(
            title=title,
            about=about(recording),
            problems=list(recording.problems),
            seconds=recording.seconds,
            has_sound=recording.has_sound,
            yours=yours,
            theirs=theirs,
        )
        self._turns = {item_id: turn for turn in recording.timeline() for item_id in turn.item_ids}
        self._entries = [self._timed(entry) for entry in entries_of(recording.state)]
        self.set_trait("entries", [msgspec.to_builtins(entry) for entry in self._entries])
        self._listen(msg.ReplayReport, self._obey)

    @traitlets.default("saved_as")
    def _new_name(self) -> str:
        return f"rw-saved-{uuid.uuid4().hex}"

    def _ipython_display_(self) -> None:
        """Show it, and beside it the talk as the notebook's file keeps it."""
        if not in_notebook():
            raise NotImplementedError  # IPython then prints the widget's text
        SavedOutput(self.saved_as).show(self, saved_talk(self._entries, self._recording.model, self.saved_as))

    def __repr__(self) -> str:
        return f"<Replay of {self.title}, {clock_time(self.seconds)}>"

    def _obey(self, report: msg.ReplayReport, buffers: list[Any]) -> None:
        match report:
            case msg.OpenReplay(page_id):
                self._packing.submit(self._reporting, page_id, partial(self._send_script, page_id))
            case msg.WantSound(page_id, index):
                self._packing.submit(self._reporting, page_id, partial(self._send_sound, page_id, index))
            case msg.WantCells(page_id):
                self._packing.submit(self._reporting, page_id, partial(self._send_cells, page_id))
            case msg.NeedMath():
                self._command(msg.MathModule(), [bundle("math.js").read_bytes()])

    def _send_cells(self, page_id: str) -> None:
        cells = [{**cell, "id": uuid.uuid4().hex[:8]} for cell in cells_of(self._recording.state, self.title)]
        self._command(msg.ReplayCells(page_id, json.dumps(cells)))

    def _reporting(self, page_id: str, send: Callable[[], None]) -> None:
        """Send something to a page; what goes wrong is shown there."""
        try:
            send()
        except Exception as error:
            if not isinstance(error, RecordingError):
                log.exception("the recording %s cannot be replayed", self.title)
            self._command(msg.ReplayFailed(page_id, str(error) or type(error).__name__))

    def _send_script(self, page_id: str) -> None:
        recording = self._recording
        steps = [
            msg.ReplayStep(step.at, step.id, step.entry and self._timed(step.entry), step.after)
            for step in steps_of(recording.facts)
        ]
        turns = [msg.ReplayTurn(turn.begin, turn_detail(turn)) for turn in recording.timeline()]
        self._command(msg.ReplayScript(page_id, steps, turns))

    def _timed(self, entry: msg.Entry) -> msg.Entry:
        """Return a line with the time at which it began, and an answer with what was waited for it."""
        recording, turn = self._recording, self._turns.get(entry.id)
        notice, began = recording.state.notices.get(entry.id), recording.state.began.get(entry.id, 0.0)
        at = notice.at if notice else began
        at += recording.started.timestamp() + recording.state.pause_before(at)
        delay = None if turn is None or turn.delay is None else round(turn.delay, 3)
        return msgspec.structs.replace(entry, at=at, delay=delay, turn=turn.number if turn else None)

    def _send_sound(self, page_id: str, index: int) -> None:
        from realtime_widgets.recording.file.sound import flac  # brings numpy

        both = self._recording.both
        begin = max(0, index) * PIECE_S * 24_000
        piece = both[begin : begin + PIECE_S * 24_000]
        self._command(msg.ReplaySound(page_id, index), [flac(piece)])


def _loudness(recording: ShownTalk, side: int) -> list[int]:
    if not recording.has_sound:
        return []
    from realtime_widgets.recording.file.sound import loudness  # brings numpy

    peaks = loudness(recording.both[:, side], _COLUMNS)
    loudest = max(1, int(peaks.max(initial=0)))
    return [round(100 * int(peak) / loudest) for peak in peaks]
