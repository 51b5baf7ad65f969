"""A console beside the code: where it is wanted, by a cell or by JupyterLab's palette."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets import ConfigurationError
from realtime_widgets.testing import ScriptedServer
from realtime_widgets.widgets.console import console
from realtime_widgets.widgets.console.dock import DockBar

if TYPE_CHECKING:
    from tests.conftest import Open


@pytest.fixture
def bars(monkeypatch: pytest.MonkeyPatch) -> list[DockBar]:
    """Return the bars that are made, in order."""
    made: list[DockBar] = []

    class Kept(DockBar):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            made.append(self)

    monkeypatch.setattr("realtime_widgets.widgets.console.dock.DockBar", Kept)
    return made


async def test_a_cell_and_the_palette_move_the_same_console(connect: Open, bars: list[DockBar]) -> None:
    async with ScriptedServer([]) as server:
        session = connect(server)
        session.dock("split")
        status = console.console_of(session).status
        [bar] = bars
        assert (bar.shown, bar.place) == (True, "split")
        status._handle_custom_msg({"type": "show_dock", "place": "panel"}, [])
        assert (bar.shown, bar.place) == (True, "panel")
        session.dock(False)
        assert not bar.shown
        assert bars == [bar]


async def test_a_place_that_there_is_not_is_refused(connect: Open) -> None:
    async with ScriptedServer([]) as server:
        with pytest.raises(ConfigurationError, match='"panel", "split" or False'):
            connect(server).dock("floor")  # type: ignore[arg-type]
