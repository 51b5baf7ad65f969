"""A notebook's cells run again in any order: one session is the user's, has the tools, and the others say so."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from jupyter_client.manager import start_new_kernel

from tests.session.test_blocking import ROOT, Kernel

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The quickstart's cells: a session, a tool for it, another one.
SESSION = "from realtime_widgets import RealtimeSession\nsession = RealtimeSession(endpoint='ws://127.0.0.1:1')"
TOOL = '@session.tool\ndef {0}() -> str:\n    "What is {0}."\n    return "{0}"'
CELLS = {"session": SESSION, "first": TOOL.format("weather"), "second": TOOL.format("traffic")}

ENDED = """
import time
begin = time.monotonic()
while watched() is not None and watched().state != "closed" and time.monotonic() - begin < 60:
    time.sleep(0.01)
print(watched() is None or watched().state == "closed")
"""


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    manager, client = start_new_kernel(env=os.environ | {"PYTHONPATH": ROOT})
    yield Kernel(manager, client)
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def run(kernel: Kernel, cell: str, code: str | None = None) -> str:
    """Run a cell of the notebook, as a front end does that tells which one it is."""
    kernel.client.session.metadata = {"cellId": cell}
    try:
        return kernel.run(CELLS[cell] if code is None else code)
    finally:
        kernel.client.session.metadata = {}


def test_cells_run_again_in_any_order_leave_one_session_with_all_tools(kernel: Kernel) -> None:
    for order in itertools.product(CELLS, repeat=3):
        for cell in CELLS:
            run(kernel, cell)
        for cell in order:
            run(kernel, cell)
        assert kernel.run("print(sorted(session.tools), session.state)") == "['traffic', 'weather'] idle\n", order
        assert kernel.run("print(repr(session.runtime.successor))") == "''\n", order


def test_a_session_that_was_replaced_ends_unless_something_refers_to_it(kernel: Kernel) -> None:
    run(kernel, "session")
    run(kernel, "other", "import weakref; watched = weakref.ref(session)")
    run(kernel, "session")
    assert kernel.run(ENDED) == "True\n"
    run(kernel, "other", "kept = [session]")
    run(kernel, "session")
    assert kernel.run("print(kept[0].state, bool(kept[0].runtime.successor))") == "idle True\n"
    assert kernel.run("kept[0].talk_here(); print(bool(kept[0].runtime.successor))") == "False\n"
    run(kernel, "other", "kept = None")


def test_sessions_of_a_function_and_of_two_cells_stand_side_by_side(kernel: Kernel) -> None:
    run(kernel, "session")
    run(kernel, "two", "german = RealtimeSession('Answer in German.', endpoint='ws://127.0.0.1:1')")
    run(kernel, "three", "def ask():\n    RealtimeSession(endpoint='ws://127.0.0.1:1').close_sync()\nask(); ask()")
    run(kernel, "three", "ask()")
    printed = "print([bool(each.runtime.successor) for each in (session, german)], session.state, german.state)"
    assert kernel.run(printed) == "[False, False] idle idle\n"


def test_ipythons_history_keeps_no_session_alive(kernel: Kernel) -> None:
    run(kernel, "shown", "session = RealtimeSession(endpoint='ws://127.0.0.1:1')\nimport weakref\nsession.tools")
    run(kernel, "other", "watched = weakref.ref(session)")
    run(kernel, "shown", "session = RealtimeSession(endpoint='ws://127.0.0.1:1')\nsession.tools")
    assert kernel.run(ENDED) == "True\n"


def test_mcp_servers_go_on_with_the_session_that_takes_over(kernel: Kernel) -> None:
    run(kernel, "session")
    server = str(Path(ROOT) / "tests" / "tools" / "mcp" / "server_of_today.py")
    add = f"import sys; _ = await session.mcp.add([sys.executable, {server!r}], name='today', allow=['add'])"
    run(kernel, "mcp", add)
    run(kernel, "other", "import weakref; watched = weakref.ref(session)")
    run(kernel, "session")
    assert kernel.run(ENDED) == "True\n"
    assert kernel.run("print(list(session.mcp), 'add' in session.tools)") == "['today'] True\n"
    # The first server has ended with its session.
    assert kernel.run("print(await session.tools['add'](a=1, b=2))") == "3\n"
    assert kernel.run("print(session.mcp['today'].state)") == "ready\n"
    run(kernel, "mcp", add)
    assert kernel.run("print(list(session.mcp), await session.tools['add'](a=1, b=2))") == "['today'] 3\n"


def test_captions_whose_cell_is_run_again_are_replaced_like_a_session(kernel: Kernel) -> None:
    cell = "from realtime_widgets import Captions\ncaptions = Captions(endpoint='ws://127.0.0.1:1', model='m')"
    run(kernel, "captions", cell)
    run(kernel, "other", "import weakref; watched = weakref.ref(captions)")
    run(kernel, "captions", cell)
    assert run(kernel, "look", ENDED) == "True\n"
    assert kernel.run("print(captions.state, repr(captions.runtime.successor))") == "idle ''\n"
