"""Sessions that were shown, talked with, closed and dropped are gone, with all that they took from the machine."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from jupyter_client.manager import start_new_kernel

import realtime_widgets
from realtime_widgets import RealtimeSession
from realtime_widgets.testing import Call, ScriptedServer, Talk, tone
from realtime_widgets.widgets import ReplyCard, reply_view
from tests.session.watching import HEARD, SOUND

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from realtime_widgets.events import SessionEvent
    from realtime_widgets.session.event_stream import EventStream

SESSIONS = 50
CALLS = [Call("add", {"first": 1, "second": 2}, "3"), Call("later", {"text": "a"}, "a")]
#: Longest that the last refresh of a widget may keep its session, in seconds.
PATIENCE_S = 30.0


def add(first: int, second: int) -> int:
    """Add two numbers."""
    return first + second


async def later(text: str) -> str:
    """Say it later."""
    await asyncio.sleep(0)
    return text


async def all_events(stream: EventStream[SessionEvent]) -> list[SessionEvent]:
    return [event async for event in stream]


async def shown_and_dropped() -> list[weakref.ref[Any]]:
    """Show a session and its replies, talk with it, close it; return what tells whether it is gone."""
    talk = Talk()
    steps = [
        *talk.start(),
        HEARD,
        *talk.spoken_turn("How late?", "Noon.", tone(60)),
        *talk.function_call_turn("Add", CALLS, "3"),
    ]
    async with ScriptedServer(steps) as server:
        session = RealtimeSession(endpoint=server.url, tools=[add, later])
        reading = asyncio.create_task(all_events(session.events()))
        session._repr_mimebundle_()
        replies = await session.talk(SOUND, rate=24_000)
        replies.append(await session.ask("Add"))
        for reply in replies:
            reply._repr_mimebundle_()
        assert [call.error for call in replies[-1].tool_calls] == [None, None]
        await session.close()
        assert await reading
    return [
        weakref.ref(each) for each in (session, session.runtime, session.runtime.core, session.tools, *replies)
    ]


async def come_true(condition: Callable[[], bool]) -> None:
    """Wait: a widget's timer keeps its session until its last state is shown, an ending thread takes a moment."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            gc.collect()
            await asyncio.sleep(0.02)


def gone(refs: list[weakref.ref[Any]]) -> Callable[[], bool]:
    return lambda: all(each() is None for each in refs)


async def test_fifty_shown_sessions_are_gone_once_they_are_closed_and_dropped() -> None:
    process = psutil.Process()

    def taken() -> tuple[int, int, int]:
        return threading.active_count(), process.num_fds(), len(process.children())

    await come_true(gone(await shown_and_dropped()))  # what all sessions share is there now
    before = taken()
    made = await asyncio.gather(*(shown_and_dropped() for _ in range(SESSIONS)))
    await come_true(gone([each for refs in made for each in refs]))
    await come_true(lambda: all(now <= then for now, then in zip(taken(), before, strict=True)))


async def test_the_card_of_a_reply_plays_it_in_the_page_once_the_session_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def asked() -> tuple[ReplyCard, list[weakref.ref[Any]]]:
        talk = Talk()
        async with ScriptedServer([*talk.start(), HEARD, *talk.spoken_turn("Why?", "So.", tone(60))]) as server:
            session = RealtimeSession(endpoint=server.url)
            [reply] = await session.talk(SOUND, rate=24_000)
            card = reply_view(reply, session)
            await session.close()
        return card, [weakref.ref(session)]

    card, session = await asked()
    await come_true(gone(session))
    sent: list[tuple[Any, int]] = []
    monkeypatch.setattr(card, "send", lambda content, buffers=(): sent.append((content, len(buffers[0]))))
    card._handle_custom_msg({"type": "play", "page_id": "this"}, [])
    assert sent == [({"type": "sound", "page_id": "this"}, len(tone(60)) + 44)]
    assert card.playing


_CELL = """
import asyncio, gc, weakref
from IPython.display import display
from realtime_widgets import RealtimeSession
from realtime_widgets.testing import ScriptedServer, Talk

async def shown_and_dropped():
    talk = Talk()
    async with ScriptedServer([*talk.start(), *talk.text_turn("Hi", "Hello")]) as server:
        session = RealtimeSession(endpoint=server.url)
        display(session)
        display(await session.ask("Hi"))
        await session.close()
    return weakref.ref(session)

refs = [await shown_and_dropped() for _ in range(5)]
async with asyncio.timeout(30):
    while any(each() is not None for each in refs):
        await asyncio.sleep(0.05)
        gc.collect()
print("gone")
"""


def test_shown_sessions_are_gone_in_a_notebook_too() -> None:
    root = str(Path(realtime_widgets.__file__).parent.parent)
    manager, client = start_new_kernel(env=os.environ | {"PYTHONPATH": root})
    printed: list[str] = []

    def collect(message: dict[str, Any]) -> None:
        content = message["content"]
        if message["msg_type"] == "stream":
            printed.append(content["text"])
        elif message["msg_type"] == "error":
            printed.extend(content["traceback"])

    try:
        client.execute_interactive(_CELL, output_hook=collect, timeout=90)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert "".join(printed) == "gone\n"
