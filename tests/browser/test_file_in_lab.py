"""A notebook's file keeps the talk: saved while it goes on, read without its kernel, and shown once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from realtime_widgets.testing import Call, ScriptedServer, Talk

if TYPE_CHECKING:
    from devtools.browser.lab import Lab
    from devtools.browser.page import LabPage

pytestmark = pytest.mark.browser

_SESSION = """
from realtime_widgets import RealtimeSession
session = RealtimeSession(endpoint="{url}")
@session.tool
def weigh(what: str) -> object:
    '''Weigh something.'''
    print("on the scales:", what)
    return {{"grams": 5, "of": object}}
session
"""

#: Off by default: it has the front end save the state of all widgets.
_SAVE_WIDGETS = "() => jupyterapp.commands.execute('@jupyter-widgets/jupyterlab-manager:saveWidgetState')"


def _steps() -> list[object]:
    talk = Talk()
    calls = [Call("weigh", {"what": "a <b>feather</b>"}, ...)]
    return [
        *talk.start(),
        *talk.text_turn("Say hello", "Hello, it costs $5 or $6."),
        *talk.function_call_turn("Weigh a feather", calls, "Five grams."),
    ]


async def _kept(page: LabPage, index: int = 0) -> str:
    """Return the HTML of a cell's outputs in the saved file."""
    outputs = (await page.save()).cells[index].outputs
    return "".join(output.get("data", {}).get("text/html", "") for output in outputs)


async def test_the_saved_notebook_has_the_words_and_shows_them_without_its_kernel(lab: Lab) -> None:
    async with ScriptedServer(_steps()) as server:
        page = await lab.open(
            [
                _SESSION.format(url=server.url),
                "print(await session.ask('Say hello'))",
                "print(await session.ask('Weigh a feather'))",
            ]
        )
        await page.page.evaluate(_SAVE_WIDGETS)
        await page.run_all()
        copy = page.cell(0).locator(".rw-saved")
        await page.expect(".rw-transcript :text('Five grams.')")
        assert not await copy.is_visible()
        await page.screenshot("live")
        html = await _kept(page)
        assert "Five grams." in html and "weigh(" in html and "on the scales" in html
        assert "&lt;b&gt;feather&lt;/b&gt;" in html and " at 0x" not in html

        saved = (await page.save()).metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
        ours = [model["state"] for model in saved.values() if "_esm" in model["state"]]
        assert len(ours) >= 4
        assert max(len(model["_esm"]) + len(model["_css"]) for model in ours) < 100

        await page.page.evaluate("() => jupyterapp.commands.execute('kernelmenu:shutdown')")
        await page.reload()
        await page.expect(".rw-saved :text('Five grams.')")
        await page.page.locator(":text('model not found')").first.wait_for(state="hidden")
        assert "$5 or $6" in await page.text(".rw-saved")
        await page.screenshot("reopened")
        await page.page.locator(".rw-saved summary").click()
        await page.screenshot("reopened-open")
        await page.set_theme("dark")
        await page.screenshot("reopened-dark")
