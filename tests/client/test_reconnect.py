"""A lost connection: what a person notices, over real sockets."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from realtime_widgets.errors import ConnectionFailedError, ResponseFailedError
from realtime_widgets.reconnect import HandOver, ReconnectPolicy
from realtime_widgets.testing import (
    ScriptedServer,
    Talk,
    close,
    cut,
    emit,
    expect,
    reconnect,
    stall,
    tone,
)
from tests.client.watching import HEARD, SOUND, hears, notices, reaches

if TYPE_CHECKING:
    from tests.client.conftest import Open


def second_talk() -> Talk:
    """Return a talk whose ids are none of the first one's."""
    talk = Talk()
    for _ in range(20):
        talk._new_id("item")
        talk._new_id("resp")
    return talk


HISTORY = [("user", "Hi"), ("assistant", "Hello")]


def put_back(*items: tuple[str, str]) -> list[Any]:
    """Expect a conversation to be put back, as text."""
    steps = []
    for role, text in items:
        kind = "output_text" if role == "assistant" else "input_text"
        message = {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}
        fields = {"previous_item_id": None, "item": lambda matched: matched[-1]["item"]}
        steps.append(
            expect("conversation.item.create", item=message).then(
                emit("conversation.item.added", **fields), emit("conversation.item.done", **fields)
            )
        )
    return steps


async def test_the_talk_goes_on_after_a_loss_with_what_was_said(connect: Open) -> None:
    talk, later = Talk(), second_talk()
    steps = [*talk.start(), *talk.text_turn("Hi", "Hello"), stall(), cut(), reconnect()]
    steps += [*Talk().start(), *put_back(*HISTORY), stall(), *later.text_turn("Still there?", "Yes")]
    async with ScriptedServer(steps) as server:
        session = connect(server, "Be brief.", voice="marin")
        await session.ask("Hi")
        server.resume()
        await server.stalled()
        await reaches(session, "listening")
        server.resume()
        assert (await session.ask("Still there?")).text == "Yes"
        assert session.transcript == "user: Hi\nassistant: Hello\nuser: Still there?\nassistant: Yes"
        first, second = server.received_of("session.update")
        assert first["session"] == second["session"]
        told = notices(session)
        assert any("was lost" in text and "connecting again" in text for text in told)
        assert any("Connected again" in text for text in told)


async def test_a_question_that_was_lost_on_the_way_is_asked_again(connect: Open) -> None:
    talk, later = Talk(), second_talk()
    turn = talk.text_turn("Hi", "Hello there, my friend")
    steps = [*talk.start(), turn[0], turn[1], cut(), reconnect(), *Talk().start()]
    answer = later._answer("Hello", None, asked_for=True)
    async with ScriptedServer([*steps, *put_back(("user", "Hi")), expect("response.create"), *answer]) as server:
        session = connect(server)
        assert (await session.ask("Hi")).text == "Hello"
        assert session.transcript == "user: Hi\nassistant: Hello"


async def test_half_an_answer_is_asked_for_again_and_the_half_is_marked(connect: Open) -> None:
    talk, later = Talk(), second_talk()
    turn = talk.text_turn("Hi", "Hello there, my friend")
    middle = next(index for index, step in enumerate(turn) if "delta" in str(step)) + 1
    steps = [*talk.start(), *turn[:middle], cut(), reconnect(), *Talk().start(), *put_back(("user", "Hi"))]
    answer = later._answer("Good day", None, asked_for=True)
    async with ScriptedServer([*steps, expect("response.create"), *answer]) as server:
        session = connect(server)
        reply = await session.ask("Hi")
        assert (reply.text, reply.interrupted) == ("Good day", False)
        assert [line.state for line in session.conversation] == ["completed", "incomplete", "completed"]


