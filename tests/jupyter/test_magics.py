"""The magics in a real IPython shell, with a real session; and in a real kernel."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from jupyter_client.manager import start_new_kernel

import realtime_widgets
from realtime_widgets.testing import ScriptedServer, Talk
from tests.session.servers import server_on_its_own_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Open

    Run = Callable[[str], Any]

NOWHERE = "http://127.0.0.1:9/v1"
TWO = """%%tool --approval always --time-limit 5
def heat(celsius: float) -> str:
    "Heat the oven."
    return _told(celsius)

async def cool() -> str:
    "Cool the oven."
    return "cool"

def _told(celsius):
    return f"{celsius:g} degrees"
"""


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    made = InteractiveShell.instance()
    realtime_widgets.load_ipython_extension(made)
    yield made
    InteractiveShell.clear_instance()


@pytest.fixture
def run(shell: InteractiveShell) -> Run:
    """Run a cell; gives its value, or raises what it raised."""

    def cell(text: str) -> Any:
        result = shell.run_cell(text)
        result.raise_error()
        return result.result

    return cell


def test_a_cells_functions_become_tools_of_the_latest_session(
    connect: Open, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    older, session = connect(NOWHERE), connect(NOWHERE)
    run(TWO)
    assert list(session.tools) == ["heat", "cool"]
    assert not older.tools
    assert capsys.readouterr().out.splitlines() == [
        "heat(celsius: float) -> str registered, version 1",
        "cool() -> str registered, version 1",
    ]
    assert (session.tools["heat"].options.approval, session.tools["heat"].options.time_limit) == ("always", 5)
    assert session.tools["heat"](celsius=40) == "40 degrees"
    assert run("heat(20)") == "20 degrees", "they are the notebook's functions too"
    run("%%tool --time-limit none\ndef heat(kelvin: float) -> str:\n    'Heat the oven.'\n    return 'hot'")
    shown = capsys.readouterr().out
    assert '+ kelvin: {"type": "number"}' in shown
    assert "heat(kelvin: float) -> str registered, version 2: its signature changed" in shown
    assert session.tools["heat"].options.time_limit is None


def test_a_session_is_meant_by_its_variable(connect: Open, shell: InteractiveShell, run: Run) -> None:
    mine, latest = connect(NOWHERE), connect(NOWHERE)
    shell.user_ns["mine"] = mine
    run("%%tool --session mine --name add --description 'Add one.' --one-at-a-time\ndef f(x: int): return x + 1")
    assert not latest.tools
    assert (mine.tools["add"].description, mine.tools["add"].options.parallel) == ("Add one.", False)
    run("%realtime session mine")
    assert run("%realtime tools") is mine.tools
    run("%realtime session")
    assert run("%realtime tools") is latest.tools


async def test_a_session_that_is_over_is_not_the_latest(connect: Open, run: Run) -> None:
    first, second = connect(NOWHERE), connect(NOWHERE)
    run("%realtime close")
    assert second.state == "closed"
    assert run("%realtime usage") == first.usage


async def test_words_go_to_the_model_as_they_are(
    connect: Open, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    talk = Talk()
    async with ScriptedServer([*talk.start(), *talk.text_turn("What is {x} for $5?", "Nothing.")]) as server:
        session = connect(server)
        run("%realtime say What is {x} for $5?")
        await server.finished()
        run("%realtime stop")
        run("%realtime")
        assert capsys.readouterr().out == f"{session!r}\n"


def test_an_answer_is_waited_for(connect: Open, run: Run) -> None:
    talk = Talk()
    turns = [*talk.text_turn("How hot?", "Forty degrees."), *talk.text_turn("And now?", "Cold.")]
    with server_on_its_own_thread([*talk.start(), *turns]) as server:
        connect(server)
        assert run('%realtime ask "How hot?"').text == "Forty degrees."
        assert run("%%realtime ask\nAnd now?").text == "Cold."


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("%realtime dance", "knows no 'dance'; there are ask, say, stop, tools"),
        ("%realtime say", "what to say"),
        ("%realtime ask ", "what to ask"),
        ("%realtime tools now", "takes nothing more"),
        ("%realtime session nobody", "no session in a variable 'nobody'"),
        ("%%tool --session nobody\ndef f(): pass", "no session in a variable 'nobody'"),
        ("%%tool --aproval always\ndef f(): pass", "--aproval"),
        ("%%tool --approval maybe\ndef f(): pass", "never"),
        ("%%tool --time-limit soon\ndef f(): pass", "--time-limit"),
        ("%%tool --name 'a\ndef f(): pass", "cannot be read"),
        ("%%tool\nx = 1", "defines no function"),
        ("%%tool --name a\ndef f(): pass\ndef g(): pass", "for one function; here are f, g"),
    ],
)
def test_what_is_wrong_is_told(connect: Open, run: Run, cell: str, says: str) -> None:
    session = connect(NOWHERE)
    with pytest.raises(UsageError) as caught:
        run(cell)
    assert says in str(caught.value)
    assert not session.tools


def test_errors_of_the_cell_are_its_own_and_nothing_is_registered(connect: Open, run: Run) -> None:
    session = connect(NOWHERE)
    with pytest.raises(ZeroDivisionError):
        run("%%tool\ndef f(): pass\n1 / 0")
    with pytest.raises(SyntaxError):
        run("%%tool\ndef f(:")
    with pytest.raises(TypeError, match="lacks a type hint"):
        run("%%tool\ndef f(x): pass")
    assert not session.tools


def test_in_a_kernel() -> None:
    root = str(Path(realtime_widgets.__file__).parent.parent)
    manager, client = start_new_kernel(env=os.environ | {"PYTHONPATH": root})
    shown: list[str] = []

    def cell(code: str) -> Any:
        def collect(message: dict[str, Any]) -> None:
            content = message["content"]
            shown.append(content.get("text") or content.get("evalue") or "")

        reply = client.execute_interactive(code, output_hook=collect, timeout=120)
        return reply["content"]["status"]

    try:
        assert cell("%load_ext realtime_widgets") == "ok"
        assert cell("%realtime tools") == "error"
        assert any("there is no session yet" in text for text in shown)
        assert (
            cell(f"from realtime_widgets import RealtimeSession\ns = RealtimeSession(endpoint={NOWHERE!r})")
            == "ok"
        )
        assert cell(TWO) == "ok"
        assert cell("%realtime session s\nprint(s.tools['heat'](celsius=3), await s.tools['cool']())") == "ok"
        assert "3 degrees cool\n" in "".join(shown)
        assert cell("%realtime close") == "ok"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
