"""A session in whole conversations, against a scripted server over a real WebSocket."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import numpy as np
import pytest

from realtime_widgets.errors import (
    AudioError,
    ConfigurationError,
    ConnectionFailedError,
    ResponseFailedError,
    SessionClosedError,
)
from realtime_widgets.testing import Call, ScriptedServer, Talk, emit, expect, stall, tone
from tests.client.watching import HEARD, SOUND, hears, notices, reaches, until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.client.conftest import Open


async def test_a_question_in_text(connect: Open) -> None:
    talk = Talk()
    async with ScriptedServer([*talk.start(), *talk.text_turn("Hi", "Hello there!")]) as server:
        session = connect(server, "Be brief.", voice="marin", model="m 1")
        assert session.state == "idle"
        reply = await session.ask("Hi")
        assert (reply.text, str(reply), reply.question) == ("Hello there!", "Hello there!", "Hi")
        assert (reply.tool_calls, reply.interrupted, len(reply.audio)) == ([], False, 0)
        assert reply.usage.total_tokens == session.usage.total_tokens > 0
        assert session.transcript == "user: Hi\nassistant: Hello there!"
        assert session.state == "listening"
        await server.finished()
        [update] = server.received_of("session.update")
        assert update["session"]["instructions"] == "Be brief."
        assert update["session"]["audio"]["output"]["voice"] == "marin"
        assert server.paths == ["/v1/realtime?model=m+1"]


async def test_one_turn_after_the_other_over_one_connection(connect: Open) -> None:
    talk = Talk()
    turns = [*talk.text_turn("One", "1"), *talk.text_turn("Two", "2"), *talk.text_turn("Three", "3")]
    async with ScriptedServer([*talk.start(), *turns]) as server:
        session = connect(server)
        assert [(await session.ask(text)).text for text in ("One", "Two", "Three")] == ["1", "2", "3"]
        assert len(server.paths) == 1


async def test_two_tasks_that_ask_at_once_are_both_answered(connect: Open) -> None:
    talk = Talk()
    question = {"type": "message", "role": "user"}
    first, second = talk.text_turn("One", "1"), talk.text_turn("Two", "2")
    # Both questions come at once; the second request waits for the end of the first response.
    steps = [first[0], expect("response.create"), expect("conversation.item.create", item=question)]
    async with ScriptedServer([*talk.start(), *steps, *first[2:], *second[1:]]) as server:
        session = connect(server)
        one, two = await asyncio.gather(session.ask("One"), session.ask("Two"))
        assert (one.text, two.text) == ("1", "2")


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
        await session.talk(SOUND, rate=24000)
        await server.finished()
        core = session.runtime.core
        await until(session, lambda: "How late?" in [item.text for item in core.conversation])
        assert session.transcript == "user: How late?\nassistant: Noon."


async def test_a_sound_file_is_a_question_too(connect: Open, tmp_path: Path) -> None:
    from realtime_widgets.audio import write_wav

    write_wav(tmp_path / "question.wav", SOUND[:1600], 8000)
    talk = Talk()
    async with ScriptedServer([*talk.start(), HEARD, *talk.spoken_turn("How late?", "Noon.", tone(60))]) as server:
        reply = await connect(server).ask(audio=tmp_path / "question.wav")
        assert reply.text == "Noon."


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


async def test_a_question_in_text_waits_for_the_spoken_one(connect: Open) -> None:
    talk = Talk()
    spoken, written = talk.spoken_turn("How late?", "Noon.", tone(60)), talk.text_turn("And now?", "One.")
    begun = next(index for index, step in enumerate(spoken) if "'response.created'" in str(step)) + 1
    busy = emit(
        "error",
        error=lambda matched: {
            "code": "conversation_already_has_active_response",
            "event_id": matched[-1]["event_id"],
        },
    )
    # The typed item goes in while the person still speaks; its request crosses the service's own response.
    crossing = [*spoken[1:begun], expect("response.create"), busy, *spoken[begun:]]
    steps = [HEARD, spoken[0], stall(), written[0], *crossing, *written[1:]]
    async with ScriptedServer([*talk.start(), *steps]) as server:
        session = connect(server)
        talking = asyncio.create_task(session.talk(SOUND, rate=24000))
        await server.stalled()
        await until(session, lambda: session.runtime.core.user_speaking)
        asking = asyncio.create_task(session.ask("And now?"))
        server.resume()
        assert (await asking).text == "One."
        assert (await talking)[0].text == "Noon."
        first, second = server.received_of("response.create")
        assert first["event_id"] == second["event_id"]
        assert notices(session) == []


async def test_say_speaks_without_waiting(connect: Open) -> None:
    talk = Talk()
    async with ScriptedServer([*talk.start(), *talk.text_turn("Hi", "Hello!")]) as server:
        session = connect(server)
        session.say("Hi")
        await server.finished()
        await reaches(session, "listening")
        assert session.transcript == "user: Hi\nassistant: Hello!"


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
        asking = asyncio.create_task(session.ask("Tell me a story"))
        await server.stalled()
        await reaches(session, "thinking")
        await until(session, lambda: bool(session.runtime.core.conversation.responses))
        session.interrupt()
        server.resume()
        assert (await asking).interrupted


async def test_a_bad_key_is_told_without_the_key(connect: Open) -> None:
    from http import HTTPStatus

    from websockets.asyncio.server import serve

    async def never(connection: object) -> None:
        raise AssertionError

    def refuse(connection: object, request: object) -> object:
        return connection.respond(HTTPStatus.UNAUTHORIZED, "bad key sk-secret\n")  # type: ignore[attr-defined]

    async with serve(never, "127.0.0.1", 0, process_request=refuse) as server:  # type: ignore[arg-type]
        port = server.sockets[0].getsockname()[1]
        session = connect(f"http://127.0.0.1:{port}/v1", api_key="sk-secret")
        with pytest.raises(ConnectionFailedError, match="API key is wrong") as caught:
            await session.ask("Hi")
    assert session.state == "closed"
    shown = [str(caught.value), repr(session), *notices(session)]
    assert not any("sk-secret" in text for text in shown)
    with pytest.raises(SessionClosedError, match="API key"):
        await session.ask("Hi again")


async def test_an_endpoint_that_is_not_there(connect: Open) -> None:
    import socket

    with socket.socket() as taken:  # bound and not listening: refused
        taken.bind(("127.0.0.1", 0))
        session = connect(f"http://127.0.0.1:{taken.getsockname()[1]}/v1")
        with pytest.raises(ConnectionFailedError, match="cannot be reached"):
            await session.start()
    assert session.state == "closed"


async def test_an_endpoint_that_does_not_speak_websocket(connect: Open) -> None:
    async def other(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(other, "127.0.0.1", 0)
    async with server:
        session = connect(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1")
        with pytest.raises(ConnectionFailedError, match="does not speak WebSocket"):
            await session.start()


async def test_no_proxy_stands_before_this_machine(connect: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    async with ScriptedServer(Talk().start()) as server:
        await connect(server).start()


async def test_a_server_that_never_answers(connect: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime_widgets.link.CONFIGURE_TIMEOUT_S", 0.05)
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


async def test_a_response_that_fails_is_an_error_with_its_code(connect: Open) -> None:
    talk = Talk()
    turn = talk.text_turn("Hi", "")
    failed = emit(
        "response.done",
        response={
            "id": "resp_1",
            "status": "failed",
            "conversation_id": "conv",
            "output": [],
            "status_details": {"type": "failed", "error": {"code": "insufficient_quota", "message": "No credit."}},
        },
    )
    created = next(step for step in turn if "response.created" in str(step))
    start = talk.start()
    async with ScriptedServer(
        [*start, *turn[: turn.index(created) + 1], failed, *talk.text_turn("And?", "Yes")]
    ) as server:
        session = connect(server)
        with pytest.raises(ResponseFailedError, match="No credit") as caught:
            await session.ask("Hi")
        assert caught.value.code == "insufficient_quota"
        assert (await session.ask("And?")).text == "Yes"


async def test_an_error_of_our_request_ends_its_turn_only(connect: Open) -> None:
    talk = Talk()
    turn = talk.text_turn("Hi", "")
    refused = emit(
        "error",
        error=lambda matched: {
            "code": "rate_limit_exceeded",
            "message": "Slow down.",
            "event_id": matched[-1]["event_id"],
        },
    )
    async with ScriptedServer([*talk.start(), *turn[:2], refused, *talk.text_turn("And?", "Yes")]) as server:
        session = connect(server)
        with pytest.raises(ResponseFailedError, match="Slow down") as caught:
            await session.ask("Hi")
        assert caught.value.code == "rate_limit_exceeded"
        assert (await session.ask("And?")).text == "Yes"


async def test_frames_that_make_no_sense_are_told_and_left_out(connect: Open) -> None:
    from websockets.asyncio.server import ServerConnection, serve

    async def babble(connection: ServerConnection) -> None:
        await connection.recv()
        frames: list[str | bytes] = [
            "no json",
            "[]",
            b"\xff",
            '{"type": []}',
            '{"type": "response.done"}',
            '{"type": "error"}',
        ]
        frames += ['{"type": "response.created", "response": {"id": ["x"]}}', '{"type": "later.invented"}']
        for frame in [*frames, '{"type": "session.updated", "session": {"audio": 3}}']:
            await connection.send(frame)
        await connection.wait_closed()

    async with serve(babble, "127.0.0.1", 0) as server:
        session = connect(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1")
        await session.start()
        assert session.state != "closed"
        assert sum("left out" in text for text in notices(session)) >= 5
        await session.close()


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


async def test_the_service_says_why_it_closes(connect: Open) -> None:
    from realtime_widgets.testing import close

    talk = Talk()
    last = emit("error", error={"code": "session_expired", "message": "Your session hit 60 minutes."})
    async with ScriptedServer(
        [*talk.start(), *talk.text_turn("Hi", "")[:2], last, close(1001, "too long")]
    ) as server:
        session = connect(server, reconnect=False)
        with pytest.raises(ConnectionFailedError, match="1001: too long"):
            await session.ask("Hi")
        assert "Your session hit 60 minutes." in notices(session)


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


@pytest.mark.parametrize("wrong", ["", "  ", None, 5])
async def test_there_must_be_something_to_say(connect: Open, wrong: object) -> None:
    session = connect("http://127.0.0.1:9/v1")
    with pytest.raises(ConfigurationError):
        session.say(wrong)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError):
        await session.ask(wrong)  # type: ignore[arg-type]
    assert session.state == "idle"


async def test_half_a_character_does_not_end_the_talk(connect: Open) -> None:
    talk = Talk()
    async with ScriptedServer([*talk.start(), *talk.text_turn("Hi ?", "Hello")]) as server:
        session = connect(server, "Be brief \udc00")
        assert (await session.ask("Hi \ud83d")).text == "Hello"


async def test_sound_that_is_none_is_refused_before_anything_is_sent(connect: Open, tmp_path: Path) -> None:
    session = connect("http://127.0.0.1:9/v1")
    for sound, rate in ((tmp_path / "missing.wav", None), (SOUND, None), (np.zeros(0), 24000)):
        with pytest.raises(AudioError):
            await session.talk(sound, rate=rate)
    with pytest.raises(AudioError, match="folder"):
        await session.talk(SOUND, rate=24000, out=tmp_path / "missing" / "heard.wav")
    assert session.state == "idle"


async def test_calls_and_a_spoken_preamble(connect: Open) -> None:
    def double(x: int) -> int:
        """Double a number."""
        return 2 * x

    talk = Talk()
    call = Call("double", {"x": 21}, "42")
    turn = talk.function_call_turn("Double 21", [call], "It is 42.", preamble="One moment.", spoken=True)
    async with ScriptedServer([*talk.start(), *turn]) as server:
        reply = await connect(server, tools=[double]).ask("Double 21")
        assert reply.text == "One moment. It is 42."
        [result] = reply.tool_calls
        assert (result.name, result.output, result.error) == ("double", "42", None)


async def test_the_model_speaks_by_itself_where_nobody_did(connect: Open) -> None:
    talk = Talk()
    committed = talk.spoken_turn("", "Are you still there?", transcript=None)[2:]  # nobody began to speak
    silence = {"item_id": "item_1", "audio_start_ms": 0, "audio_end_ms": 6000}
    steps = [*talk.start(), emit("input_audio_buffer.timeout_triggered", **silence), *committed]
    async with ScriptedServer([*steps, *talk.text_turn("Yes", "Good.")]) as server:
        session = connect(server, turn_detection={"type": "server_vad", "idle_timeout_ms": 6000})
        await session.start()
        await until(session, lambda: any(turn.done for turn in session.runtime.core.turns.values()))
        assert (await session.ask("Yes")).text == "Good."
        assert session.transcript == "assistant: Are you still there?\nuser: Yes\nassistant: Good."
        assert any("speaks by itself" in text for text in notices(session))
