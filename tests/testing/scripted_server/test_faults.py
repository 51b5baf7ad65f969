from __future__ import annotations

import json
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.client import connect

from realtime_widgets import RealtimeSession
from realtime_widgets.events import Problem
from realtime_widgets.testing import (
    Call,
    ScriptedServer,
    Talk,
    duplicate,
    emit,
    expect,
    garbage,
    reorder,
    stall,
)
from realtime_widgets.testing.scripted_server.faults import may_swap
from realtime_widgets.testing.scripted_server.steps import Emit, Step


def spoken_talk() -> list[Step]:
    talk = Talk()
    return [*talk.start(), *talk.spoken_turn("How fast?", "It is quite fast.", transcript="after"), stall()]


def types(steps: list[Step]) -> list[str]:
    return [step.event["type"] for step in steps if isinstance(step, Emit)]


@given(st.integers(0, 2**32))
def test_a_reordered_script_keeps_what_the_protocol_promises(seed: int) -> None:
    talk = Talk()
    calls = [Call("a", {}), Call("b", {})]
    steps = [
        *talk.start(),
        *talk.function_call_turn("Well?", calls, "Done now.", preamble="Let me see.", spoken=True),
    ]
    other = reorder(steps, seed)
    assert [step for step in other if not isinstance(step, Emit)] == [
        step for step in steps if not isinstance(step, Emit)
    ]
    place = {id(step): index for index, step in enumerate(other)}
    assert len(place) == len(steps)
    for first, second in combinations([step for step in steps if isinstance(step, Emit)], 2):
        if not may_swap(first, second):
            assert place[id(first)] < place[id(second)]


def test_what_a_reordered_script_moves() -> None:
    steps = spoken_talk()
    orders = {tuple(types(reorder(steps, seed))) for seed in range(20)}
    assert len(orders) > 10
    for order in orders:
        transcribed = order.index("conversation.item.input_audio_transcription.completed")
        assert transcribed > order.index("conversation.item.done")
        assert order.index("response.created") < order.index("response.output_audio.delta")
        assert order.index("response.done") > order.index("response.output_item.done")
    assert reorder(steps, 3) == reorder(steps, 3)


async def test_a_session_says_the_same_in_every_allowed_order() -> None:
    for seed in range(5):
        talk = Talk()
        turn = talk.function_call_turn("Well?", [Call("a", {}), Call("b", {})], "Done now.", preamble="Wait.")
        async with ScriptedServer(reorder([*talk.start(), *turn], seed)) as server:
            session = RealtimeSession(endpoint=server.url)
            assert (await session.ask("Well?")).text == "Wait. Done now."
            await server.finished()
            await session.close()


async def test_events_sent_twice_have_one_event_id() -> None:
    steps = duplicate([emit("a"), emit("b"), expect("ask").then(emit("a")), stall()], "a")
    seen: list[tuple[str, str]] = []
    async with ScriptedServer(steps) as server, connect(server.url) as socket:
        await socket.send('{"type": "ask"}')
        for _ in range(5):
            event = json.loads(await socket.recv())
            seen.append((event["type"], event["event_id"]))
    assert [kind for kind, _ in seen] == ["a", "a", "b", "a", "a"]
    assert seen[0] == seen[1]
    assert seen[3] == seen[4] != seen[0]


async def test_a_session_says_what_came_twice_once() -> None:
    talk = Talk()
    steps = [*talk.start(), *duplicate(talk.text_turn("Hi", "Hello!"))]
    async with ScriptedServer(steps) as server, RealtimeSession(endpoint=server.url) as session:
        assert (await session.ask("Hi")).text == "Hello!"


async def test_garbage_is_told_and_left_out() -> None:
    talk = Talk()
    begun, *rest = talk.text_turn("Hi", "Hello!")
    steps = [*talk.start(), begun, garbage(), garbage(b"\x00\xff"), garbage("[]"), *rest]
    async with ScriptedServer(steps) as server, RealtimeSession(endpoint=server.url) as session:
        stream = session.events(Problem)
        assert (await session.ask("Hi")).text == "Hello!"
    problems = [problem.text async for problem in stream]
    assert len(problems) == 3
    assert all("left out" in problem for problem in problems)


async def test_what_is_said_right_after_the_settings_are_taken_is_not_said_again() -> None:
    talk = Talk()
    turn = talk.spoken_turn("How fast?", "Quite fast.")
    steps = [*talk.start(), *turn, *talk.text_turn("Hi", "Hello!")]
    async with ScriptedServer(steps) as server, RealtimeSession(endpoint=server.url) as session:
        assert (await session.ask("Hi")).text == "Hello!"
        await server.finished()
