"""Calls of a session as they wait, ask, run and end."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from realtime_widgets import ToolStoppedError, progress
from tests.tools.execution.desk import Desk
from tests.tools.tool_calls import Gate, tool_of


async def test_a_call_beyond_its_time_limit_tells_where_it_was_and_its_late_result_counts_no_more(desk: Desk):
    go_on, ended = Gate(), threading.Event()

    def stubborn() -> str:
        print("working")
        go_on.wait(20)
        ended.set()
        return "late"

    running = desk.begin(tool_of(stubborn, time_limit=0.2))
    await go_on.reached()
    await desk.clock.advance(0.2)
    assert await desk.output(running) == {
        "error": "the call took longer than its limit of 0.2 s; its code may still be running"
    }
    assert running.result is not None
    assert "go_on.wait(20)" in running.result.traceback
    assert "realtime_widgets" not in running.result.traceback
    assert running.result.printed == "working\n"
    go_on.set()
    await asyncio.to_thread(ended.wait, 20)
    assert desk.delivered == [running]


async def test_an_async_tool_is_stopped_at_its_time_limit(desk: Desk):
    started, cleaned_up = threading.Event(), threading.Event()

    async def patient() -> None:
        try:
            started.set()
            await asyncio.Event().wait()
        finally:
            cleaned_up.set()

    running = desk.begin(tool_of(patient, time_limit=0.1))
    assert await asyncio.to_thread(started.wait, 20)
    await desk.clock.advance(0.1)
    assert await desk.output(running) == {"error": "the call took longer than its limit of 0.1 s"}
    assert await asyncio.to_thread(cleaned_up.wait, 20)


async def test_an_async_tool_that_waits_for_a_busy_kernel_is_told_so(main_loop: Any):
    desk, go_on = Desk(main_loop), threading.Event()
    main_loop.call_soon_threadsafe(go_on.wait, 20)

    async def never_begins() -> None: ...

    running = desk.begin(tool_of(never_begins, time_limit=0.1))
    await desk.clock.advance(0.1)
    output = await desk.output(running)
    go_on.set()
    assert "it never started" in output["error"]
    for _ in range(2):  # the loop takes what was cancelled off its list
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(asyncio.sleep(0), main_loop))
    desk.runner.close()


async def test_a_cancelled_call_is_over_and_its_loop_ends_at_its_next_note_of_progress(desk: Desk):
    started, go_on, stopped = threading.Event(), threading.Event(), threading.Event()

    def counts() -> str:
        progress("step 1")
        started.set()
        go_on.wait(20)
        try:
            progress("step 2")
        except ToolStoppedError:
            stopped.set()
            raise
        return "all"

    running = desk.begin(tool_of(counts))
    await asyncio.to_thread(started.wait, 20)
    desk.calls.cancel("call_1")
    desk.calls.cancel("call_1")
    go_on.set()
    assert (await desk.output(running))["error"].startswith("the user stopped this call")
    assert await asyncio.to_thread(stopped.wait, 20)
    assert len(desk.delivered) == 1


async def test_calls_of_a_tool_that_is_not_parallel_never_overlap(desk: Desk):
    inside: list[int] = []
    together: list[int] = []

    def measure(n: int) -> int:
        inside.append(n)
        together.append(len(inside))
        progress(f"sample {n}")
        inside.remove(n)
        return n

    tool = tool_of(measure, parallel=False)
    running = [desk.begin(tool, n=n) for n in range(20)]
    assert [await desk.output(each) for each in running] == list(range(20))
    assert set(together) == {1}
    delivered = [each.call.call_id for each in desk.delivered]
    assert len(delivered) == 20
    assert set(delivered) == {f"call_{n}" for n in range(1, 21)}


async def test_the_next_call_waits_for_code_that_was_given_up_and_still_runs(desk: Desk):
    entered: list[int] = []
    started, go_on = threading.Event(), threading.Event()

    def measure(n: int) -> int:
        entered.append(n)
        started.set()
        if n == 1:
            go_on.wait(20)
        return n

    tool = tool_of(measure, parallel=False)
    first, second, third = (desk.begin(tool, n=n) for n in (1, 2, 3))
    await asyncio.to_thread(started.wait, 20)
    desk.calls.cancel("call_1")
    desk.calls.cancel("call_2")
    assert first.result
    assert second.result
    assert third.phase == "queued"
    go_on.set()
    assert await desk.output(third) == 3
    assert entered == [1, 3]


async def test_a_call_cancelled_before_its_first_breath_lets_the_next_one_through(desk: Desk):
    tool = tool_of(lambda: "ran", name="quick", parallel=False)
    first, second = desk.begin(tool), desk.begin(tool)
    desk.calls.cancel("call_1")
    assert first.result
    async with asyncio.timeout(120):
        await desk.until(lambda: second.result)
    assert second.result is not None
    assert second.result.output == "ran"


async def test_waiting_for_an_earlier_call_has_a_limit_too(desk: Desk):
    go_on = threading.Event()
    slow = tool_of(lambda: go_on.wait(20), name="slow", parallel=False)
    quick = tool_of(lambda: "ran", name="slow", parallel=False, time_limit=0.1)
    desk.begin(slow)
    second = desk.begin(quick)
    await desk.clock.advance(0.1)
    assert "an earlier call of this tool was still running after 0.1 s" in (await desk.output(second))["error"]
    go_on.set()


async def test_parallel_calls_run_side_by_side(desk: Desk):
    both = threading.Barrier(2)
    tool = tool_of(lambda: both.wait(20) >= 0, name="meet")
    running = [desk.begin(tool), desk.begin(tool)]
    assert [await desk.output(each) for each in running] == [True, True]


async def test_the_end_of_the_session_ends_every_call(desk: Desk):
    go_on = threading.Event()
    desk.begin(tool_of(lambda: go_on.wait(20), name="runs"))
    desk.begin(tool_of(lambda: 1, name="asks", approval="always"))
    desk.calls.stop("the session ended")
    after = desk.begin(tool_of(lambda: 1, name="after"))
    assert {each.result.error for each in desk.delivered if each.result} == {"the session ended"}
    assert len(desk.delivered) == 3
    assert after in desk.delivered
    go_on.set()
