"""The notebooks run headless, without a browser, and are stored as they should be."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))

#: What a notebook shows, by its name.
SHOWN = {
    "10_test_your_talks": (
        "3 of 3 runs passed",
        "4 of 4 runs passed",
        "line 23: scenario 'is misspelt', turn 1, expect.tool: there is no tool",
        "did you mean 'reaction_rate'?",
        "exit code 2",
        "20 of 20 passed on the cluster",
    ),
    "11_tools_live": (
        "The boiling point is 119 degrees. - version 2",
        "the model is told of it",
        "may it run? <heat_the_bath",
        "The bath is at 60 degrees.",
        "line 11, in melting_point",
        "91 degrees",
    ),
}


#: Those whose scenarios talk for more than half a minute.
LONG = {"10_test_your_talks"}


@pytest.mark.models
@pytest.mark.parametrize(
    "path",
    [pytest.param(path, marks=[pytest.mark.nightly] if path.stem in LONG else []) for path in NOTEBOOKS],
    ids=lambda path: path.stem,
)
def test_a_notebook_runs_from_top_to_bottom(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("OPENAI_")]:
        monkeypatch.delenv(name)
    notebook = nbformat.read(path, 4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = "".join(
        output.get("text", "") + output.get("data", {}).get("text/plain", "")
        for cell in notebook.cells
        for output in cell.get("outputs", [])
    )
    if path.stem == "01_quickstart":
        assert "reaction_rate" in shown
        assert "moles per second" in shown
        assert "1\n00:00:0" in shown
    if path.stem == "02_test_your_tools":
        assert "below absolute zero" in shown
        assert "its limit of 3600 s" in shown
        assert "4 passed" in shown
    if path.stem == "03_three_ways_to_talk":
        assert shown.count("0.8 moles per second.  [") == 3
        assert shown.count("first sound after") == 3  # as the figure's text says
        assert "gpt-realtime-2.1-mini" in shown
        assert shown.count("-> 'How fast is our reaction at 40 degrees?'") == 2
    if path.stem == "04_show_it_something":
        assert "shown as text: trials: DataFrame, 1,000,000 by 2" in shown
        assert "Reaction rate" in shown
        assert "0.1, 0.8, 3.9, 14.2" in shown
        assert "traceback of ZeroDivisionError" in shown
        assert "settings has changed" in shown
    if path.stem == "05_safety_and_review":
        assert "That is a secret of the house." in shown
        assert "My mail is [mail]" in shown
        assert "[orders withheld]" in shown
        assert "This is said all the same." in shown
        assert "swordfish" in shown  # for the reviewer alone
        assert "records, whole" in shown
    if path.stem == "09_record_replay_compare":
        assert "You (spoken): How fast is our reaction at 40 degrees?" in shown
        assert "The reaction rate is 6.263." in shown
        assert "talk.html:" in shown and "reaction_rate(temperature=60)" in shown
        assert "The reaction rate is 6.663. [6.663]" in shown
        assert "differ in words, results  <- they part here" in shown
    if path.stem == "07_interruptions":
        assert "first sound after" in shown and ", interrupted" in shown
        assert "forget all after" in shown
        assert "heard in 2 piece(s)" in shown  # it went on after the cough
    if path.stem == "08_see_and_pay":
        assert "-> response.create" in shown
        assert "turn 1: " in shown and ", $0.00" in shown
        assert "the budget of 2,000 tokens is used up" in shown
        assert "You are welcome." in shown
    if path.stem == "06_a_lesson":
        assert "Why does wood float? -> Wood floats because" in shown
        assert "That is not part of this lesson." in shown
        assert "True" in shown
    assert [text for text in SHOWN.get(path.stem, ()) if text not in shown] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_with_its_kernel_and_without_outputs(path: Path) -> None:
    notebook = nbformat.read(path, 4)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    assert not [cell for cell in notebook.cells if cell.get("outputs") or cell.get("execution_count")]
    assert path.stat().st_size < 50_000


def test_there_is_a_quickstart() -> None:
    assert [path.stem for path in NOTEBOOKS][:1] == ["01_quickstart"]
