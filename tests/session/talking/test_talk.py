"""Speech without a browser, in whole conversations: said, answered, given up."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import numpy as np
import pytest

from realtime_widgets.errors import AudioError
from realtime_widgets.events import Received
from realtime_widgets.testing import ScriptedServer, Talk, expect, stall, tone
from tests.session.watching import HEARD, SOUND, comes, hears, reaches

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Open


async def test_speech_is_answered_and_heard(connect: Open, tmp_path: Path) -> None:
    talk = Talk()
    voice = tone(300)
    async with ScriptedServer([*talk.start(), HEARD, *talk.spoken_turn("How late?", "Noon.", voice)]) as server:
        session = connect(server)
        [reply] = await session.talk(SOUND, rate=24000, out=tmp_path / "heard.wav")
        assert (reply.text, reply.question, reply.interrupted) == ("Noon.", "How late?", False)
        assert reply.pcm == voice
        assert reply.seconds == pytest.approx(0.3)
        assert (tmp_path / "heard.wav").stat().st_size == len(voice) + 44
        assert session.transcript == "user: How late?\nassistant: Noon."


async def test_the_users_words_may_come_after_the_answer(connect: Open) -> None:
    talk = Talk()
    steps = [*talk.start(), HEARD, *talk.spoken_turn("How late?", "Noon.", tone(60), transcript="after")]
    async with ScriptedServer(steps) as server:
        session = connect(server)
        received = session.events(Received)
        await session.talk(SOUND, rate=24000)
        await server.finished()
        await comes(received, "conversation.item.input_audio_transcription.completed")
        assert session.transcript == "user: How late?\nassistant: Noon."


async def test_a_sound_file_is_a_question_too(connect: Open, tmp_path: Path) -> None:
    from realtime_widgets.audio.samples import write_wav

    write_wav(tmp_path / "question.wav", SOUND[:1600], 8000)
    talk = Talk()
    async with ScriptedServer([*talk.start(), HEARD, *talk.spoken_turn("How late?", "Noon.", tone(60))]) as server:
        reply = await connect(server).ask(audio=tmp_path / "question.wav")
        assert reply.text == "Noon."


@pytest.mark.parametrize("after_done", [False, True], ids=["while it is made", "while it plays"])
async def test_speech_over_the_answer_truncates_it_where_it_was_heard(connect: Open, after_done: bool) -> None:
    talk = Talk()
    turns = talk.barge_in_turn(
        "Tell me a story", "Once upon a time", "Stop", "All right", audio=tone(20_000), after_done=after_done
    )
    async with ScriptedServer([*talk.start(), HEARD, *turns]) as server:
        session = connect(server)
        talking = asyncio.create_task(session.talk(SOUND, rate=24000))
        await server.stalled()
        await hears(session, 2400)
        server.resume()
        story, stop = await talking
        assert (story.interrupted, stop.interrupted) == (True, False)
        assert (story.question, stop.question, stop.text) == ("Tell me a story", "Stop", "All right")
        [truncate] = server.received_of("conversation.item.truncate")
        assert 100 <= truncate["audio_end_ms"] < 10_000
        assert server.received_of("response.cancel") == []


async def test_a_talk_that_is_given_up_leaves_a_usable_session(connect: Open) -> None:
    talk = Talk()
    clear = expect("input_audio_buffer.clear")
    async with ScriptedServer([*talk.start(), clear, stall(), clear, *talk.text_turn("Hi", "Hello")]) as server:
        session = connect(server, turn_detection="push_to_talk")
        talking = asyncio.create_task(session.talk(np.full(480_000, 0.1, np.float32), rate=24000))
        await server.stalled()
        talking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await talking
        server.resume()
        assert (await session.ask("Hi")).text == "Hello"


async def test_a_talk_given_up_while_the_answer_plays_falls_silent(connect: Open) -> None:
    talk = Talk()
    turn = [HEARD, *talk.spoken_turn("Hi", "A long answer", tone(20_000))]
    truncate = expect("conversation.item.truncate")
    async with ScriptedServer([*talk.start(), *turn, stall(), truncate]) as server:
        session = connect(server)
        talking = asyncio.create_task(session.talk(SOUND, rate=24000))
        await server.stalled()
        await hears(session, 240, made=True)
        talking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await talking
        server.resume()
        await server.finished()
        await reaches(session, "listening")


async def test_sound_that_is_none_is_refused_before_anything_is_sent(connect: Open, tmp_path: Path) -> None:
    session = connect("http://127.0.0.1:9/v1")
    for sound, rate in ((tmp_path / "missing.wav", None), (SOUND, None), (np.zeros(0), 24000)):
        with pytest.raises(AudioError):
            await session.talk(sound, rate=rate)
    with pytest.raises(AudioError, match="folder"):
        await session.talk(SOUND, rate=24000, out=tmp_path / "missing" / "heard.wav")
    assert session.state == "idle"
