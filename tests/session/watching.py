"""What tests say into a running session, wait for and look at, on the thread where it lives."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import numpy as np

from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.events import Received, StateChanged
from realtime_widgets.testing import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets import RealtimeSession
    from realtime_widgets.events import Dropped
    from realtime_widgets.session.event_stream import EventStream

#: A fifth of a second of sound, at 24 kHz.
SOUND = np.full(4800, 0.1, np.float32)
#: The server has got the first of the sound.
HEARD = expect("input_audio_buffer.append")


async def until(session: RealtimeSession, condition: Callable[[], bool], limit_s: float = 120.0) -> None:
    """Wait until a condition on the session's state holds."""
    waiting = shared_engine().submit(session.runtime.until(condition, limit_s))
    assert await asyncio.wrap_future(waiting), session.state


async def reaches(session: RealtimeSession, *states: str) -> None:
    """Wait until the session is in one of the states."""
    changes = session.events(StateChanged)
    if session.state not in states:
        await first(changes, lambda change: change.state in states)


async def first(stream: EventStream[Any], matches: Callable[[Any], bool], limit_s: float = 20.0) -> Any:
    """Return the next event of a stream that matches."""
    async with asyncio.timeout(limit_s):
        async for event in stream:
            if matches(event):
                return event
    raise AssertionError("the session ended before that")


async def comes(stream: EventStream[Received | Dropped], event_type: str) -> None:
    """Wait until the server has sent an event of this type since the stream was made."""
    await first(stream, lambda event: isinstance(event, Received) and event.event.type == event_type)


async def hears(session: RealtimeSession, samples: int, *, made: bool = False) -> None:
    """Wait until some of the answer was heard; with `made`, also until all of it came."""
    core = session.runtime.core

    def heard() -> bool:
        if made and not all(turn.done for turn in core.turns.values()):
            return False
        parts = [part for item in core.conversation for _, part in core.ledger.item_parts(item.id)]
        return any(part.heard > samples for part in parts)

    await until(session, heard)


def notices(session: RealtimeSession) -> list[str]:
    """Return what the session told the person beside the conversation."""
    return shared_engine().run(lambda: [notice.text for notice in session.runtime.core.notices])
