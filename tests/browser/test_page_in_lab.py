"""The console in a browser tab of its own, relayed by the Jupyter server: opened, reloaded, left by its kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from devtools.endpoints.echo import EchoEndpoint

if TYPE_CHECKING:
    from devtools.browser.lab import Lab

pytestmark = pytest.mark.browser

_PORT = "[...globalThis[Symbol.for('realtime_widgets.ports')].ports.values()][0]"


async def test_a_tab_of_its_own_talks_while_a_cell_runs_and_comes_back(lab: Lab) -> None:
    async with EchoEndpoint() as endpoint:
        notebook = await lab.open(
            [
                "from realtime_widgets import RealtimeSession\n"
                f'session = RealtimeSession(endpoint="{endpoint.url}", api_key="test")\n'
                "await session.start()\nsession",
                "session.page()",
                "import threading\nheld = threading.Event()\nheld.wait(120)",
            ],
            spoken=True,
        )
        await notebook.run_cell(0)
        await notebook.run_cell(1)
        link = await notebook.expect("a.rw-page-open")
        address = str(await link.get_attribute("href"))
        assert address.startswith(f"{lab.server.url}/realtime-widgets/page/")
        async with notebook.context.expect_page() as opening:
            await link.click()
        tab = await opening.value
        await tab.locator(".rw-console textarea").wait_for()
        assert "#" not in tab.url  # the token is not left where somebody reads it
        fresh = notebook.page.locator(f'a.rw-page-open:not([href="{address}"])')
        await fresh.wait_for()

        ending = await notebook.start_cell(2, expect_error=True)
        await tab.click("button[aria-label='Your microphone']")
        await tab.locator("text=Microphone on").first.wait_for()
        await tab.wait_for_function(f"() => {_PORT}.state.laneMs !== null")
        await tab.reload()
        await tab.locator(".rw-console textarea").wait_for()
        await notebook.interrupt_kernel()
        await ending

        stranger = await notebook.context.new_page()
        await stranger.goto(address)
        await stranger.locator("text=This link was used before").wait_for()
        assert await stranger.locator(".rw-console").count() == 0
        await notebook.shut_down_kernel()
        await tab.locator("text=The connection to the kernel was cut").wait_for()


async def test_a_browser_that_is_not_logged_in_gets_no_page(lab: Lab) -> None:
    notebook = await lab.open(
        [
            "from realtime_widgets import RealtimeSession\nsession = RealtimeSession(api_key='test')",
            "session.page()",
        ]
    )
    await notebook.run_cell(0)
    await notebook.run_cell(1)
    address = str(await (await notebook.expect("a.rw-page-open")).get_attribute("href"))
    browser = notebook.context.browser
    assert browser is not None
    other = await (await browser.new_context()).new_page()
    await other.goto(address)
    assert "/login" in other.url
    assert await other.locator(".rw-page").count() == 0
