"""Tools in a real IPython kernel: what they print stays theirs, what the cell prints stays the cell's."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jupyter_client.manager import start_new_kernel

import realtime_widgets

if TYPE_CHECKING:
    from collections.abc import Iterator

SETUP = """
from __future__ import annotations
import asyncio, sys, threading
from typing import Literal
from realtime_widgets.tools import ToolRegistry, ToolRunner

tools = ToolRegistry()
runner = ToolRunner(asyncio.get_running_loop())
loop = asyncio.new_event_loop()
threading.Thread(target=loop.run_forever, daemon=True).start()  # stands for the I/O thread

def call(name, arguments="{}"):
    return asyncio.run_coroutine_threadsafe(runner.run("c", tools.get(name), name, arguments), loop)

started, go_on = threading.Event(), threading.Event()

@tools.add
def slow(unit: Literal["C", "K"] = "C") -> str:
    "Be slow."
    print("the tool speaks")
    started.set()
    go_on.wait()
    print("the tool speaks again", file=sys.stderr)
    return unit

@tools.add
async def later() -> str:
    "Be asynchronous."
    print("the async tool speaks")
    await asyncio.sleep(0)
    return threading.current_thread().name

original = sys.stdout
"""


class Notebook:
    def __init__(self, client: Any) -> None:
        self._client = client

    def run(self, code: str) -> dict[str, str]:
        """Run a cell; what it printed by stream, and the text of an error."""
        shown = {"stdout": "", "stderr": "", "error": ""}
        self.displayed: list[str] = []

        def collect(message: dict[str, Any]) -> None:
            content = message["content"]
            if message["msg_type"] == "stream":
                shown[content["name"]] += content["text"]
            elif message["msg_type"] == "display_data":
                self.displayed.append(content["data"]["text/plain"])
            elif message["msg_type"] == "error":
                shown["error"] += "\n".join(content["traceback"])

        self._client.execute_interactive(code, output_hook=collect, timeout=120)
        return shown


@pytest.fixture(scope="module")
def notebook() -> Iterator[Notebook]:
    root = str(Path(realtime_widgets.__file__).parent.parent)
    manager, client = start_new_kernel(env=os.environ | {"PYTHONPATH": root})
    notebook = Notebook(client)
    assert notebook.run(SETUP) == {"stdout": "", "stderr": "", "error": ""}
    yield notebook
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def test_a_sync_tool_and_a_cell_print_at_the_same_time(notebook: Notebook):
    shown = notebook.run(
        "running = call('slow', '{\"unit\": \"K\"}')\n"
        "started.wait()\n"
        "print('the cell speaks', sys.stdout is original, type(sys.stdout) is type(original))\n"
        "print('isinstance', isinstance(sys.stdout, type(original)), sys.stdout.encoding)\n"
        "go_on.set()\n"
        "result = running.result()\n"
        "assert result.printed == 'the tool speaks\\nthe tool speaks again\\n', result\n"
        "assert result.output == 'K'\n"
    )
    assert shown == {
        "stdout": "the cell speaks False False\nisinstance True UTF-8\n",
        "stderr": "",
        "error": "",
    }


def test_the_stream_of_a_cell_stays_the_same_while_calls_begin_and_end(notebook: Notebook):
    shown = notebook.run(
        "stream = sys.stdout\n"
        "assert call('slow').result().printed.startswith('the tool speaks')\n"
        "assert sys.stdout is stream\n"
        "print('the cell speaks')"
    )
    assert shown == {"stdout": "the cell speaks\n", "stderr": "", "error": ""}
    assert notebook.run("%%capture kept\nresult = call('slow').result(); print('kept')")["error"] == ""
    assert notebook.run("print('and', kept.stdout)")["stdout"] == "and kept\n\n"
    assert notebook.run("original.write('the kernel speaks')")["stdout"].startswith("the kernel speaks")


def test_an_async_tool_runs_on_the_kernels_loop_and_a_cell_awaits_it(notebook: Notebook):
    shown = notebook.run(
        "result = await asyncio.wrap_future(call('later'))\n"
        "print('the cell', result.output)\n"
        "assert result.printed == 'the async tool speaks\\n', result"
    )
    assert shown == {"stdout": "the cell MainThread\n", "stderr": "", "error": ""}


def test_running_the_cell_again_replaces_the_tool(notebook: Notebook):
    shown = notebook.run(
        "@tools.add\n"
        "def slow(factor: int) -> int:\n"
        '    "Be quick."\n'
        "    return 1 / factor\n"
        "print(tools['slow'].version, call('slow', '{\"factor\": 2}').result().output)\n"
        "print(call('slow', '{\"factor\": 0}').result().traceback)"
    )
    assert shown["error"] == ""
    assert shown["stdout"].startswith("2 0.5\nTraceback")
    assert "return 1 / factor" in shown["stdout"]  # the cell's own line


def test_cells_print_while_a_call_outlives_the_cell_that_began_it(notebook: Notebook):
    """IPython puts its own ``write`` over the stream's for each cell, and back."""
    begun = notebook.run(
        "@tools.add\n"
        "def outlive() -> str:\n"
        '    "Outlive the cell."\n'
        "    started.set(); go_on.wait(); print('the tool speaks'); return 'done'\n"
        "started.clear(); go_on.clear()\n"
        "running = call('outlive')\n"
        "started.wait(); print('first')"
    )
    assert begun == {"stdout": "first\n", "stderr": "", "error": ""}
    assert notebook.run("print('second')") == {"stdout": "second\n", "stderr": "", "error": ""}
    ended = notebook.run("go_on.set(); print(running.result().printed, end='')")
    assert ended == {"stdout": "the tool speaks\n", "stderr": "", "error": ""}
    assert notebook.run("print('last')")["stdout"] == "last\n"


