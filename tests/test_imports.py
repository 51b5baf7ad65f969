"""What importing brings along, in processes of their own: this one has loaded everything."""

from __future__ import annotations

import subprocess
import sys

import pytest

import realtime_widgets

HEAVY = {"IPython", "aiohttp", "docstring_parser", "ipywidgets", "numpy", "openai", "pydantic", "websockets"}
IMPORTED = "from realtime_widgets import RealtimeSession"
MADE = f"{IMPORTED}; session = RealtimeSession(endpoint='http://127.0.0.1:9/v1')"
SHOWN = f"{MADE}; session._repr_mimebundle_()"
# What the I/O thread was given to do before is done when it has run this.
SETTLED = "from realtime_widgets.concurrency.io_thread import shared_engine; shared_engine().run(int)"


def heavy_after(statements: str) -> set[str]:
    script = f"{statements}\nimport sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120)
    return HEAVY & set(done.stdout.split())


@pytest.mark.parametrize("statement", ["import realtime_widgets", IMPORTED, MADE])
def test_importing_the_package_leaves_heavy_libraries_alone_until_they_are_needed(statement: str) -> None:
    assert heavy_after(statement) == set()


def test_a_shown_session_has_what_connecting_needs_before_anybody_clicks() -> None:
    assert heavy_after(f"{SHOWN}\n{SETTLED}") == {"IPython", "ipywidgets", "websockets"}


def test_a_tool_brings_what_reads_its_signature_and_nothing_else() -> None:
    tool = """
@session.tool
def add(a: int, b: int) -> int:
    "Add two numbers."
    return a + b
"""
    calls = "assert session.tools['add'].answer('{\"a\": 1, \"b\": 2}') == '3'"
    assert heavy_after(f"{MADE}\n{tool}\n{calls}") == {"docstring_parser", "pydantic"}


def test_numbers_of_numpy_are_told_by_what_they_are_though_it_is_loaded_by_the_tool() -> None:
    tool = """
@session.tool
def mean() -> object:
    "Two kinds of numbers."
    import numpy
    return [numpy.float32(0.5), numpy.arange(2)]
"""
    call = "assert session.tools['mean'].answer() == '[0.5, [0, 1]]'"
    assert "numpy" in heavy_after(f"{MADE}\n{tool}\n{call}")


def test_every_public_name_is_listed_and_loads() -> None:
    assert {"RealtimeSession", "Reply", "__version__"} <= {*realtime_widgets.__all__}
    assert {*realtime_widgets.__all__, "load_ipython_extension"} <= {*dir(realtime_widgets)}
    for name in realtime_widgets.__all__:
        assert getattr(realtime_widgets, name) is not None
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = realtime_widgets.no_such_name  # type: ignore[attr-defined]
