"""Objects that are shown to the model stand as cards in the transcript, and in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets.testing import ScriptedServer, Talk, expect

if TYPE_CHECKING:
    from devtools.browser.lab import Lab

pytestmark = pytest.mark.browser

_SESSION = """
import pandas as pd
from matplotlib.figure import Figure
from realtime_widgets import RealtimeSession
session = RealtimeSession(endpoint="{url}", api_key="test")
session
"""
_TOWNS = """
towns = pd.DataFrame({"town": ["Kiel", "<b>Bonn</b>"], "people": [247, 336]})
session.watch("towns", "my towns")
"""
_FIGURE = """
figure = Figure()
figure.add_subplot().plot([1, 3, 2])
session.show(figure, "What do you see?")
"""
_CHANGE = "towns.loc[2] = ['Ulm', 126]"


async def test_what_was_shown_is_a_card_and_a_changed_variable_replaces_its_old_value(lab: Lab) -> None:
    talk = Talk()
    item = {"type": "message", "role": "user", "content": ...}
    steps = [*talk.start(), *(step for _ in range(3) for step in talk._client_items(item))]
    steps.append(expect("conversation.item.delete"))
    async with ScriptedServer(steps) as server:
        cells = [_SESSION.format(url=server.url), "await session.start()", _TOWNS, _FIGURE, _CHANGE]
        page = await lab.open(cells)
        for cell in range(4):
            await page.run_cell(cell)
        assert "shown as image: figure: Figure" in await page.output_text(3)
        card = await page.expect(".rw-shown:has-text('towns: DataFrame, 2 by 2')")
        assert "towns is now: my towns" in await card.inner_text()
        await card.locator("summary").click()
        assert "<b>Bonn</b>" in await card.locator("pre").inner_text()
        await page.expect(".rw-shown img[alt*='estimated']")
        await page.screenshot("shown", ".rw-console")
        await page.run_cell(4)
        await page.expect(".rw-shown:has-text('towns has changed')")
        await page.expect(".rw-forgotten:has-text('the model does not have this any more')")
        await page.set_theme("dark")
        await page.screenshot("changed", ".rw-console")
        notebook: Any = await page.save()
        kept = [output.get("data", {}).get("text/markdown", "") for output in notebook.cells[0].outputs]
        assert any("shown: towns: DataFrame" in text for text in kept)
