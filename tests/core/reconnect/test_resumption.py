"""What holds wherever the connection is cut: every turn goes on in the next session, or is named as lost."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.errors import ResponseFailedError
from realtime_widgets.testing import ScriptedServer, Talk, cut, expect, reconnect, stall, tone
from tests.core.cases import cases
from tests.core.service import SERVICES, Plan, Service
from tests.core.world import World
from tests.session.second_session import put_back, second_talk
from tests.session.watching import HEARD, SOUND

if TYPE_CHECKING:
    from tests.conftest import Open

KINDS = [
    "ask", "speak", "cough", "time", "interrupt", "write", "step", "read", "tool", "hear", "silenced",
    "close", "murmur", *["go on"] * 6, *["cut"] * 2,
    *["reconnect"] * 3,
]  # fmt: skip
STEPS = st.lists(st.sampled_from(KINDS), min_size=5, max_size=60)


def finish(world: World) -> None:
    world.reconnect()
    world.settle()
    if world.service.hears_speech:
        world.speak()
    world.settle()


def check(world: World) -> None:
    core, service = world.core, world.service
    assert core.quiet()
    for turn in core.turns.values():
        assert turn.done
        responses = [core.conversation.responses[response_id] for response_id in turn.response_ids]
        answered = bool(responses) and responses[-1].status == "completed"
        assert turn.error or turn.interrupted or answered
    assert Counter(turn.id for turn in world.ended) == Counter(list(core.turns))
    told = " ".join(notice.text for notice in core.notices)
    for item in core.conversation:
        if item.role == "user" and item.id not in service.items:
            assert item.forgotten
            assert "The model does not know any more" in told
        elif not item.forgotten:
            names = {own for own, known in core.conversation.aliases.items() if known == item.id}
            assert (names | {item.id}) & set(service.items)
    questions = {text for text in service.items.values() if text.startswith("Question")}
    assert Counter(questions) == Counter(
        item.text for item in core.conversation if item.text.startswith("Question")
    )
    assert all(times == 1 for times in Counter(service.outputs).values())
    assert set(service.outputs) == {call_id for call_id in core.calls if call_id in service.known_calls}


@cases(200)
@given(SERVICES, STEPS, st.sampled_from([None, 1.0]))
def test_every_turn_goes_on_or_is_named_as_lost(service: Service, steps: list[str], limit_s: float | None) -> None:
    """Invariants 1, 4, 5, 7 and 8."""
    world = World(service, limit_s)
    world.play_out(steps)
    finish(world)
    check(world)


@pytest.mark.parametrize("seed", range(20))
def test_a_long_talk_survives_many_losses(seed: int) -> None:
    chance = random.Random(seed)
    service = Service(transcribes=bool(seed % 2))
    service.plans.extend(Plan(chance.random() < 0.8, chance.choice([0, 0, 1, 2])) for _ in range(200))
    world = World(service, limit_s=1.0 if seed % 3 else None)
    steps: list[str] = []
    for _ in range(5):
        steps += [*chance.choices(KINDS, k=60), "cut", "reconnect"]
    world.play_out(steps)
    finish(world)
    check(world)


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
