"""Servers that send what no server should: the talk goes on, and what was left out is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from realtime_widgets.core.conversation.notices import LEFT_OUT_SINGLY
from realtime_widgets.events import Problem
from realtime_widgets.testing import ScriptedServer, Talk, emit, garbage
from realtime_widgets.widgets import console_of
from tests.session.watching import notices

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Open


async def test_thousands_of_frames_that_make_no_sense_are_counted_in_one_line(connect: Open) -> None:
    talk = Talk()
    begun, *rest = talk.text_turn("Hi", "Hello")
    babble = [garbage(f"no json {number}") for number in range(3000)]
    async with ScriptedServer([*talk.start(), begun, *babble, *rest]) as server:
        session = connect(server)
        stream = session.events(Problem)
        assert (await session.ask("Hi")).text == "Hello"
        await session.close()
    lines = [text for text in notices(session) if "left out" in text]
    assert len(lines) == LEFT_OUT_SINGLY + 1
    assert lines[-1].startswith("2,996 more events of the server could not be used.")
    assert len([problem async for problem in stream]) == len(lines)


async def test_deep_nesting_and_halves_of_characters_do_not_end_a_talk(connect: Open, tmp_path: Path) -> None:
    talk = Talk()
    begun, *rest = talk.text_turn("Hi", "Hello")
    deep = "[" * 900 + "]" * 900
    frames = [
        f'{{"type": "later.invented", "x": {deep}}}',
        f'{{"type": "session.updated", "session": {{"x": {deep}}}}}',
        r'{"type": "later.invented", "x": "\ud800"}',
    ]
    async with ScriptedServer([*talk.start(), begun, *map(garbage, frames), *rest]) as server:
        session = connect(server, voice="marin\ud800")
        assert (await session.ask("Hi")).text == "Hello"
        session.journal.save(tmp_path / "talk.jsonl")
        assert server.received_of("session.update")[0]["session"]["audio"]["output"]["voice"] == "marin?"
        await session.close()
    assert sum("nested deeper" in text for text in notices(session)) == 2
    assert b"later.invented" in (tmp_path / "talk.jsonl").read_bytes()


@pytest.mark.parametrize("audio", [None, {"output": None, "input": None}, {"output": [1]}, [], 3])
async def test_settings_of_any_shape_leave_the_console_as_it_is(connect: Open, audio: object) -> None:
    talk = Talk()
    odd = emit("session.updated", session={"audio": audio, "model": ["m"]})
    async with ScriptedServer([*talk.start(), odd, *talk.text_turn("Hi", "Hello")]) as server:
        session = connect(server, voice="marin")
        assert (await session.ask("Hi")).text == "Hello"
        console_of(session)
        await session.close()
