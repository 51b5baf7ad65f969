"""An image that a person shows in JupyterLab: small in the transcript, and small in the saved notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from realtime_widgets.testing import ScriptedServer, Talk
from realtime_widgets.testing.scripted_server.client_items import accept_item

if TYPE_CHECKING:
    from devtools.browser.lab import Lab

pytestmark = pytest.mark.browser

_SESSION = """
import numpy as np
from matplotlib.figure import Figure
from realtime_widgets import RealtimeSession
session = RealtimeSession(endpoint={url!r})
session
"""
_SHOW = """
figure = Figure(figsize=(6, 4))
figure.subplots().plot(np.sin(np.linspace(0, 9, 200)))
photograph = np.random.default_rng(0).integers(0, 256, (1500, 2500, 3), np.uint8)
reply = await session.ask("Which of these is a curve?", image=[figure, photograph])
print(reply)
"""


async def test_what_was_shown_is_small_in_the_transcript_and_in_the_file(lab: Lab) -> None:
    talk = Talk()
    taken = accept_item(..., lambda matched: {**matched[-1]["item"], "status": "completed"})
    steps = [*talk.start(), taken, *talk.text_turn(..., "The first one is.")[1:]]
    async with ScriptedServer(steps) as server:
        page = await lab.open([_SESSION.format(url=server.url), _SHOW])
        await page.run_cell(0)
        await page.run_cell(1)
        assert await page.output_text(1) == "The first one is."
        await page.expect(".rw-turn-assistant:has-text('The first one is.')")
        images = page.page.locator(".rw-turn-user .rw-image img")
        assert await images.count() == 2
        texts = [await images.nth(index).get_attribute("alt") for index in range(2)]
        assert "2048 by 1229 pixels, about 1,105 tokens (estimated)" in str(texts[1])
        await page.page.wait_for_function(
            "[...document.querySelectorAll('.rw-image img')].every((i) => i.naturalWidth)"
        )
        assert await images.nth(0).evaluate("(image) => Math.max(image.naturalWidth, image.naturalHeight)") == 160
        await page.screenshot("light", ".rw-console")
        await page.set_theme("dark")
        await page.screenshot("dark", ".rw-console")
        await page.save()
        assert page.path.stat().st_size < 60_000
