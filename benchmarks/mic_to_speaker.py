"""Microphone to speaker through JupyterLab and kernel to an echo, beside the same worklets in a bare page.

Tone bursts come through a fake microphone; both ends are seen by audio worklets of the page, on its clock.
The kernel is idle, or its cell sleeps, computes in Python or numpy, or holds the interpreter in one C call.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from playwright.async_api import async_playwright

from benchmarks.bare_page import bare_echo, harness_page
from benchmarks.busy_cells import BUSY_CELLS
from benchmarks.notebook_lab import notebook_lab
from benchmarks.rows import Row
from realtime_widgets.server_extension import NAME as EXTENSION
from realtime_widgets.widgets.port import BLOCK_MS, STARTUP_MS
from tests.support import page_scripts as scripts
from tests.support.chromium import chromium_flags, find_chromium
from tests.support.echo import EchoEndpoint
from tests.support.page import Tap
from tests.support.sound import microphone_wav, tone

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Playwright

    from tests.support.page import LabPage

_EVERY_S = 0.6
_LEVEL = 0.1
#: Ratios to the bare page, of the median and of the 95th percentile.
_TARGETS = {"idle": (1.3, 1.6), "cell sleeps": (1.5, None), "Python loop": (2.5, None)}


@dataclass(frozen=True)
class Heard:
    """Delays in milliseconds, gaps that the player fell into, and the kernel's share of a processor."""

    delays: tuple[float, ...]
    underruns: int
    kernel_cores: float = 0.0


def measure(quick: bool) -> list[Row]:
    """Measure the bare page, and the notebook in each state of its kernel."""
    return asyncio.run(_measure(8.0 if quick else 30.0, quick))


async def _measure(seconds: float, quick: bool) -> list[Row]:
    states = list(BUSY_CELLS)[:3] if quick else list(BUSY_CELLS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bursts = [(1 + number * _EVERY_S, tone(0.1, level=0.5)) for number in range(500)]
        wav = microphone_wav(folder / "bursts.wav", bursts, seconds=320)
        async with async_playwright() as playwright:
            run = _Run(playwright, wav, seconds)
            bare = await run.in_bare_page()
            lively = await run.in_notebook(folder / "lively", {}, states)
            slow: dict[str, Heard] = {}
            if not quick:
                slow = await run.in_notebook(folder / "slow", _without_extension(folder / "config"), ["idle"])
    rows = [Row("mic_to_speaker", "bare page", bare.delays, note=_underruns(bare))]
    rows += [_row(state, heard, bare, *_TARGETS.get(state, (None, None))) for state, heard in lively.items()]
    rows += [_row(f"{state}, server without the extension", heard, bare) for state, heard in slow.items()]
    cores = (lively["idle"].kernel_cores,)
    return [*rows, Row("mic_to_speaker", "kernel's processor, idle", cores, "cores", target=0.06)]


def _row(
    name: str, heard: Heard, bare: Heard, target: float | None = None, target_p95: float | None = None
) -> Row:
    return Row(
        "mic_to_speaker",
        name,
        heard.delays,
        peer="bare page",
        peer_values=bare.delays,
        target=target,
        target_p95=target_p95,
        note=_underruns(heard),
    )


def _without_extension(folder: Path) -> dict[str, str | None]:
    config = folder / "jupyter_server_config.d"
    config.mkdir(parents=True)
    off = {"ServerApp": {"jpserver_extensions": {EXTENSION: False}}}
    (config / "off.json").write_text(json.dumps(off))
    return {"JUPYTER_CONFIG_PATH": str(folder)}


def _underruns(heard: Heard) -> str:
    return f"{heard.underruns} underruns"


@dataclass
class _Run:
    playwright: Playwright
    wav: Path
    seconds: float

    async def in_bare_page(self) -> Heard:
        flags = chromium_flags(self.wav, loop=False, grant=True)
        async with bare_echo(BLOCK_MS, STARTUP_MS) as address:
            with harness_page() as url:
                browser = await self.playwright.chromium.launch(executable_path=find_chromium(), args=flags)
                try:
                    return await self._hear_bare(await browser.new_context(), f"{url}?scene=bare&socket={address}")
                finally:
                    await browser.close()

    async def _hear_bare(self, context: BrowserContext, url: str) -> Heard:
        await context.add_init_script(scripts.REMEMBER_MICROPHONES)
        page = await context.new_page()
        await page.goto(url)
        await page.wait_for_selector("body[data-ready]", state="attached")
        await page.mouse.click(10, 10)
        await page.wait_for_function(f"() => ({scripts.PORT_STATS})().some(({{ state }}) => state.active)")
        port = "globalThis[Symbol.for('realtime_widgets.ports')].ports.get('bare')"
        await page.evaluate(f"() => {port}.openMicrophone()")
        speaker = Tap(page, await page.evaluate(scripts.TAP_SPEAKER, 0))
        await speaker.wait_for_sound()
        microphone = Tap(page, await page.evaluate(scripts.TAP_MICROPHONE))
        before = (await page.evaluate(scripts.PORT_STATS))[0]["underruns"]
        await asyncio.sleep(self.seconds)
        after = (await page.evaluate(scripts.PORT_STATS))[0]["underruns"]
        return Heard(await _delays(microphone, speaker), after - before)

    async def in_notebook(
        self, folder: Path, environment: dict[str, str | None], states: list[str]
    ) -> dict[str, Heard]:
        async with (
            notebook_lab(folder, self.playwright, "mic-to-speaker", environment) as lab,
            EchoEndpoint() as endpoint,
        ):
            begin = (
                "import os\nfrom realtime_widgets import RealtimeSession\n"
                f'session = RealtimeSession(endpoint="{endpoint.url}", api_key="test")\n'
                "await session.start()\nprint(os.getpid())\nsession"
            )
            cells = [begin, *(BUSY_CELLS[state].format(seconds=self.seconds) for state in states)]
            page = await lab.open(cells, microphone=self.wav)
            await page.run_cell(0)
            await page.click("button[aria-label*='microphone']")
            speaker = await page.tap_speaker()
            await speaker.wait_for_sound()
            microphone = await page.tap_microphone()
            return {
                state: await self._hear(page, number + 1 if BUSY_CELLS[state] else None, microphone, speaker)
                for number, state in enumerate(states)
            }

    async def _hear(self, page: LabPage, cell: int | None, microphone: Tap, speaker: Tap) -> Heard:
        kernel = psutil.Process(int((await page.output_text(0)).split()[0]))
        await microphone.read(clear=True)
        await speaker.read(clear=True)
        before, used = await _underrun_count(page), kernel.cpu_times()
        if cell is None:
            await asyncio.sleep(self.seconds)
        else:
            await page.run_cell(cell, seconds=self.seconds + 30)
        after, used_after = await _underrun_count(page), kernel.cpu_times()
        cores = (used_after.user + used_after.system - used.user - used.system) / self.seconds
        return Heard(await _delays(microphone, speaker), after - before, cores)


async def _underrun_count(page: LabPage) -> int:
    stats = await page.port_stats()
    return int(stats[0]["underruns"])


async def _delays(microphone: Tap, speaker: Tap) -> tuple[float, ...]:
    """From each burst at the microphone to the first one at the speaker after it."""
    said = (await microphone.read()).onsets(_LEVEL)
    heard = (await speaker.read()).onsets(_LEVEL)
    delays = []
    for at in said[1:-1]:
        after = next((onset for onset in heard if onset > at), None)
        if after is not None:
            delays.append(after - at)
    return tuple(delays)
