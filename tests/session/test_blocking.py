"""Calls that wait: in scripts and threads, in a running loop, and in a real kernel."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from jupyter_client.manager import start_new_kernel

import realtime_widgets
from realtime_widgets import RealtimeSession
from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.errors import ConfigurationError
from realtime_widgets.testing import Call, Talk, expect, stall, tone
from tests.session.servers import server_on_its_own_thread

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = str(Path(realtime_widgets.__file__).parent.parent)
CALL = [Call("where", {}, output="MainThread")]


def test_a_script_asks_talks_and_closes_without_a_loop() -> None:
    talk = Talk()
    heard = expect("input_audio_buffer.append")
    steps = [
        *talk.start(),
        *talk.text_turn("Hi", "Hello"),
        heard,
        *talk.spoken_turn("How late?", "Noon.", tone(60)),
    ]
    with server_on_its_own_thread(steps) as server:
        session = RealtimeSession(endpoint=server.url)
        assert session.ask_sync("Hi").text == "Hello"
        [reply] = session.talk_sync(np.full(4800, 0.1, np.float32), rate=24_000)
        assert reply.text == "Noon."
        session.close_sync()
        assert session.state == "closed"


def test_threads_ask_at_once() -> None:
    talk = Talk()
    steps = [*talk.start(), *talk.text_turn(..., "1"), *talk.text_turn(..., "2")]
    with server_on_its_own_thread(steps) as server, ThreadPoolExecutor(2) as threads:
        session = RealtimeSession(endpoint=server.url)
        asking = [threads.submit(session.ask_sync, text) for text in ("One", "Two")]
        assert {each.result(20).text for each in asking} == {"1", "2"}
        session.close_sync()


def test_the_packages_own_thread_does_not_wait() -> None:
    session = RealtimeSession(endpoint="http://127.0.0.1:9/v1")
    with pytest.raises(ConfigurationError, match="must not wait"):
        shared_engine().run(session.ask_sync, "Hi")
    session.close_sync()


def test_its_signature_is_that_of_the_async_one() -> None:
    assert RealtimeSession.ask_sync.__name__ == "ask_sync"
    assert "await" in (RealtimeSession.ask_sync.__doc__ or "")


IN_A_LOOP = """
import asyncio, sys, threading
from realtime_widgets import RealtimeSession

async def main():
    session = RealtimeSession(endpoint=sys.argv[1])
    ticks = []

    async def tick():
        while True:
            ticks.append(1)
            await asyncio.sleep(0.001)

    @session.tool
    async def where() -> str:
        "Where this runs."
        return threading.current_thread().name

    @session.tool
    async def again() -> str:
        "Ask from inside."
        return session.ask_sync("And?").text

    ticking = asyncio.create_task(tick())
    reply = session.ask_sync("Where?")
    assert reply.tool_calls[0].output == "MainThread", reply
    assert ticks, "the loop stood still"
    assert not ticking.done()

    print(reply.text, (await session.ask("Again")).text)
    ticking.cancel()
    await session.close()

asyncio.run(main())
"""


def script(code: str, *arguments: str) -> str:
    environment = os.environ | {"PYTHONPATH": ROOT}
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_inside_a_running_loop_async_tools_run_on_it_and_may_ask_themselves() -> None:
    talk = Talk()
    steps = [*talk.start(), *talk.function_call_turn("Where?", CALL, "There.")]
    outer = talk.function_call_turn("Again", [Call("again", {}, output="Inner.")], "Outer.")
    output = next(index for index, step in enumerate(outer) if "function_call_output" in str(step))
    steps += [*outer[:output], *talk.text_turn("And?", "Inner."), *outer[output:]]
    with server_on_its_own_thread(steps) as server:
        assert script(IN_A_LOOP, server.url) == "There. Outer.\n"


class Kernel:
    """A real IPython kernel, with a session in it."""

    def __init__(self, manager: Any, client: Any) -> None:
        self.manager = manager
        self.client = client

    def run(self, code: str, during: Any = None) -> str:
        """Run a cell; gives what it printed, and the name of its error. `during` sees each message."""
        shown: list[str] = []

        def collect(message: dict[str, Any]) -> None:
            content = message["content"]
            if message["msg_type"] == "stream":
                shown.append(content["text"])
            elif message["msg_type"] == "error":
                shown.append(content["ename"])
            if during is not None:
                during(message)

        self.client.execute_interactive(code, output_hook=collect, timeout=120)
        return "".join(shown)


@pytest.fixture
def kernel() -> Iterator[Kernel]:
    manager, client = start_new_kernel(env=os.environ | {"PYTHONPATH": ROOT})
    yield Kernel(manager, client)
    client.stop_channels()
    manager.shutdown_kernel(now=True)


BUTTON = """
import ipywidgets
button, answers = ipywidgets.Button(), []
button.on_click(lambda _: answers.append(session.ask_sync("From the button").text))
print(button.model_id, end="")
"""
SETUP = """
import threading
from realtime_widgets import RealtimeSession
session = RealtimeSession(endpoint={url!r})

