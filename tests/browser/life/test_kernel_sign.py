"""JupyterLab's sign of the kernel stands still while sound travels, and tells of cells as ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from devtools.endpoints.echo import EchoEndpoint
from devtools.sound.sound import microphone_wav, tone

if TYPE_CHECKING:
    from pathlib import Path

    from devtools.browser.lab import Lab

pytestmark = pytest.mark.browser

#: Four seconds of PCM16 at 24 kHz.
SOUND_BYTES = 4 * 48_000


async def test_the_sign_stands_still_while_the_microphone_is_on(lab: Lab, tmp_path: Path) -> None:
    wav = microphone_wav(tmp_path / "tone.wav", [(0.0, tone(300))])
    async with EchoEndpoint() as endpoint:
        page = await lab.open(
            [
                "from realtime_widgets import RealtimeSession\n"
                f'session = RealtimeSession(endpoint="{endpoint.url}", api_key="test")\n'
                "await session.start()\nsession",
                "import threading\ngo_on = threading.Event()\ngo_on.wait()",
            ],
            microphone=wav,
        )
        await page.run_cell(0)
        await page.click("button[aria-label*='microphone']")
        await endpoint.until(lambda: bool(endpoint.sound))
        await page.wait_for_status("idle")

        async def four_seconds() -> None:
            enough = len(endpoint.sound) + SOUND_BYTES
            await endpoint.until(lambda: len(endpoint.sound) >= enough)

        await page.watch_kernel_sign()
        await four_seconds()
        signs = await page.kernel_signs()
        assert len(signs) <= 3, signs
        # As many as are on their way; were they kept, there would be some seventy more.
        assert await page.unfinished_messages() < 20

        busy = await page.start_cell(1, expect_error=True)
        await page.wait_for_status("busy")
        await page.watch_kernel_sign()
        await four_seconds()
        assert await page.kernel_signs() == ["busy"]
        await page.interrupt_kernel()
        await busy
        await page.wait_for_status("idle")
        await page.watch_kernel_sign()
        await four_seconds()
        assert (await page.kernel_signs())[-1] == "idle"
        assert await page.unfinished_messages() < 20
