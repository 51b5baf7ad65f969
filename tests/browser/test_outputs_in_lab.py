"""A card shows what a cell would: figures, tables, markup, widgets, colours, tracebacks; nothing of it runs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from realtime_widgets.testing import Call, ScriptedServer, Talk

if TYPE_CHECKING:
    from devtools.browser.lab import Lab

pytestmark = pytest.mark.browser

_TOOLS = '''
import ipywidgets
from IPython.display import HTML, Markdown, SVG, display

@session.tool
def plot() -> None:
    """Plot something."""
    import matplotlib.pyplot as plt
    plt.figure(figsize=(3, 2))
    plt.plot([1, 3, 2])

@session.tool
def table():
    """Return a table."""
    import pandas
    return pandas.DataFrame({"city": ["Paris", "Rome"], "rain": [3.5, 1.25]})

@session.tool
def markup() -> None:
    """Show markup."""
    display(HTML("<b>bold</b><script>document.title = 'owned'</script><img src=x onerror='document.title = 1'>"))
    display(Markdown("# Heading\\n\\n* a point"))
    display(SVG("<svg xmlns='http://www.w3.org/2000/svg' width='40' height='20'><circle r='9'/></svg>"))
    display(ipywidgets.IntSlider(description="inside"))

@session.tool
def count() -> None:
    """Count."""
    for step in range(4):
        print(f"\\r{step + 1} of 4", end="")
    print("\\n\\x1b[31mred\\x1b[0m and plain")
    print("\\n".join(f"line {number}" for number in range(100)))

@session.tool
def fail() -> None:
    """Fail."""
    {}["missing"]
'''
_NAMES = ("plot", "table", "markup", "count", "fail")


async def test_a_card_shows_what_a_cell_would(lab: Lab) -> None:
    talk = Talk()
    any_output = re.compile("")
    calls = [Call(name, {}, any_output) for name in _NAMES]
    async with ScriptedServer([*talk.start(), *talk.function_call_turn("Go", calls, "Done.")]) as server:
        made = f'session = RealtimeSession(endpoint="{server.url}", api_key="test")'
        session = f"from realtime_widgets import RealtimeSession\n{made}"
        page = await lab.open([session, _TOOLS, "session", "reply = await session.ask('Go')\nprint(reply)"])
        for cell in range(4):
            await page.run_cell(cell)
        cards = {}
        for name in _NAMES:
            named = page.page.locator(f".rw-tool-name:text-is('{name}')")
            cards[name] = page.page.locator(".rw-console .rw-tool", has=named)
        await cards["plot"].locator(".rw-output img[src^='data:image/png']").wait_for()
        await cards["table"].locator("th:text-is('rain')").wait_for()
        await cards["markup"].locator("h1:text('Heading')").wait_for()
        await cards["markup"].locator("b:text('bold')").wait_for()
        await cards["markup"].locator("img[src^='data:image/svg+xml']").wait_for()
        await cards["markup"].locator(".widget-slider:has-text('inside')").wait_for()
        assert not await cards["markup"].locator("script, [onerror]").count()
        printed = await cards["count"].locator(".rw-output-text").inner_text()
        assert printed.startswith("4 of 4\nred and plain\nline 0\n")
        await cards["count"].get_by_role("button", name="Show all of it").click()
        await cards["count"].get_by_role("button", name="Show less").click()
        await cards["fail"].locator("summary").first.click()
        await cards["count"].locator(".rw-ansi-red-fg:text-is('red')").wait_for()
        traceback = await cards["fail"].locator(".rw-tool-traceback pre").inner_text()
        assert re.search(r"Cell In\[2\].*\n.*missing", traceback)
        assert "realtime_widgets" not in traceback.split("KeyError")[0]
        await page.screenshot("cards")
        await page.set_theme("dark")
        await cards["plot"].scroll_into_view_if_needed()
        await page.screenshot("cards-dark")
        assert "owned" not in await page.page.title()
