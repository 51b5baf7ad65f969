"""A recorded talk as a server: the same talk again without its service, and what differs is named."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets import Recording, RecordingError
from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.testing import Call, ScriptedServer, ScriptNotFollowedError, Talk, tone
from tests.recording.conftest import STORY, add, divide
from tests.session.watching import HEARD, SOUND

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    from tests.conftest import Open

    Recorded = Callable[[], Coroutine[Any, Any, Recording]]


async def test_the_same_talk_again(recorded: Recorded, connect: Open) -> None:
    recording = await recorded()
    heard_ms = next(event.event for event in recording.events if event.type.endswith("truncate"))["audio_end_ms"]
    async with ScriptedServer.from_recording(recording.path) as server:
        session = connect(server, tools=[add, divide])
        story, stop = await session.talk(SOUND, rate=24_000)
        assert (story.question, story.text, story.interrupted) == ("Tell me", "Once upon a time", True)
        assert (stop.question, stop.text) == ("Stop", "All right")
        assert story.pcm == STORY
        [truncate] = server.received_of("conversation.item.truncate")
        assert truncate["audio_end_ms"] == pytest.approx(heard_ms, abs=250)
        three = await session.ask("1 + 2 <b>?")
        assert (three.text, [call.value for call in three.tool_calls]) == ("Three.", [3])
        assert (await session.ask("1 / 0?")).text == "No."
        said = [(line.kind, line.role, line.text, line.arguments) for line in session.conversation]
    assert said == [(line.kind, line.role, line.text, line.arguments) for line in recording.conversation]


async def test_a_tool_that_returns_something_else_fails_unless_that_may_be(connect: Open, tmp_path: Path) -> None:
    talk = Talk()
    calls = [Call("add", {"first": 1, "second": 2}), Call("add", {"first": 3, "second": 4})]
    async with ScriptedServer([*talk.start(), *talk.function_call_turn("Add", calls, "Added.")]) as server:
        session = connect(server, tools=[add])
        session.record(tmp_path / "talk.rwz")
        await session.ask("Add")
        await session.close()

    def wrong(first: int, second: int) -> int:
        """Add two numbers."""
        return first - second

    wrong.__name__ = "add"
    with pytest.raises(ScriptNotFollowedError, match="the recording"):
        async with ScriptedServer.from_recording(tmp_path / "talk.rwz") as server:
            session = connect(server, tools=[wrong])
            asking = asyncio.create_task(session.ask("Add"))
            try:
                await server.finished()
            finally:
                asking.cancel()
    async with ScriptedServer.from_recording(tmp_path / "talk.rwz", strict=False) as server:
        session = connect(server, tools=[wrong])
        reply = await session.ask("Subtract")
        assert [call.value for call in reply.tool_calls] == [-1, -1]
        assert reply.text == "Added."


async def test_a_recording_from_the_middle_of_a_talk(connect: Open, tmp_path: Path) -> None:
    talk = Talk()
    turns = [*talk.text_turn("Hi", "Hello"), *talk.text_turn("Bye", "So long")]
    async with ScriptedServer([*talk.start(), *turns]) as server:
        session = connect(server)
        await session.ask("Hi")
        session.record(tmp_path / "talk.rwz")
        await session.ask("Bye")
        await session.close()
    recording = Recording.load(tmp_path / "talk.rwz")
    assert recording.transcript == "user: Hi\nassistant: Hello\nuser: Bye\nassistant: So long"
    async with ScriptedServer.from_recording(recording) as server:
        assert (await connect(server).ask("Bye")).text == "So long"


async def test_pauses_are_kept_where_that_is_asked_for(connect: Open, tmp_path: Path) -> None:
    from realtime_widgets.testing import ManualClock, delay

    talk, clock = Talk(), ManualClock()
    first, *rest = talk.text_turn("Hi", "Hello")
    async with ScriptedServer([*talk.start(), first, rest[0], delay(7), *rest[1:]], clock=clock) as server:
        session = connect(server, clock=clock)
        session.record(tmp_path / "talk.rwz")
        asking = asyncio.create_task(session.ask("Hi"))
        await server.delayed()
        await clock.advance(7)
        await asking
        await session.close()
    again = ManualClock()
    async with ScriptedServer.from_recording(tmp_path / "talk.rwz", times=True, clock=again) as server:
        session = connect(server, clock=again)
        asking = asyncio.create_task(session.ask("Hi"))
        await server.delayed()
        await again.advance(6.9)
        assert not asking.done()
        await again.advance(0.2)
        assert (await asking).text == "Hello"


async def test_images_and_the_ids_that_the_client_gives(connect: Open, tmp_path: Path) -> None:
    import numpy as np

    picture = np.zeros((8, 8, 3), np.uint8)
    talk = Talk()
    async with ScriptedServer([*talk.start(), *talk.text_turn(..., "Black.")]) as server:
        session = connect(server)
        session.record(tmp_path / "talk.rwz")
        await session.ask("What is it?", image=picture)
        await session.close()
    recording = Recording.load(tmp_path / "talk.rwz")
    sent = next(event.event for event in recording.events if event.type == "conversation.item.create")
    assert any(str(part.get("image_url")).startswith("data:image/") for part in sent["item"]["content"])
    assert recording.conversation[0].images[0].thumbnail.startswith("data:image/")
    async with ScriptedServer.from_recording(recording) as server:
        session = connect(server)
        for _ in range(3):  # the ids are not those that they were
            shared_engine().run(session.runtime.core.new_id, "another")
        assert (await session.ask("What is it?", image=picture)).text == "Black."
        [question, answer] = session.conversation
        assert question.images and question.id != recording.conversation[0].id
        assert answer.text == "Black."


async def test_an_answer_whose_sound_is_missing_is_named(connect: Open, tmp_path: Path) -> None:
    import zipfile

    talk = Talk()
    turn = talk.spoken_turn("How late?", "Noon.", tone(200))
    async with ScriptedServer([*talk.start(), HEARD, *turn]) as server:
        session = connect(server)
        session.record(tmp_path / "talk.rwz")
        await session.talk(SOUND, rate=24_000)
        await session.close()
    with zipfile.ZipFile(tmp_path / "talk.rwz") as opened:
        opened.extractall(tmp_path / "folder", [name for name in opened.namelist() if "answers" not in name])
    with pytest.raises(RecordingError, match="sound of the answer"):
        ScriptedServer.from_recording(tmp_path / "folder")


async def test_a_lost_connection_is_lost_again(connect: Open, tmp_path: Path) -> None:
    from realtime_widgets.testing import cut, reconnect
    from realtime_widgets.testing.scripted_server.client_items import accept_item

    talk = Talk()
    first = talk.text_turn("Hi", "Hello")
    again = Talk()
    restored = [accept_item(...), accept_item(...)]
    steps = [
        *talk.start(),
        *first,
        cut(),
        reconnect(),
        *again.start(),
        *restored,
        *talk.text_turn("Bye", "So long"),
    ]
    async with ScriptedServer(steps) as server:
        session = connect(server)
        session.record(tmp_path / "talk.rwz")
        await session.ask("Hi")
        assert (await session.ask("Bye")).text == "So long"
        await session.close()
    async with ScriptedServer.from_recording(tmp_path / "talk.rwz") as server:
        session = connect(server)
        assert (await session.ask("Hi")).text == "Hello"
        assert (await session.ask("Bye")).text == "So long"
        assert len(server.paths) == 2
