"""Words that are looked for in all that the events of a session say. On the I/O thread."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from realtime_widgets.protocol.events.frames import encode_json
from realtime_widgets.protocol.secrets import masked
from realtime_widgets.widgets.insight.events import RUNS, row_of

if TYPE_CHECKING:
    from realtime_widgets.runtime.journal import Journal, Record
    from realtime_widgets.timeline.builder import TimelineBuilder
    from realtime_widgets.widgets.messages import EventRow

#: Events that are read before sound and other events have their turn, about 3 ms of work.
AT_ONCE = 100
#: Events that a page is told of; of more the newest.
MOST_FOUND = 1_000


async def search(journal: Journal, timeline: TimelineBuilder, text: str, since: int) -> tuple[list[EventRow], int]:
    """Return the events in which every word of a text stands, and the number up to which was looked.

    Capitals do not matter. Of events of a kind that come in a row only the first one counts, as in the list.

    Parameters
    ----------
    journal, timeline
        The session's.
    text
        Words, or parts of them, with spaces between.
    since
        Number of the first event to look at; those that are not kept any more are passed over.
    """
    words, run, end = text.lower().split(), set[str](), journal.count
    found: deque[EventRow] = deque(maxlen=MOST_FOUND)
    while since < end and (records := journal.since(since, AT_ONCE)):
        for number, record in records:
            since = number + 1
            name = str(record.event.get("type"))
            if name not in RUNS:
                run.clear()
            elif name in run:
                continue
            row = row_of(number, record, timeline)
            said = _said(row, record)
            if all(word in said for word in words):
                found.append(row)
                if name in RUNS:
                    run.add(name)
        await asyncio.sleep(0)
    return list(found), max(since, end)


def _said(row: EventRow, record: Record) -> str:
    turn = "" if row.turn is None else f"turn {row.turn}"
    return f"{row.name} {row.note} {turn} {masked(encode_json(record.event).decode())}".lower()
