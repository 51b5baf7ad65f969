"""Calls that ask first: nothing runs before a yes, and silence is a refusal."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_widgets.tools.execution.calls import ALWAYS_ALLOWED, WAS_ALWAYS_ALLOWED
from tests.tools.execution.desk import Desk
from tests.tools.tool_calls import tool_of


def test_approval_runs_nothing_before_its_yes():
    """Approve, deny, time-out, cancel and end in every order: one output each, and none of it unasked."""
    ran: list[int] = []

    def act(n: int) -> int:
        ran.append(n)
        return n

    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(
            st.tuples(st.sampled_from(["approve", "deny", "cancel", "breath"]), st.integers(1, 4)), max_size=14
        )
    )
    def orders(acts: list[tuple[str, int]]) -> None:
        async def play() -> None:
            ran.clear()
            desk = Desk()
            tools = [tool_of(act, approval="always", parallel=n > 2, approval_limit=None) for n in range(1, 5)]
            running = [desk.begin(tool, n=n) for n, tool in enumerate(tools, 1)]
            await desk.until(lambda: all(each.phase == "approval" for each in running))
            assert ran == []
            for what, n in acts:
                if what == "breath":
                    await asyncio.sleep(0)
                else:
                    desk.calls.decide(what, f"call_{n}")
            allowed = {n for what, n in acts if what == "approve"}
            await desk.until(lambda: all(running[n - 1].result for n in allowed))
            desk.calls.stop("the session ended")
            assert sorted(each.call.call_id for each in desk.delivered) == [f"call_{n}" for n in range(1, 5)]
            assert set(ran) <= allowed
            assert len(ran) == len(set(ran))
            await desk.calls.wait()
            desk.runner.close()

        asyncio.run(play())

    orders()


async def test_silence_is_a_refusal(desk: Desk):
    ran = threading.Event()
    running = desk.begin(tool_of(ran.set, name="erase", approval="always", approval_limit=0.1))
    await desk.until(lambda: running.phase == "approval")
    await desk.clock.advance(0.1)
    assert await desk.output(running) == {"error": "nobody allowed this call within 0.1 s"}
    assert not ran.is_set()


async def test_a_reason_goes_to_the_model(desk: Desk):
    running = desk.begin(tool_of(lambda: 1, name="erase", approval="always"))
    await desk.until(lambda: running.phase == "approval")
    desk.calls.decide("deny", "call_1", "not today")
    assert await desk.output(running) == {"error": "the user did not allow this call: not today"}


@pytest.mark.parametrize(("amount", "asks"), [(5, False), (500, True), (-1, True)])
async def test_a_predicate_decides_who_is_asked_and_its_failure_asks(desk: Desk, amount: int, asks: bool):
    def large(arguments: Any) -> bool:
        if arguments["amount"] < 0:
            raise ValueError("never seen")
        return bool(arguments["amount"] > 100)

    def pay(amount: int) -> int:
        return amount

    running = desk.begin(tool_of(pay, approval=large), amount=amount)
    await desk.until(lambda: running.phase == "approval" or running.result)
    assert (running.phase == "approval") == asks


async def test_a_predicate_that_never_answers_has_the_call_given_up(desk: Desk):
    go_on, ran = threading.Event(), threading.Event()
    tool = tool_of(ran.set, name="erase", approval=lambda _: go_on.wait(20), time_limit=0.1)
    running = desk.begin(tool)
    await desk.clock.advance(0.1)
    assert "the check for approval took longer than 0.1 s" in (await desk.output(running))["error"]
    go_on.set()
    assert not ran.is_set()


async def test_arguments_that_do_not_fit_are_refused_without_asking(desk: Desk):
    def pay(amount: int) -> int:
        return amount

    running = desk.begin(tool_of(pay, approval="always"), amount="much")
    assert "amount: Input should be a valid integer" in (await desk.output(running))["error"]


async def test_a_tool_that_is_allowed_always_asks_again_once_that_is_taken_back(desk: Desk):
    tool = tool_of(lambda: 1, name="erase", approval="always")
    first = desk.begin(tool)
    await desk.until(lambda: first.phase == "approval")
    desk.calls.decide("ask", first.call.call_id)
    assert first.phase == "approval"
    desk.calls.decide("always", first.call.call_id)
    second = desk.begin(tool)
    await desk.until(lambda: first.result and second.result)
    assert {first.consent, second.consent} == {ALWAYS_ALLOWED}
    desk.calls.decide("ask", first.call.call_id)
    assert {first.consent, second.consent} == {WAS_ALWAYS_ALLOWED}
    third = desk.begin(tool)
    await desk.until(lambda: third.phase == "approval")
