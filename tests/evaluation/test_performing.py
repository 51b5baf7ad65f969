"""What a run does when a service fails, against servers that follow a script."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_widgets import Price
from realtime_widgets.evaluation import Expect, Limits, Scenario, Turn, evaluate
from realtime_widgets.evaluation.performing import exchanges_of
from realtime_widgets.testing import Call, ManualClock, ScriptedServer, Talk, close, cut, expect, reconnect, stall

HELLO = Turn("Hello.", expect=Expect(says="good morning"))


class Quick(ManualClock):
    """A clock on which every wait is over at once."""

    async def sleep(self, seconds: float) -> None:
        return None


def scenario(server: ScriptedServer, *turns: Turn, **options: Any) -> Scenario:
    return Scenario("talk", turns, session={"endpoint": server.url, "answers": "text"}, **options)


async def test_a_talk_whose_connection_is_lost_is_made_again_from_its_beginning() -> None:
    lost, whole = Talk(), Talk()
    steps = [*lost.start(), expect("conversation.item.create"), cut(), reconnect()]
    steps += [*whole.start(), *whole.text_turn("Hello.", "Good morning.")]
    async with ScriptedServer(steps) as server:
        (run,) = await evaluate(scenario(server, HELLO), clock=Quick())
    assert (run.status, run.attempts) == ("passed", 2)
    assert [turn.answer for turn in run.turns] == ["Good morning."]


async def test_what_a_service_refuses_for_good_is_not_tried_again() -> None:
    async with ScriptedServer(
        [*Talk().start(), expect("conversation.item.create"), close(1008, "policy")]
    ) as server:
        (run,) = await evaluate(scenario(server, HELLO))
    assert (run.status, run.attempts) == ("error", 1)
    assert "policy" in run.error


async def test_a_run_that_hangs_ends_and_the_next_one_is_made() -> None:
    hanging = [*Talk().start(), expect("conversation.item.create"), expect("response.create"), stall()]
    talk = Talk()
    async with (
        ScriptedServer(hanging) as one,
        ScriptedServer([*talk.start(), *talk.text_turn("Hello.", "Good morning.")]) as other,
    ):
        runs = await evaluate(
            [scenario(one, HELLO), scenario(other, HELLO)], limits=Limits(sessions=1, seconds=0.5)
        )
        one.resume()
    assert [run.status for run in runs] == ["error", "passed"]
    assert "longer than 0.5 s" in runs[0].error


async def test_a_tool_that_breaks_is_a_call_and_the_talk_goes_on() -> None:
    def rate() -> float:
        """Rate."""
        raise ZeroDivisionError("no vessel")

    talk = Talk()
    steps = [*talk.start(), *talk.function_call_turn("How fast?", [Call("rate", {})], "There is no vessel.")]
    async with ScriptedServer(steps) as server:
        turn = Turn("How fast?", expect=Expect(tool="rate", recovers=True, no_invention=True))
        (run,) = await evaluate(scenario(server, turn, tools=(rate,)))
    assert run.passed, run.problems
    assert "no vessel" in run.turns[0].calls[0].error


async def test_expectations_of_the_whole_look_at_all_answers() -> None:
    talk = Talk()
    steps = [*talk.start(), *talk.text_turn("One.", "Red."), *talk.text_turn("Two.", "Blue.")]
    async with ScriptedServer(steps) as server:
        whole = Expect(says=("red", "blue"), says_not="green", no_tool=True)
        (run,) = await evaluate(scenario(server, Turn("One."), Turn("Two."), expect=whole))
    assert run.passed, run.problems
    assert len(run.findings) == 4


async def test_the_price_of_a_talk_is_known_by_its_configuration() -> None:
    runs = []
    for prices in ({}, {"scripted": Price(text_in=1.0, text_out=1.0)}):
        talk = Talk()
        async with ScriptedServer([*talk.start(), *talk.text_turn("Hello.", "Good morning.")]) as server:
            configurations = {"a": {"prices": prices}} if prices else None
            turn = Turn("Hello.", expect=Expect(cents=50))
            runs += await evaluate(scenario(server, turn), configurations=configurations)
    assert [run.status for run in runs] == ["failed", "passed"], [run.problems for run in runs]
    assert runs[0].money is None
    assert runs[1].money


async def test_nothing_more_is_asked_once_the_money_is_spent() -> None:
    talk = Talk()
    async with ScriptedServer([*talk.start(), *talk.text_turn("Hello.", "Good morning.")]) as server:
        talks = [scenario(server, HELLO, Turn("And now?")), scenario(server, HELLO)]
        priced = {"a": {"prices": {"scripted": Price(text_in=1.0, text_out=1.0)}}}
        limits = Limits(sessions=1, money=1e-9)
        runs = await evaluate(talks, configurations=priced, limits=limits)
    assert [run.status for run in runs] == ["error", "not run"]
    assert "the money that was left for it is spent" in runs[0].error
    assert runs[0].turns[0].answer == "Good morning."


@pytest.mark.parametrize(
    ("turns", "groups"),
    [
        ([Turn("a"), Turn("b")], [[0], [1]]),
        ([Turn("a"), Turn("b", interrupt="x"), Turn("c", interrupt="y"), Turn("d")], [[0, 1, 2], [3]]),
    ],
)
def test_turns_that_interrupt_belong_to_the_answer_before(turns: list[Turn], groups: list[list[int]]) -> None:
    assert [[number for number, _ in group] for group in exchanges_of(turns)] == groups