async def test_a_tool_that_ran_through_the_loss_is_not_run_twice(connect: Open) -> None:
    from realtime_widgets.testing import Call

    going = asyncio.Event()
    runs = []

    async def look() -> str:
        """Look."""
        runs.append(1)
        await going.wait()
        return "seen"

    talk, later = Talk(), second_talk()
    turn = talk.function_call_turn("Look", [Call("look", {}, "seen")], "Seen.")
    called = next(index for index, step in enumerate(turn) if "expect_any" in str(step) or "in any" in str(step))
    again = expect("conversation.item.create", item={"type": "function_call", "call_id": "call_1"})
    output = expect("conversation.item.create", item={"type": "function_call_output", "output": "seen"})
    steps = [*talk.start(), *turn[:called], stall(), cut(), reconnect(), *Talk().start()]
    steps += [*put_back(("user", "Look")), again, stall(), output, expect("response.create")]
    async with ScriptedServer([*steps, *later._answer("Seen.", None, asked_for=True)]) as server:
        session = connect(server, tools=[look])
        asking = asyncio.create_task(session.ask("Look"))
        await server.stalled()
        server.resume()
        await server.stalled()
        server.resume()
        going.set()
        assert (await asking).text == "Seen."
        assert runs == [1]


async def test_what_is_said_during_the_loss_is_held(connect: Open) -> None:
    talk, later = Talk(), second_talk()
    turn = later.spoken_turn("How late?", "Noon.", tone(60))
    steps = [*talk.start(), stall(), cut(), reconnect(), *later.start(), HEARD, *turn]
    async with ScriptedServer(steps) as server:
        session = connect(server)
        await session.start()
        await server.stalled()
        server.resume()
        [reply] = await session.talk(SOUND, rate=24000)
        assert reply.text == "Noon."


async def test_a_spoken_turn_whose_words_never_came_is_said_again(connect: Open) -> None:
    talk, later = Talk(), second_talk()
    spoken = talk.spoken_turn("How late?", "Noon.", tone(60), transcript=None)
    begun = next(index for index, step in enumerate(spoken) if "'response.created'" in str(step))
    turn = later.spoken_turn("How late?", "Noon.", tone(60))
    steps = [*talk.start(), HEARD, *spoken[:begun], cut(), reconnect(), *Talk().start(), HEARD, *turn]
    async with ScriptedServer(steps) as server:
        session = connect(server)
        [reply] = await session.talk(SOUND, rate=24000)
        assert (reply.text, reply.question) == ("Noon.", "How late?")
        assert session.transcript == "user: How late?\nassistant: Noon."


async def test_an_aside_that_was_lost_says_so(connect: Open) -> None:
    steps = [*Talk().start(), expect("response.create"), cut(), reconnect(), *Talk().start(), stall()]
    async with ScriptedServer(steps) as server:
        session = connect(server)
        with pytest.raises(ResponseFailedError, match="lost before this aside") as caught:
            await session.ask("Well?", aside=True)
        assert caught.value.code == "connection_lost"
        await server.stalled()


@pytest.mark.parametrize("code", [1001, 1011, 1012, 1013])
async def test_a_server_that_goes_away_for_a_moment_is_tried_again(connect: Open, code: int) -> None:
    steps = [*Talk().start(), stall(), close(code, "later"), reconnect(), *Talk().start(), stall()]
    async with ScriptedServer(steps) as server:
        session = connect(server)
        await session.start()
        await server.stalled()
        server.resume()
        await server.stalled()
        await reaches(session, "listening")


@pytest.mark.parametrize("code", [1000, 1008, 3000, 4000])
async def test_a_server_that_wants_no_more_ends_the_session_at_once(connect: Open, code: int) -> None:
    talk = Talk()
    async with ScriptedServer([*talk.start(), *talk.text_turn("Hi", "")[:2], close(code, "enough")]) as server:
        session = connect(server)
        with pytest.raises(ConnectionFailedError, match=f"{code}: enough"):
            await session.ask("Hi")
        assert session.state == "closed"


