"""The events of a session as rows: runs of sound in one row, each with its turn. On the I/O thread.

Sound of both sides comes at once: what comes many times joins its row until an event of another kind comes.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from realtime_widgets.protocol.events.frames import encode_json
from realtime_widgets.protocol.secrets import masked
from realtime_widgets.widgets.messages import EventRow

if TYPE_CHECKING:
    from realtime_widgets.runtime.journal import Journal, Record
    from realtime_widgets.timeline.builder import TimelineBuilder

#: Events that a page gets at first, and at once: reading them takes the I/O thread some 10 us each.
FIRST = 2_000
AT_ONCE = 400
#: Events that come many times in a row, of which one row stands for all.
RUNS = frozenset(
    {
        "input_audio_buffer.append",
        "response.output_audio.delta",
        "response.output_audio_transcript.delta",
        "response.output_text.delta",
        "response.function_call_arguments.delta",
        "conversation.item.input_audio_transcription.delta",
    }
)
#: Longest note beside an event, in characters.
_NOTE = 120


class EventList:
    """Follows a journal for the pages that show its events."""

    def __init__(self) -> None:
        self._next: int | None = None
        #: Rows that further events join, by name and turn.
        self._runs: dict[tuple[str, int | None], EventRow] = {}

    def restart(self) -> None:
        """Begin again: the next news are all that is shown."""
        self._next = None
        self._runs.clear()

    def behind(self, journal: Journal) -> bool:
        """Whether there are events that it has not told of."""
        return self._next is not None and self._next < journal.count

    def news(self, journal: Journal, timeline: TimelineBuilder) -> tuple[list[EventRow], bool]:
        """Return new and changed rows, and whether they are all that there is."""
        whole = self._next is None
        begin = max(journal.count - FIRST, 0) if self._next is None else self._next
        rows: dict[int, EventRow] = {}
        for number, record in journal.since(begin, AT_ONCE):
            row = self._joined(row_of(number, record, timeline))
            rows[row.number] = row
            self._next = number + 1
        if self._next is None:
            self._next = journal.count
        return list(rows.values()), whole

    def _joined(self, row: EventRow) -> EventRow:
        """Return the row of its kind that stands there with a new one in it, or the new one."""
        if row.name not in RUNS:
            self._runs.clear()
            return row
        last = self._runs.get((row.name, row.turn))
        if last is not None:
            row = replace(last, size=last.size + row.size, count=last.count + 1)
        self._runs[row.name, row.turn] = row
        return row


def payload(journal: Journal, number: int) -> str:
    """Return an event as indented JSON; a sentence if it is not kept any more."""
    for found, record in journal.since(number, 1):
        if found == number:
            return masked(json.dumps(record.event, indent=2, ensure_ascii=False))
    return "This event is so long ago that it is not kept any more."


def row_of(number: int, record: Record, timeline: TimelineBuilder) -> EventRow:
    """Return the row of one event."""
    event = record.event
    name = str(event.get("type"))
    sound = event.get("audio") if name == "input_audio_buffer.append" else event.get("delta")
    size = sound if isinstance(sound, int) else len(encode_json(event))
    return EventRow(
        number, round(record.at, 3), record.sender, name, size, turn=timeline.turn_of(event), note=_note(event)
    )


def _note(event: dict[str, Any]) -> str:
    """Return the words that tell most of an event, if there are any."""
    item, error, response = (event.get(name) for name in ("item", "error", "response"))
    words: Any = event.get("transcript") or event.get("text") or event.get("arguments")
    if isinstance(error, dict):
        words = error.get("message")
    elif isinstance(item, dict):
        parts = [part for part in item.get("content") or [] if isinstance(part, dict)]
        said = [part.get("text") or part.get("transcript") or "" for part in parts]
        kind = " ".join(filter(None, [item.get("role"), item.get("type")]))
        words = f"{kind}: {' '.join([item.get('name') or '', item.get('output') or '', *said])}"
    elif isinstance(response, dict):
        words = response.get("status")
    text = masked(" ".join(str(words or "").split()))
    return text if len(text) <= _NOTE else f"{text[: _NOTE - 1]}…"
