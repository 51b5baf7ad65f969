"""A recording elsewhere: sound, page, markdown, messages, subtitles, and cells that run."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import re
from typing import TYPE_CHECKING, Any

import nbformat
import numpy as np
import pytest
import soundfile
from nbclient import NotebookClient

from realtime_widgets import ConfigurationError, Recording
from realtime_widgets.recording.exports.cells import call_code

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    Recorded = Callable[[], Coroutine[Any, Any, Recording]]


async def test_every_kind_of_file(recorded: Recorded, tmp_path: Path) -> None:
    recording = await recorded()
    samples, rate = soundfile.read(recording.save(tmp_path / "talk.wav"), dtype="int16")
    assert rate == 24_000
    assert np.array_equal(samples, recording.both)

    markdown = recording.save(tmp_path / "talk.md").read_text()
    assert "**You:** Tell me" in markdown and "(cut after" in markdown
    assert "add(" in markdown and r"\<b>" in markdown

    messages = json.loads(recording.save(tmp_path / "talk.json").read_text())
    assert messages == recording.conversation.to_messages()
    assert [each["role"] for each in messages[-4:]] == ["user", "assistant", "tool", "assistant"]

    vtt = recording.save(tmp_path / "talk.vtt").read_text()
    assert "<v You>Tell me" in vtt and "<v Assistant>Three." in vtt
    assert "time" not in vtt  # of the story the end was not heard
    srt = recording.save(tmp_path / "talk.srt").read_text()
    times = re.findall(r"(\d+):(\d+):(\d+),(\d+) --> ", srt)
    seconds = [int(h) * 3600 + int(m) * 60 + int(s) + int(ms) / 1000 for h, m, s, ms in times]
    assert seconds == sorted(seconds) and seconds[-1] <= recording.seconds + 0.1

    for wrong in ("talk.pdf", "missing/talk.wav"):
        with pytest.raises(ConfigurationError):
            recording.save(tmp_path / wrong)
    left = sorted(each.suffix for each in await asyncio.to_thread(lambda: [*tmp_path.iterdir()]))
    assert left == [".json", ".md", ".rwz", ".srt", ".vtt", ".wav"]


async def test_a_page_holds_everything_and_obeys_nothing(recorded: Recorded, tmp_path: Path) -> None:
    recording = await recorded()
    page = recording.save(tmp_path / "talk.html").read_text()
    assert "Talk with gpt-realtime-2.1" in page
    assert "1 + 2 &lt;b&gt;?" in page and "<b>?" not in page
    assert "add(" in page and "ZeroDivisionError" in page
    assert "<del>" in page  # the words of the story that were not heard
    assert not re.search(r"""(?:src|href)=["'](?!data:)|url\(|@import""", page)
    assert "default-src 'none'" in page and page.count("sha256-") == 1  # nobody said a formula
    kind, data = re.findall(r'<audio controls preload="metadata" src="data:([^;]+);base64,([^"]+)"', page)[0]
    assert kind in ("audio/mpeg", "audio/flac")
    samples, rate = soundfile.read(io.BytesIO(base64.b64decode(data)), dtype="int16")
    assert rate == 24_000 and len(samples) / rate == pytest.approx(recording.seconds, abs=0.7)
    places = [float(each) for each in re.findall(r'data-at="([\d.]+)"', page)]
    assert len(places) >= 10 and max(places) <= recording.seconds
    assert re.search(r'<path class="it" d="M', page)
    assert page.count('class="waterfall"') == 4
    assert "interrupted</figcaption>" in page


async def test_the_cells_run_and_say_the_same(recorded: Recorded, tmp_path: Path) -> None:
    recording = await recorded()
    notebook = nbformat.read(recording.save(tmp_path / "talk.ipynb"), 4)
    nbformat.validate(notebook)
    words = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    assert words[1].startswith("**You:** Tell me")
    assert "~~" in words[2] and "*(interrupted)*" in words[2]
    tools, addition, division = (cell for cell in notebook.cells if cell.cell_type == "code")
    assert "@" not in tools.source and "async def divide" in tools.source
    assert addition.source == "add(first=1, second=2)"
    assert [output.output_type for output in addition.outputs] == ["stream", "execute_result"]
    assert addition.outputs[0].text == "adding\n" and addition.outputs[1].data["text/plain"] == "3"
    assert division.source == "await divide(number=1, by=0)"
    assert division.outputs[0].ename == "ZeroDivisionError"
    before = [json.dumps(output.get("data")) for output in addition.outputs]
    NotebookClient(notebook, timeout=60, allow_errors=True).execute()
    assert [json.dumps(output.get("data")) for output in addition.outputs] == before
    assert division.outputs[0].ename == "ZeroDivisionError"


def test_calls_as_code() -> None:
    dates = {"parameters": {"properties": {"day": {"type": "string", "format": "date"}}}}
    assert call_code("plan", '{"day": "2026-01-01"}', dates).endswith(
        "call_tool(plan, {'day': '2026-01-01'}).value"
    )
    assert call_code("f", '{"class": 1}', {}) == "f(**{'class': 1})"
    assert call_code("f", "", {}) == "f()"
    assert call_code("f", "{not json", {}) == "# f({not json)"
    assert call_code("import os; f", "{}", {}).startswith("# ")
    assert call_code("f\nimport os", "{}", {}) == "# f\n# import os({})"


async def test_inserting_needs_a_notebook(recorded: Recorded) -> None:
    recording = await recorded()
    with pytest.raises(ConfigurationError, match="no notebook"):
        recording.insert_below()


async def test_it_is_inserted_below_the_running_cell(recorded: Recorded, tmp_path: Path) -> None:
    recording = await recorded()
    code = f"from realtime_widgets import Recording\nRecording.load({str(recording.path)!r}).insert_below()"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    client = NotebookClient(notebook, timeout=60)
    replies: list[Any] = []
    client.on_cell_executed = lambda cell, cell_index, execute_reply: replies.append(execute_reply)
    client.execute()
    [payload] = replies[0]["content"]["payload"]
    assert payload["source"] == "set_next_input" and not payload["replace"]
    assert "# You: Tell me" in payload["text"] and "add(first=1, second=2)" in payload["text"]