def test_what_a_tool_displays_stays_with_its_call(notebook: Notebook):
    shown = notebook.run("""
from IPython.display import display, Image, Markdown
PNG = bytes.fromhex("89504e470d0a1a0a") + bytes(100)

@tools.add
def shows() -> str:
    "Show things."
    display(Markdown("**bold**"), {"plain": 1})
    display(Image(PNG))
    display({"image/png": PNG * 10_000, "text/plain": "large"}, raw=True)
    return "shown"

@tools.add
async def shows_later() -> str:
    "Show things."
    display("later")
    return "shown"

first, second = call("shows"), call("shows_later")
display("of the cell")
results = [await asyncio.wrap_future(first), await asyncio.wrap_future(second)]
display("and again")
print([result.printed for result in results], [len(result.pictures) for result in results])
for each in results[0].displays:
    print(each.kind, each.data[:30], each.note)
""")
    assert shown["error"] == ""
    assert shown["stdout"].splitlines() == [
        "[\"{'plain': 1}\\n\", \"'later'\\n\"] [1, 0]",
        "rendered **bold** ",
        "image data:image/png;base64,iVBORw0K ",
        "text  [an image of 1,080,000 bytes is too large to be shown here]",
    ]
    assert notebook.displayed == ["'of the cell'", "'and again'"]


def test_a_plot_lands_on_its_call_and_under_no_cell(notebook: Notebook):
    pytest.importorskip("matplotlib")
    shown = notebook.run("""
%matplotlib inline
import matplotlib.pyplot as plt, warnings

@tools.add
def plots():
    "Plot."
    plt.figure()
    plt.plot([1, 3, 2])
    plt.show()
    warnings.warn("a rough curve")
    figure, axes = plt.subplots()
    return axes

result = await asyncio.wrap_future(call("plots"))
print(len(result.pictures), len(result.images), "a rough curve" in result.printed, plt.get_fignums())
print(result.output)
""")
    assert shown == {
        "stdout": "2 1 True []\n<image 1, in the message after this output>\n",
        "stderr": "",
        "error": "",
    }
    assert notebook.displayed == []
