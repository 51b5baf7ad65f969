"""An API key typed in JupyterLab: it opens the session, and is nowhere afterwards."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from devtools.endpoints.echo import EchoEndpoint
from devtools.endpoints.guarded import guarded

if TYPE_CHECKING:
    from devtools.browser.lab import Lab

pytestmark = pytest.mark.browser

KEY = "sk-never-to-be-seen-7431"
_LOG = """
import io, logging
log = io.StringIO()
for logger in (logging.getLogger(), logging.getLogger("realtime_widgets"), get_ipython().kernel.log):
    logger.addHandler(logging.StreamHandler(log))
    logger.setLevel(logging.DEBUG)
"""
_LOOK = f"""
import traceback
from ipywidgets import Widget
key = bytes.fromhex("{KEY.encode().hex()}").decode()
kernel = get_ipython().kernel
places = {{
    "state": str(Widget.get_manager_state(drop_defaults=False)),
    "repr": repr(session) + repr(session.endpoint) + repr(session.endpoint.token_provider),
    "log": log.getvalue(),
    "journal": str([record.event for record in session.journal]),
    "history": str(list(get_ipython().history_manager.get_range())),
    "parent": str(kernel.get_parent("shell")),
}}
print([name for name, text in places.items() if key in text], len(places["log"]) > 1000, session.state)
"""


async def test_a_key_typed_into_its_field_is_in_no_file_state_log_or_repr(lab: Lab) -> None:
    async with EchoEndpoint() as endpoint, guarded(endpoint.url.replace("http", "ws") + "/realtime", KEY) as url:
        page = await lab.open(
            [
                _LOG,
                "from realtime_widgets import RealtimeSession\n"
                f'session = RealtimeSession(endpoint="{url}", api_key="ask")\nsession',
                "await session.start()",
                _LOOK,
            ]
        )
        await page.run_cell(0)
        await page.run_cell(1)
        connecting = await page.start_cell(2)
        field = page.page.get_by_label("API key for 127.0.0.1")
        await field.press_sequentially("sk-wrong")
        await field.press("Enter")
        await page.expect(".rw-key [role=alert]:has-text('refused this key')")
        assert await field.input_value() == ""
        assert await field.get_attribute("type") == "password"
        await page.screenshot("refused", ".rw-key")
        await page.set_theme("dark")
        await field.press_sequentially(KEY)
        await page.screenshot("dark", ".rw-key")
        await field.press("Tab")
        await page.page.keyboard.press("Space")
        await connecting
        await page.expect(".rw-key [role=status]:has-text('has the key')")
        await page.screenshot("given-dark", ".rw-key")
        await page.set_theme("light")
        await page.screenshot("given", ".rw-key")
        await page.run_cell(3)
        assert await page.output_text(3) == "[] True listening"
        saved = await page.save()
        assert KEY not in json.dumps(saved)
        assert KEY not in page.path.read_text()
        assert KEY not in await page.page.content()
        assert KEY not in "\n".join(page.console)
        assert KEY not in lab.server.tail(1_000_000)