async def test_whoever_waits_is_told_when_it_is_given_up(connect: Open) -> None:
    talk = Talk()
    async with ScriptedServer([*talk.start(), *talk.text_turn("Hi", "")[:2], stall()]) as server:
        session = connect(server)
        session.runtime.recovery.policy = ReconnectPolicy(limit_s=0.2, first_delay_s=0.05)
        asking = asyncio.create_task(session.ask("Hi"))
        await server.stalled()
    # The server is gone for good.
    with pytest.raises(ConnectionFailedError, match="connecting again failed"):
        await asking
    assert session.state == "closed"


async def test_the_session_moves_before_its_time_is_over(connect: Open) -> None:
    talk, later = Talk(), second_talk()
    end = time.time() + 1.0
    steps = [*talk.start(expires_at=end), *talk.text_turn("Hi", "Hello"), reconnect(), *Talk().start()]
    async with ScriptedServer([*steps, *put_back(*HISTORY), stall(), *later.text_turn("And?", "Yes")]) as server:
        session = connect(server)
        await session.ask("Hi")
        await server.stalled()
        await reaches(session, "listening")
        server.resume()
        assert (await session.ask("And?")).text == "Yes"
        assert any("before the session's time was over" in text for text in notices(session))
        assert not any("lost" in text for text in notices(session))


async def test_closing_ends_the_attempts(connect: Open) -> None:
    async with ScriptedServer([*Talk().start(), stall()]) as server:
        session = connect(server)
        await session.start()
    await reaches(session, "reconnecting")
    await session.close()
    assert session.state == "closed"


async def test_the_answer_that_was_heard_in_part_goes_back_as_far_as_it_was_heard(connect: Open) -> None:
    talk = Talk()
    turns = talk.barge_in_turn(
        "Story", "Once upon a time there was a very old sensor", "Stop", "Fine", audio=tone(8000), after_done=True
    )
    texts: list[str] = []
    any_text = {"type": "message"}
    again = [expect("conversation.item.create", item=any_text) for _ in range(4)]
    steps = [*talk.start(), HEARD, *turns, stall(), cut(), reconnect(), *Talk().start(), *again, stall()]
    async with ScriptedServer(steps) as server:
        session = connect(server)
        talking = asyncio.create_task(session.talk(np.tile(SOUND, 2), rate=24000))
        await server.stalled()
        await hears(session, 24000)
        server.resume()
        await server.stalled()
        await talking
        server.resume()
        await server.stalled()
        texts = [event["item"]["content"][0]["text"] for event in server.received_of("conversation.item.create")]
        assert (texts[0], texts[2], texts[3]) == ("Story", "Stop", "Fine")
        assert texts[1].startswith("Once")
        assert len(texts[1]) < 30


def test_waits_grow_to_a_bound_and_end_with_the_limit() -> None:
    policy = ReconnectPolicy(limit_s=60, first_delay_s=0.5, longest_delay_s=8)
    waits = [policy.delay_s(attempt, 0, 0.999) for attempt in range(8)]
    assert waits == pytest.approx([0, 0.5, 1, 2, 4, 8, 8, 8], rel=1e-2)
    assert policy.delay_s(3, 0, 0.0) == pytest.approx(1.0)
    assert policy.delay_s(9, 59, 0.5) is None


def test_a_lost_embedded_endpoint_is_not_tried_again() -> None:
    policy = ReconnectPolicy()
    lost = ConnectionFailedError("lost", close_code=1006)
    assert policy.recoverable(lost, expired=False, embedded=False)
    assert not policy.recoverable(lost, expired=False, embedded=True)
    assert policy.recoverable(ConnectionFailedError("over", close_code=1001), expired=True, embedded=True)
    assert not ReconnectPolicy(limit_s=0).recoverable(lost, expired=True, embedded=False)
    assert policy.retriable(ConnectionFailedError("busy", http_status=503))
    assert not policy.retriable(ConnectionFailedError("key", http_status=401))


def test_the_move_fits_the_sessions_lifetime() -> None:
    assert HandOver().within(3600) == HandOver(180.0, 10.0)
    short = HandOver().within(20)
    assert (short.window_s, short.latest_s) == (5.0, 1.0)
    assert short.wait_s(20) == 15
