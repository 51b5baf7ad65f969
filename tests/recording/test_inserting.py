"""Cells go into the notebook by the page that ran the cell, once; without one the kernel's own way is used."""

from __future__ import annotations

import json
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets.recording.exports import inserting
from realtime_widgets.recording.exports.inserting import CellsBelow, insert_cells
from tests.widgets.page import PAGE, send

if TYPE_CHECKING:
    from collections.abc import Callable

CELLS = [{"cell_type": "markdown", "metadata": {}, "source": "words"}]
READY = {"type": "can_insert", "page_id": PAGE, "takes": True}


@pytest.fixture
def asks(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Set which front end's message is being handled."""
    client = ["tab"]
    monkeypatch.setattr(inserting, "asking_client", lambda: client[0])
    return lambda name: client.__setitem__(0, name)


@pytest.fixture
def below(asks: Callable[[str], None]) -> CellsBelow:
    return CellsBelow(CELLS, "cell-1")


@pytest.fixture
def sent(below: CellsBelow, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Messages to the page."""
    made: list[dict[str, Any]] = []
    monkeypatch.setattr(below, "send", lambda content, buffers=None: made.append(content))
    return made


def test_the_page_gets_the_cells_once(below: CellsBelow, sent: list[dict[str, Any]]) -> None:
    send(below, READY)
    send(below, {**READY, "page_id": "second"})
    [command] = sent
    assert command["page_id"] == PAGE and command["cell_id"] == "cell-1"
    [cell] = json.loads(command["text"])
    assert cell.pop("id") and cell == CELLS[0]
    send(below, {"type": "inserted", "page_id": PAGE})
    assert below.wait() == "inserted"


def test_another_tab_gets_nothing(
    below: CellsBelow, sent: list[dict[str, Any]], asks: Callable[[str], None]
) -> None:
    asks("another tab")
    send(below, READY)
    assert below.wait(0) == "refused" and not sent


def test_a_page_that_comes_late_or_takes_none_gets_nothing(below: CellsBelow, sent: list[dict[str, Any]]) -> None:
    answer = threading.Timer(0, send, (below, {**READY, "takes": False}))
    answer.start()
    assert below.wait(60) == "refused"
    answer.join()
    send(below, READY)
    assert not sent


def test_a_page_that_does_not_say_that_it_is_done_was_asked(below: CellsBelow, sent: list[dict[str, Any]]) -> None:
    send(below, READY)
    assert below.wait(0) == "asked" and len(sent) == 1


def test_a_front_end_that_could_not_answer_is_not_asked() -> None:
    for parent, subshells in (({}, True), ({"metadata": {"cellId": "a"}}, False)):
        kernel = SimpleNamespace(get_parent=lambda parent=parent: parent, _supports_kernel_subshells=subshells)
        assert insert_cells(CELLS, kernel) == "refused"
