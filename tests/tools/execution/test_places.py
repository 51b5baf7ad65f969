"""Where a tool runs: main loop, worker thread, executors of the user's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import Any

import pytest

from realtime_widgets.tools import ToolRunner
from tests.tools.tool_calls import call, tool_of, where, where_async


def gives_coroutine() -> Any:
    return where_async()


def process_of(number: int) -> tuple[int, int]:
    return os.getpid(), 2 * number


def fail_there(number: int) -> None:
    raise ValueError(f"no {number}")


@pytest.mark.parametrize(
    ("function", "place", "thread"),
    [
        (where, None, "realtime-tool_"),
        (where, "thread", "realtime-tool_"),
        (where, "main", "main-loop"),
        (where_async, None, "main-loop"),
        (where_async, "main", "main-loop"),
        (where_async, "thread", "realtime-tool-loop"),
    ],
)
async def test_named_places(main_loop: Any, function: Any, place: Any, thread: str):
    runner = ToolRunner(main_loop)
    result = await call(runner, tool_of(function, run_in=place))
    assert result.output.startswith(thread)
    assert result.printed == "here\n"
    runner.close()


async def test_a_sync_tool_on_the_main_loop_may_give_a_coroutine(main_loop: Any):
    runner = ToolRunner(main_loop)
    result = await call(runner, tool_of(gives_coroutine, run_in="main"))
    assert (result.output, result.printed) == ("main-loop", "here\n")
    runner.close()


async def test_a_thread_pool_of_the_users_with_its_prints(runner: ToolRunner):
    with ThreadPoolExecutor(1, thread_name_prefix="instrument") as pool:
        result = await call(runner, tool_of(where, run_in=pool))
    assert result.output.startswith("instrument")
    assert result.printed == "here\n"


async def test_a_process_pool(runner: ToolRunner):
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        result = await call(runner, tool_of(process_of, run_in=pool), number="4")
        failed = await call(runner, tool_of(fail_there, run_in=pool), number=4)
        wrong = await call(runner, tool_of(process_of, run_in=pool), number="x")
        local = await call(runner, tool_of(lambda: 1, name="local", run_in=pool))
    pid, doubled = result.value
    assert doubled == 8
    assert pid != os.getpid()
    assert failed.error == "ValueError: no 4"
    assert "in fail_there" in failed.traceback
    assert wrong.error is not None
    assert wrong.error.startswith("process_of: number")
    assert local.error is not None
    assert "pickle" in local.error


DASK = """
import asyncio, json
from distributed import Client
from realtime_widgets.tools import Tool, ToolRunner

offset = 100

def add_offset(number: int) -> int:
    "Add the offset."
    if number < 0:
        raise ValueError(f"no {number}")
    return number + offset

async def main():
    global offset
    client = await asyncio.to_thread(
        lambda: Client(processes=False, n_workers=1, threads_per_worker=1, dashboard_address=None)
    )
    tool, runner = Tool.of(add_offset, run_in=client), ToolRunner()
    results = [await runner.run("call_1", tool, "add_offset", '{"number": 1}')]
    offset = 200  # the same arguments again are worked out again
    results.append(await runner.run("call_2", tool, "add_offset", '{"number": 1}'))
    results.append(await runner.run("call_3", tool, "add_offset", '{"number": -1}'))
    await asyncio.to_thread(client.close)
    runner.close()
    print(json.dumps([result.output for result in results]))

asyncio.run(main())
"""


def test_a_dask_client():
    pytest.importorskip("distributed")
    # In a process of its own, for Dask leaves threads behind.
    ended = subprocess.run([sys.executable, "-c", DASK], capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stderr
    outputs = json.loads(ended.stdout.splitlines()[-1])
    assert outputs == ["101", "201", '{"error": "ValueError: no -1"}']


async def test_a_closed_executor_is_an_error_of_the_call(runner: ToolRunner):
    pool = ProcessPoolExecutor(1)
    pool.shutdown()
    result = await call(runner, tool_of(process_of, run_in=pool), number=1)
    assert result.error is not None
    assert "cannot schedule new futures after shutdown" in result.error


async def test_what_submits_and_gives_no_future_is_told(runner: ToolRunner):
    class Odd:
        def submit(self, function: Any) -> str:
            return "done"

    result = await call(runner, tool_of(process_of, run_in=Odd()), number=1)
    assert result.error is not None
    assert "returned 'done', not a future" in result.error
