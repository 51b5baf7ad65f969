"""The talk as a handout: what is in it, that it loads nothing, and that it runs nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import nbformat
import numpy as np
import pytest

from devtools.browser.chromium import find_chromium
from realtime_widgets.errors import ConfigurationError
from realtime_widgets.testing import Call, ScriptedServer, Talk

if TYPE_CHECKING:
    from pathlib import Path

    from realtime_widgets import RealtimeSession
    from tests.conftest import Open

HOSTILE = 'See <script>alert(1)</script> <img src=x onerror="alert(2)"> [here](javascript:alert(3)) and $x^2$.'


@pytest.fixture
async def session(connect: Open) -> Any:
    talk = Talk()
    called = talk.function_call_turn("How many?", [Call("count", {"town": "<b>Paris</b>"})], HOSTILE)
    shown = talk.text_turn(..., "A black square.")
    async with ScriptedServer([*talk.start(), *called, *shown]) as server:
        made = connect(server)

        @made.tool
        def count(town: str) -> str:
            """Count people."""
            return f"<i>{town}</i> has two million"

        await made.ask("How many?")
        await made.ask("What is this?", image=np.zeros((8, 8, 3), np.uint8))
        yield made


def test_a_page_has_all_of_it_as_text_and_loads_nothing(session: RealtimeSession, tmp_path: Path) -> None:
    path = session.handout(tmp_path / "talk.html", "Towns & people")
    page = path.read_text(encoding="utf-8")
    for words in ("Towns &amp; people", "How many?", "two million", "A black square."):
        assert words in page
    assert "<script" not in page
    assert not re.search(r"<[^>]+\son\w+=", page)
    assert 'href="javascript' not in page
    assert not re.findall(r"""(?:src|href)=["'](?!data:|#)""", page)
    assert "data:image/" in page


def test_a_notebook_has_questions_as_headings_and_calls_as_code(session: RealtimeSession, tmp_path: Path) -> None:
    notebook: Any = nbformat.read(session.handout(tmp_path / "talk.ipynb"), as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code[0].source.startswith("count(")
    assert "two million" in code[0].outputs[0].text
    assert any(cell.source.startswith("### Question\n\nHow many?") for cell in notebook.cells)


def test_markdown_holds_its_pictures(session: RealtimeSession, tmp_path: Path) -> None:
    text = session.handout(tmp_path / "talk.md").read_text(encoding="utf-8")
    assert "### Answer" in text
    assert "data:image/" in text or "attachment:" in text


def test_a_pdf_is_printed(session: RealtimeSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", str(find_chromium()))
    assert session.handout(tmp_path / "talk.pdf").read_bytes().startswith(b"%PDF")


def test_what_cannot_be_written_is_told_and_leaves_what_was_there(
    session: RealtimeSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "talk.pdf"
    kept.write_text("before")
    monkeypatch.setenv("CHROMIUM", "/nowhere/chromium")
    with pytest.raises(ConfigurationError, match="printed no PDF"):
        session.handout(kept)
    monkeypatch.delenv("CHROMIUM")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigurationError, match="none is found"):
        session.handout(kept)
    assert kept.read_text() == "before"
    with pytest.raises(ConfigurationError, match=r"ends in \.html"):
        session.handout(tmp_path / "talk.doc")
    with pytest.raises(ConfigurationError, match="there is no folder"):
        session.handout(tmp_path / "nowhere" / "talk.html")