@session.tool
async def where() -> str:
    "Where this runs."
    return threading.current_thread().name
"""
REGISTERED = "where() -> str registered, version 1\n"


def test_in_a_cell_async_tools_run_on_the_kernels_loop(kernel: Kernel) -> None:
    talk = Talk()
    steps = [*talk.start(), *talk.function_call_turn("Where?", CALL, "There."), *talk.text_turn("Hi", "Hello")]
    with server_on_its_own_thread(steps) as server:
        assert kernel.run(SETUP.format(url=server.url)) == REGISTERED
        assert kernel.run("print(session.ask_sync('Where?').tool_calls[0].output)") == "MainThread\n"
        assert kernel.run("print((await session.ask('Hi')).text)") == "Hello\n"
        assert kernel.run("session.close_sync(); print(session.state)") == "closed\n"


def test_in_a_cell_widgets_are_served_and_their_callbacks_may_wait(kernel: Kernel) -> None:
    talk = Talk()
    first, second = talk.text_turn("Press", "Thanks"), talk.text_turn("From the button", "Pressed")
    # The first answer comes only once the button's question is there.
    steps = [*talk.start(), *first[:2], second[0], *first[2:], *second[1:]]
    with server_on_its_own_thread(steps) as server:
        assert kernel.run(SETUP.format(url=server.url)) == REGISTERED
        comm_id = kernel.run(BUTTON)

        def click(message: dict[str, Any]) -> None:
            if message["msg_type"] == "stream" and "asking" in message["content"]["text"]:
                content = {"comm_id": comm_id, "data": {"method": "custom", "content": {"event": "click"}}}
                kernel.client.shell_channel.send(kernel.client.session.msg("comm_msg", content))

        asking = "print('asking', flush=True)\nprint(session.ask_sync('Press').text, answers)"
        assert kernel.run(asking, click) == "asking\nThanks ['Pressed']\n"
        assert kernel.run("await session.close()") == ""


@pytest.mark.parametrize("first", ["await session.start()", "1 + 1"])  # asynchronous and other cells
def test_the_stop_button_ends_the_wait_and_not_the_session(kernel: Kernel, first: str) -> None:
    talk = Talk()
    turn = talk.text_turn("Wait", "At last")
    steps = [*talk.start(), *turn[:2], stall(), *turn[2:], *talk.text_turn("Hi", "Hello")]
    with server_on_its_own_thread(steps) as server:
        assert kernel.run(SETUP.format(url=server.url)) == REGISTERED

        def stop(message: dict[str, Any]) -> None:
            if message["msg_type"] == "stream" and "asking" in message["content"]["text"]:
                server.wait_for_stall()
                kernel.manager.interrupt_kernel()

        shown = kernel.run(f"{first}\nprint('asking', flush=True)\nsession.ask_sync('Wait')", stop)
        assert shown == "asking\nKeyboardInterrupt"
        server.go_on()
        assert kernel.run("print(session.ask_sync('Hi').text, session.state)") == "Hello listening\n"
        assert kernel.run("session.close_sync()") == ""
