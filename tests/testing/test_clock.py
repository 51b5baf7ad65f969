from __future__ import annotations

import asyncio

import pytest

from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.testing import ManualClock


async def test_what_becomes_due_happens_in_order_each_at_its_own_moment() -> None:
    clock, seen = ManualClock(), []
    for delay in (0.3, 0.1, 0.2, 0.1):
        clock.call_later(delay, lambda delay=delay: seen.append((delay, clock.time())))
    await clock.advance(0.25)
    assert seen == [(0.1, 0.1), (0.1, 0.1), (0.2, 0.2)]
    assert (clock.time(), clock.waiting) == (0.25, 1)


async def test_a_sleeper_that_sleeps_again_is_woken_as_often_as_time_has_passed() -> None:
    clock, moments = ManualClock(), []

    async def tick() -> None:
        while True:
            await clock.sleep(0.02)
            moments.append(clock.time())

    ticking = asyncio.create_task(tick())
    await asyncio.sleep(0)
    await clock.advance(1.0)
    ticking.cancel()
    assert len(moments) == 50
    assert moments[-1] == 1.0


async def test_a_timer_that_was_cancelled_never_happens() -> None:
    clock = ManualClock(start=5.0)
    timer = clock.call_later(1, pytest.fail)
    timer.cancel()
    await clock.advance(2)
    assert (clock.time(), clock.waiting) == (7.0, 0)


async def test_a_timer_of_another_thread_happens_on_its_own_loop() -> None:
    clock, loop = ManualClock(), shared_engine().loop
    loops: list[object] = []
    shared_engine().run(lambda: clock.call_later(1, lambda: loops.append(asyncio.get_running_loop())))
    await clock.advance(1)
    assert loops == [loop]


async def test_time_does_not_go_back() -> None:
    with pytest.raises(ValueError, match="time does not go back"):
        await ManualClock().advance(-1)
