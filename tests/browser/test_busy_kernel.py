"""Sound goes on, both ways, while a cell keeps the kernel's main thread busy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from devtools.endpoints.echo import EchoEndpoint
from devtools.sound.sound import microphone_wav, tone

if TYPE_CHECKING:
    from pathlib import Path

    from devtools.browser.lab import Lab

pytestmark = pytest.mark.browser

_BURST_EVERY_S = 0.5
_BUSY_CELLS = {
    "sleeping": ("import time; time.sleep(6)", 6.0),
    "computing": (
        "import time\nend = time.monotonic() + 4\nx = 0\nwhile time.monotonic() < end:\n    x += sum(range(50))",
        4.0,
    ),
}


def _bursts(path: Path) -> Path:
    return microphone_wav(path, [(1 + i * _BURST_EVERY_S, tone(0.1, level=0.5)) for i in range(240)], seconds=130)


@pytest.mark.parametrize("kind", _BUSY_CELLS)
async def test_what_is_said_comes_back_while_a_cell_is_busy(lab: Lab, tmp_path: Path, kind: str) -> None:
    source, seconds = _BUSY_CELLS[kind]
    async with EchoEndpoint() as endpoint:
        page = await lab.open(
            [
                "from realtime_widgets import RealtimeSession\n"
                f'session = RealtimeSession(endpoint="{endpoint.url}", api_key="test")\n'
                # Started from a cell: what the session does from now on descends from that cell.
                "await session.start()\nsession",
                # The trap: a trait update from the cell that then keeps the kernel busy.
                "from realtime_widgets.widgets import console_of\n"
                f"console_of(session).player.volume = 0.9\n{source}",
            ],
            microphone=_bursts(tmp_path / "bursts.wav"),
        )
        await page.run_cell(0)
        await page.expect(".rw-console")
        await page.click("button[aria-label*='microphone']")
        speaker = await page.tap_speaker()
        await speaker.wait_for_sound()
        microphone = await page.tap_microphone()
        await microphone.wait_for_sound()
        await speaker.read(clear=True)
        begin = await page.now_ms()
        await page.run_cell(1)
        end = await page.now_ms()
        heard = [t for t in (await speaker.read()).onsets(0.1) if begin + 1000 < t < end]
        said = [t for t in (await microphone.read()).onsets(0.1) if begin + 1000 < t < end]
    expected = (seconds - 2) / _BURST_EVERY_S
    assert len(said) >= expected
    # Were the sound waiting for the cell, nothing of it would be heard before the cell's end.
    assert len(heard) >= len(said) - 2
