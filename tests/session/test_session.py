"""A session in whole conversations, against a scripted server over a real WebSocket."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from realtime_widgets.errors import AudioError, ConfigurationError, ConnectionFailedError, SessionClosedError
from realtime_widgets.events import Received, TurnEnded
from realtime_widgets.testing import ScriptedServer, Talk, close, emit, expect, stall, tone
from tests.session.watching import SOUND, comes, notices, reaches

if TYPE_CHECKING:
    from tests.conftest import Open


async def test_push_to_talk_commits_what_was_said(connect: Open) -> None:
    talk = Talk()
    steps = [
        *talk.start(),
        expect("input_audio_buffer.clear"),
        *talk.push_to_talk_turn("How late?", "Noon.", tone(60)),
    ]
    async with ScriptedServer(steps) as server:
        session = connect(server, turn_detection="push_to_talk")
        [reply] = await session.talk(SOUND, rate=24000)
        assert (reply.text, reply.question) == ("Noon.", "How late?")
        assert server.received_of("session.update")[0]["session"]["audio"]["input"]["turn_detection"] is None


async def test_push_to_talk_with_too_little_sound_asks_nothing(connect: Open) -> None:
    clear = expect("input_audio_buffer.clear")
    async with ScriptedServer([*Talk().start(), clear, clear]) as server:
        session = connect(server, turn_detection="push_to_talk")
        with pytest.raises(AudioError, match="no speech was heard"):
            await session.talk(SOUND[:1200], rate=24000)
        assert any("Too short" in text for text in notices(session))
        await server.finished()


async def test_interrupt_cancels_the_answer(connect: Open) -> None:
    talk = Talk()
    turn = talk.text_turn("Tell me a story", "Once upon a time")
    opened = next(index for index, step in enumerate(turn) if "delta" in str(step))
    cancelled = emit(
        "response.done",
        response=lambda matched: {
            "id": matched[-1]["response_id"],
            "status": "cancelled",
            "conversation_id": "conv",
            "output": [],
        },
    )
    steps = [*talk.start(), *turn[:opened], stall(), expect("response.cancel"), cancelled]
    async with ScriptedServer(steps) as server:
        session = connect(server)
        received = session.events(Received)
        asking = asyncio.create_task(session.ask("Tell me a story"))
        await server.stalled()
        await reaches(session, "thinking")
        await comes(received, "response.created")
        session.interrupt()
        server.resume()
        assert (await asking).interrupted


async def test_a_server_that_never_answers(connect: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime_widgets.runtime.session_runtime.CONFIGURE_TIMEOUT_S", 0.05)
    async with ScriptedServer([expect("session.update")]) as server:
        session = connect(server)
        with pytest.raises(ConnectionFailedError, match="did not answer"):
            await session.ask("Hi")
        assert session.state == "closed"


async def test_settings_that_the_service_refuses(connect: Open) -> None:
    refusal = emit(
        "error",
        error=lambda matched: {
            "type": "invalid_request_error",
            "code": "invalid_value",
            "message": "Invalid value: 'marvin'.",
            "event_id": matched[-1]["event_id"],
        },
    )
    async with ScriptedServer([Talk().start()[0], expect("session.update"), refusal]) as server:
        session = connect(server, voice="marvin")
        with pytest.raises(ConfigurationError, match="marvin"):
            await session.start()
        assert session.state == "closed"


async def test_closing_twice_is_harmless_and_final(connect: Open) -> None:
    async with ScriptedServer(Talk().start()) as server:
        session = connect(server)
        await session.start()
        await session.close()
        await session.close()
        assert session.state == "closed"
        assert session.runtime.closed_by_person
        assert notices(session) == []
        for use in (session.ask("Hi"), session.start(), session.talk(SOUND, rate=24000)):
            with pytest.raises(SessionClosedError, match="it was closed"):
                await use
        with pytest.raises(SessionClosedError, match="it was closed"):
            session.say("Hi")
        session.interrupt()


async def test_a_session_that_was_never_used_closes_too(connect: Open) -> None:
    session = connect("http://127.0.0.1:9/v1")
    await session.close()
    assert (session.state, notices(session)) == ("closed", [])


async def test_closing_while_somebody_waits_is_an_error_there(connect: Open) -> None:
    talk = Talk()
    async with ScriptedServer([*talk.start(), *talk.text_turn("Hi", "")[:2], stall()]) as server:
        session = connect(server)
        asking = asyncio.create_task(session.ask("Hi"))
        await server.stalled()
        await session.close()
        with pytest.raises(ConnectionFailedError, match="it was closed"):
            await asking


async def test_closing_while_it_connects_is_an_error_and_no_cancellation(connect: Open) -> None:
    async with ScriptedServer([expect("session.update"), stall()]) as server:
        session = connect(server)
        asking = asyncio.create_task(session.ask("Hi"))
        await server.stalled()
        await session.close()
        with pytest.raises(SessionClosedError, match="it was closed"):
            await asking


async def test_the_connection_is_lost_in_the_middle_of_an_answer(connect: Open) -> None:
    from realtime_widgets.testing import cut

    talk = Talk()
    turn = talk.text_turn("Hi", "Hello there, my friend")
    middle = next(index for index, step in enumerate(turn) if "delta" in str(step)) + 1
    async with ScriptedServer([*talk.start(), *turn[:middle], cut()]) as server:
        session = connect(server, reconnect=False)
        with pytest.raises(ConnectionFailedError, match="lost"):
            await session.ask("Hi")
        assert session.state == "closed"
        assert any("session ended" in text and "lost" in text for text in notices(session))
        assert session.transcript.startswith("user: Hi")
    async with ScriptedServer([*Talk().start(), *Talk().text_turn("Hi", "Hello")]) as server:
        assert (await connect(server).ask("Hi")).text == "Hello"  # the thread goes on


async def test_the_model_speaks_by_itself_where_nobody_did(connect: Open) -> None:
    talk = Talk()
    committed = talk.spoken_turn("", "Are you still there?", transcript=None)[2:]  # nobody began to speak
    silence = {"item_id": "item_1", "audio_start_ms": 0, "audio_end_ms": 6000}
    steps = [*talk.start(), emit("input_audio_buffer.timeout_triggered", **silence), *committed]
    async with ScriptedServer([*steps, *talk.text_turn("Yes", "Good.")]) as server:
        session = connect(server, turn_detection={"type": "server_vad", "idle_timeout_ms": 6000})
        turns = session.events(TurnEnded)
        await session.start()
        assert (await anext(turns)).text == "Are you still there?"
        assert (await session.ask("Yes")).text == "Good."
        assert session.transcript == "assistant: Are you still there?\nuser: Yes\nassistant: Good."
        assert any("speaks by itself" in text for text in notices(session))


@pytest.mark.parametrize(
    "error",
    [
        {"type": "invalid_request_error", "message": "Invalid value: 'marvin'."},
        {"code": "invalid_value", "message": "Invalid value: 'marvin'.", "param": "session.audio.output.voice"},
        "Invalid value: 'marvin'.",
    ],
)
async def test_a_refusal_that_does_not_say_what_it_refuses_is_told_in_its_own_words(
    connect: Open, monkeypatch: pytest.MonkeyPatch, error: object
) -> None:
    monkeypatch.setattr("realtime_widgets.runtime.session_runtime.UNNAMED_REFUSAL_S", 0.05)
    refusal = emit("error", error=error)
    async with ScriptedServer([Talk().start()[0], expect("session.update"), refusal, stall()]) as server:
        session = connect(server, voice="marvin")
        with pytest.raises(ConfigurationError, match="refused the session's settings: Invalid value: 'marvin'"):
            await session.start()
        assert session.state == "closed"


async def test_an_error_before_settings_that_take_effect_ends_nothing(connect: Open) -> None:
    created, configured = Talk().start()
    warning = emit("error", error={"message": "The beta header is ignored."})
    async with ScriptedServer([created, warning, configured, *Talk().text_turn("Hi", "Hello")]) as server:
        session = connect(server)
        assert (await session.ask("Hi")).text == "Hello"
        assert "The beta header is ignored." in notices(session)


async def test_who_refuses_and_closes_is_told_with_its_words(connect: Open) -> None:
    refusal = emit("error", error={"message": "No such model."})
    async with ScriptedServer([Talk().start()[0], expect("session.update"), refusal, close(1008)]) as server:
        session = connect(server)
        with pytest.raises(ConnectionFailedError, match=r"code 1008.*said: No such model\.") as caught:
            await session.start()
        assert caught.value.close_code == 1008
