"""The person's side of a recording, said again to another session: in its order, at its times, with its sound."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from realtime_widgets import ConfigurationError, ConnectionFailedError, RealtimeSession, Recording, RecordingError
from realtime_widgets.recording.person import acts_of
from realtime_widgets.testing import Call, ScriptedServer, Talk, expect, stall, tone
from tests.recording.conftest import STORY, add
from tests.session.watching import HEARD, hears

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from tests.conftest import Open

    Recorded = Callable[[], Coroutine[Any, Any, Recording]]

SOUNDS = Path(__file__).parent.parent / "sounds"
LOUD = np.full(12_000, 0.25, np.float32)
CALL = [Call("add", {"first": 1, "second": 2}, "3")]


async def said_and_typed(connect: Open, path: Path, pause: float) -> Recording:
    """Record a spoken turn, a pause, and a typed turn with a tool."""
    talk = Talk()
    turns = [
        *talk.spoken_turn("How late?", "Noon.", tone(300)),
        *talk.function_call_turn("1 + 2?", CALL, "Three."),
    ]
    async with ScriptedServer([*talk.start(), HEARD, *turns]) as server:
        session = connect(server, "Be brief.", tools=[add], voice="cedar")
        session.record(path, sources=True)
        await session.talk(LOUD, rate=24_000)
        await asyncio.sleep(pause)
        await session.ask("1 + 2?")
        await session.close()
    return Recording.load(path)


async def test_the_order_and_the_times_relative_to_the_answers(recorded: Recorded) -> None:
    recording = await recorded()
    first, second, third, fourth = acts_of(recording, 10.0)
    assert (first.cue, first.words, bool(first.pcm)) == ("own", "Tell me", True)
    assert (second.cue, second.words) == ("into", "Stop")
    assert 0 < second.seconds < 2
    assert (third.cue, third.words, third.pcm, third.asks) == ("answer", "1 + 2 <b>?", b"", True)
    assert third.item["content"][0]["text"] == "1 + 2 <b>?"
    assert fourth.cue == "answer"
    assert all(act.seconds <= 0.1 for act in acts_of(recording, 0.1))


async def test_what_was_said_is_said_again_and_the_other_talk_is_recorded(connect: Open, tmp_path: Path) -> None:
    recording = await said_and_typed(connect, tmp_path / "talk.rwz", 0.4)
    assert acts_of(recording, 10.0)[1].seconds == pytest.approx(0.4, abs=0.35)
    talk = Talk()
    turns = [
        *talk.spoken_turn("How late?", "Twelve o'clock.", tone(500)),
        *talk.function_call_turn("1 + 2?", CALL, "It is three."),
    ]
    async with ScriptedServer([*talk.start(), HEARD, *turns]) as server:
        again = await recording.rerun(endpoint=server.url, voice="marin")
        settings = server.received_of("session.update")[0]["session"]
        heard = np.frombuffer(server.heard(), "<i2")
        outputs = [
            event["item"]["output"]
            for event in server.received_of("conversation.item.create")
            if event["item"]["type"] == "function_call_output"
        ]
    assert settings["instructions"] == "Be brief."
    assert settings["audio"]["output"]["voice"] == "marin"
    assert [tool["name"] for tool in settings["tools"]] == ["add"]
    assert outputs == ["3"]  # of the recording: the function is not there
    assert 4_000 < np.count_nonzero(heard) <= len(LOUD)
    assert again.path == tmp_path / "talk-again.rwz"
    assert [turn.answer for turn in again.turns] == ["Twelve o'clock.", "It is three."]
    assert [turn.question for turn in again.turns] == ["How late?", "1 + 2?"]
    assert np.count_nonzero(again.both[:, 1]) > 11_000


async def test_functions_in_place_of_the_recorded_tools_and_calls_that_were_not_made(
    connect: Open, tmp_path: Path
) -> None:
    recording = await said_and_typed(connect, tmp_path / "talk.rwz", 0)
    other = [Call("add", {"first": 5, "second": 5})]

    async def rerun(**options: Any) -> tuple[Any, Recording]:
        talk = Talk()
        turns = [
            *talk.spoken_turn("How late?", "Noon.", tone(60)),
            *talk.function_call_turn("1 + 2?", other, "So."),
        ]
        async with ScriptedServer([*talk.start(), HEARD, *turns]) as server:
            again = await recording.rerun(endpoint=server.url, longest_pause=0, **options)
        return again.calls[0], again

    call, again = await rerun(tools=[add])
    assert call.output == "10"
    call, another = await rerun()
    assert "not in the recording" in json.loads(call.output)["error"]
    assert (again.path.name, another.path.name) == ("talk-again.rwz", "talk-again-2.rwz")


async def test_what_cannot_be_said_again(connect: Open, tmp_path: Path) -> None:
    recording = await said_and_typed(connect, tmp_path / "talk.rwz", 0)
    with pytest.raises(ConfigurationError, match="name one"):
        await recording.rerun()  # its endpoint was a scripted server
    with pytest.raises(ConfigurationError, match="longest_pause"):
        await recording.rerun(endpoint="local", longest_pause=-1)
    with pytest.raises(ConnectionFailedError):
        await recording.rerun(endpoint="http://127.0.0.1:9/v1")
    silent = connect("http://127.0.0.1:9/v1")
    silent.record(tmp_path / "silent.rwz").stop()
    with pytest.raises(RecordingError, match="nobody said"):
        await Recording.load(tmp_path / "silent.rwz").rerun(endpoint="local")


async def test_a_button_that_stopped_the_answer_is_pressed_again(connect: Open, tmp_path: Path) -> None:
    def server() -> ScriptedServer:
        talk = Talk()
        turn = [HEARD, *talk.spoken_turn("Tell me", "Once upon a time", STORY), stall()]
        return ScriptedServer([*talk.start(), *turn, expect("conversation.item.truncate")])

    async with server() as first:
        session = connect(first)
        session.record(tmp_path / "talk.rwz")
        talking = asyncio.create_task(session.talk(LOUD, rate=24_000))
        await first.stalled()
        await hears(session, 24_000)
        first.resume()
        session.interrupt()
        await talking
        await session.close()
    recording = Recording.load(tmp_path / "talk.rwz")
    _, stop = acts_of(recording, 10.0)
    assert (stop.cue, stop.pcm, stop.item) == ("into", b"", {})
    async with server() as second:
        running = asyncio.create_task(recording.rerun(endpoint=second.url))
        await second.stalled()
        second.resume()
        again = await running
        [truncate] = second.received_of("conversation.item.truncate")
    assert truncate["audio_end_ms"] == pytest.approx(stop.seconds * 1000, abs=300)
    assert again.turns[0].interrupted


async def test_a_talk_with_push_to_talk(connect: Open, tmp_path: Path) -> None:
    def server() -> ScriptedServer:
        talk = Talk()
        begun = expect("input_audio_buffer.clear")
        first = talk.push_to_talk_turn("How late?", "Noon.", tone(100))
        second = talk.push_to_talk_turn("Sure?", "Yes.", tone(100))
        return ScriptedServer([*talk.start(), begun, *first, begun, *second])

    async with server() as first:
        session = connect(first, turn_detection="push_to_talk")
        session.record(tmp_path / "talk.rwz")
        await session.talk(LOUD, rate=24_000)
        await session.talk(LOUD, rate=24_000)
        await session.close()
    recording = Recording.load(tmp_path / "talk.rwz")
    acts = acts_of(recording, 10.0)
    assert [(act.words, act.cue) for act in acts] == [("How late?", "own"), ("Sure?", "answer")]
    assert all(0.4 < len(act.pcm) / 48_000 < 1.2 for act in acts)
    async with server() as second:
        again = await recording.rerun(endpoint=second.url, longest_pause=0)
        heard = np.frombuffer(second.heard(), "<i2")
    assert [turn.answer for turn in again.turns] == ["Noon.", "Yes."]
    assert np.count_nonzero(heard) > 1.5 * len(LOUD)


@pytest.mark.nightly  # half a minute and more of real talk
@pytest.mark.models
@pytest.mark.timeout(180)
async def test_a_speech_with_pauses_interrupts_the_local_endpoint_again(tmp_path: Path) -> None:
    """Between the parts of the speech it begins to answer, and is talked over."""
    session = RealtimeSession("Answer at length.", endpoint="local")
    session.record(tmp_path / "talk.rwz")
    await session.talk(SOUNDS / "jfk.flac")
    await session.close()
    recording = Recording.load(tmp_path / "talk.rwz")
    assert any(turn.interrupted for turn in recording.turns)
    again = await recording.rerun(instructions="Answer in one word.", voice="cedar")
    assert again.settings["instructions"] == "Answer in one word."
    assert any(turn.interrupted for turn in again.turns)
    assert "your country" in again.turns[-1].question
    assert again.seconds < recording.seconds + 8
