"""Questions in whole conversations: asked one by one, at once, aloud and in vain."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from realtime_widgets.errors import ConfigurationError, ResponseFailedError
from realtime_widgets.events import Received
from realtime_widgets.testing import Call, ScriptedServer, Talk, emit, expect, stall, tone
from realtime_widgets.widgets.talk.entries import make_entries
from tests.session.watching import HEARD, SOUND, comes, notices, reaches

if TYPE_CHECKING:
    from tests.conftest import Open


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
        received = session.events(Received)
        talking = asyncio.create_task(session.talk(SOUND, rate=24000))
        await server.stalled()
        await comes(received, "input_audio_buffer.speech_started")
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


async def test_what_the_model_says_before_its_answer_is_told_apart(connect: Open) -> None:
    def double(x: int) -> int:
        """Double a number."""
        return 2 * x

    talk = Talk()
    call = Call("double", {"x": 21}, "42")
    turn = talk.function_call_turn("Double 21", [call], "It is 42.", preamble="One moment.", marked=True)
    async with ScriptedServer([*talk.start(), *turn]) as server:
        session = connect(server, tools=[double])
        reply = await session.ask("Double 21")
        assert (reply.preamble, reply.text) == ("One moment.", "It is 42.")
        assert "**Assistant:** *(before the answer)* One moment." in session.conversation.to_markdown()
        records = session.conversation.to_records()
        assert [each["phase"] for each in records if each["kind"] == "message"] == ["", "commentary", ""]
        shown = make_entries(session.runtime.core, session.runtime.tools, False)
        assert [entry.preamble for entry in shown if entry.kind == "assistant"] == [True, False]
