"""A notebook that runs without a page keeps the talk, and the widgets of its cells."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import nbformat
from nbclient import NotebookClient
from nbconvert import HTMLExporter, MarkdownExporter

from realtime_widgets.testing import Call, Talk
from tests.session.servers import server_on_its_own_thread
from tests.session.test_blocking import ROOT

if TYPE_CHECKING:
    import pytest

CELLS = (
    """
from realtime_widgets import RealtimeSession
session = RealtimeSession(endpoint="{url}", api_key="sk-very-secret-key")
@session.tool
def weigh(what: str) -> object:
    '''Weigh something.'''
    return {{"grams": 5, "of": object()}}
session
""",
    "print(await session.ask('Weigh <script>alert(1)</script>'))",
    "await session.close()",
)


def test_the_file_of_a_run_without_a_page_has_the_talk_and_the_widgets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([ROOT, os.environ.get("PYTHONPATH", "")]))
    talk = Talk()
    calls = [Call("weigh", {"what": "a feather"}, ...)]
    turn = talk.function_call_turn("Weigh <script>alert(1)</script>", calls, "Five *grams*.")
    with server_on_its_own_thread([*talk.start(), *turn]) as server:
        cells = [nbformat.v4.new_code_cell(cell.format(url=server.url)) for cell in CELLS]
        notebook = nbformat.v4.new_notebook(cells=cells)
        NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    state = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    [view] = [
        output["data"]["application/vnd.jupyter.widget-view+json"]["model_id"]
        for output in notebook.cells[0].outputs
        if "application/vnd.jupyter.widget-view+json" in output.get("data", {})
    ]
    assert view in state
    page, _ = HTMLExporter().from_notebook_node(notebook)
    text, _ = MarkdownExporter().from_notebook_node(notebook)
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page
    for words in ("Five", "grams", "weigh", "a feather"):
        assert words in page
        assert words in text
    assert " at 0x" not in page + text
    assert "very-secret" not in "".join(str(cell.outputs) for cell in notebook.cells)
