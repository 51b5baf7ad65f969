"""Microphone to speaker through JupyterLab and kernel to an echo, compared with the least that a page can do.

A fake microphone plays tone bursts; audio worklets of the page record both ends, on the page's clock. The latency
of sound devices is not included. The floor is a page that shares nothing with ours (`plain_page.html`). On the
direct lane: with an idle kernel and with cells that keep it busy, with messages of several lengths, with several
start-up buffers, and without the server extension. Over the comm: with an idle kernel, compared with the same
worklets in a bare page too. Each echo is restarted before it is measured, as every answer starts afresh.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import tempfile
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from playwright.async_api import async_playwright

from benchmarks.rows import Row
from benchmarks.support.bare_page import LANE, Sound, bare_echo, harness_page
from benchmarks.support.busy_cells import BUSY_CELLS
from benchmarks.support.needs import browser_with_plain_page
from benchmarks.support.notebook_lab import notebook_lab
from benchmarks.support.plain_page import plain_page
from devtools.browser import microphone_tracks
from devtools.browser import page_scripts as scripts
from devtools.browser.chromium import chromium_flags, find_chromium
from devtools.browser.page import Tap
from devtools.endpoints.echo import EchoEndpoint
from devtools.sound.bursts import burst_delays, burst_wav
from realtime_widgets.jupyter.server_extension import NAME as EXTENSION

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Page, Playwright

    from devtools.browser.page import LabPage

#: Time from the start of a new echo until it is steady, in seconds.
_SETTLE_S = 2.5
#: Time after which a page that was just opened has settled, in seconds.
_WARM_S = 8.0
#: Acceptable ratios on the lane to the plain page, of the median and of the 95th percentile.
_TARGETS = {"idle": (1.4, 1.8), "cell sleeps": (1.5, None), "Python loop": (2.0, None)}
#: The same over the comm, to the bare page.
_COMM_TARGET = (1.3, 1.6)
_MESSAGES_MS = (10.0, 20.0, 40.0, 100.0)
_STARTUPS_MS = (0.0, 20.0, 100.0, 200.0)
#: Running a cell would delay the page, so each audio setting begins with the end of the previous echo.
_PREPARE = """
import os
import realtime_widgets.widgets.sound.port as port
from realtime_widgets import RealtimeSession
from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.widgets.sound.port import port_of
session = RealtimeSession(endpoint="{url}", api_key="test")
await session.start()
sounds = iter({sounds})
ended = set()
def next_sound():
    for response in session.runtime.core.conversation.responses.values():
        if response.status == "completed" and response.id not in ended:
            ended.add(response.id)
            port.BLOCK_MS, port.GROUP_MS, port.STARTUP_MS = next(sounds)
            port.LANE_GROUP_MS, port.LANE_STARTUP_MS = port.GROUP_MS, port.STARTUP_MS
            port_of(session).configure("open")
shared_engine().call(session.runtime.observe, next_sound)
print(os.getpid())
session
"""
#: A kernel that offers no lane.
_COMM_ONLY = """
from realtime_widgets.widgets.sound.lanes import PageLanes
async def offer_none(self, page_id):
    pass
PageLanes._offer = offer_none
"""


@dataclass(frozen=True)
class Heard:
    """Delays in milliseconds, underruns of the player, and the kernel's share of a processor."""

    delays: tuple[float, ...]
    underruns: int
    kernel_cores: float | None = None

    @property
    def note(self) -> str:
        """The counts that are shown beside the delays."""
        cores = "" if self.kernel_cores is None else f", kernel {self.kernel_cores:.3f} cores"
        return f"{self.underruns} underruns{cores}"


@dataclass(frozen=True)
class Setting:
    """What the kernel does, and how the audio is sent."""

    cell: str = "idle"
    sound: Sound = LANE


def prepare(quick: bool) -> None:
    """Find Chromium and build the plain page."""
    browser_with_plain_page()


def measure(quick: bool) -> list[Row]:
    """Measure the bare page, and the notebook with each state of its kernel."""
    return asyncio.run(_measure(quick))


async def _measure(quick: bool) -> list[Row]:
    seconds, sweep_seconds = (8.0, 0.0) if quick else (20.0, 8.0)
    states = [Setting(cell) for cell in (list(BUSY_CELLS)[:3] if quick else BUSY_CELLS)]
    sounds = {} if quick else _sounds()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with async_playwright() as playwright:
            run = Run(playwright, folder)
            plain = await run.in_plain_page(seconds)
            found = await run.in_notebook("states", states, seconds)
            bare = await run.in_bare_page(Sound(), seconds)
            [comm] = await run.in_notebook("comm", [Setting(sound=Sound())], seconds, first=_COMM_ONLY)
            swept = await run.in_notebook("sounds", [Setting(sound=each) for each in sounds], sweep_seconds)
            if not quick:
                off = _without_extension(folder / "config")
                [direct] = await run.in_notebook("direct", [Setting()], seconds, environment=off)
    rows = [Row("mic_to_speaker", "plain page, 20 ms a message", plain.delays)]
    for state, heard in zip(states, found, strict=True):
        rows.append(_row(state.cell, heard, plain, *_TARGETS.get(state.cell, (None, None))))
    rows.append(_cores(found[0]))
    rows.append(Row("mic_to_speaker", "bare page, 60 ms a message", bare.delays, note=bare.note))
    rows.append(_row("idle, over the comm", comm, bare, *_COMM_TARGET, peer="bare page"))
    rows.append(_row("idle, over the comm, to the plain page", comm, plain))
    if not quick:
        rows.append(_row("idle, lane to the kernel itself", direct, plain))
    for words, heard in zip(sounds.values(), swept, strict=True):
        rows.append(_row(f"idle, {words}", heard, plain))
    return rows


def _sounds() -> dict[Sound, str]:
    """Return settings other than the package's own, by name."""
    own = LANE
    messages = {
        replace(own, block_ms=min(own.block_ms, ms), group_ms=ms): f"messages of {ms:g} ms" for ms in _MESSAGES_MS
    }
    return messages | {
        replace(own, startup_ms=ms): f"start-up buffer of {ms:g} ms at first" for ms in _STARTUPS_MS
    }


def _row(
    name: str,
    heard: Heard,
    floor: Heard,
    target: float | None = None,
    target_p95: float | None = None,
    *,
    peer: str = "plain page",
) -> Row:
    return Row(
        "mic_to_speaker",
        name,
        heard.delays,
        peer=peer,
        peer_values=floor.delays,
        target=target,
        target_p95=target_p95,
        note=heard.note,
    )


def _cores(heard: Heard) -> Row:
    assert heard.kernel_cores is not None
    name = "kernel's processor of a duplex talk, idle"
    return Row("mic_to_speaker", name, (heard.kernel_cores,), "cores", target=0.03)


def _without_extension(folder: Path) -> dict[str, str | None]:
    config = folder / "jupyter_server_config.d"
    config.mkdir(parents=True)
    off = {"ServerApp": {"jpserver_extensions": {EXTENSION: False}}}
    (config / "off.json").write_text(json.dumps(off))
    return {"JUPYTER_CONFIG_PATH": str(folder)}


class Run:
    """Records bursts from a fake microphone, in pages that it opens.

    Parameters
    ----------
    playwright
        Playwright, which controls Chromium.
    folder
        Folder for the files of the run.

    Attributes
    ----------
    wav
        The file that the microphone plays.
    """

    def __init__(self, playwright: Playwright, folder: Path) -> None:
        self._playwright = playwright
        self._folder = folder
        self.wav = burst_wav(folder / "bursts.wav")

    async def in_plain_page(self, seconds: float) -> Heard:
        """Record in a page that shares nothing with ours."""
        async with plain_page(self._playwright, self.wav) as page:
            return await _heard_in(page, seconds)

    async def in_bare_page(self, sound: Sound, seconds: float) -> Heard:
        """Record in a page whose port talks to a plain WebSocket."""
        async with self._bare_page(sound) as page:
            return await _heard_in(page, seconds)

    @contextlib.asynccontextmanager
    async def _bare_page(self, sound: Sound) -> AsyncIterator[Page]:
        flags = chromium_flags(self.wav, grant=True)
        async with bare_echo(sound) as address:
            with harness_page() as url:
                browser = await self._playwright.chromium.launch(executable_path=find_chromium(), args=flags)
                try:
                    page = await browser.new_page()
                    await page.add_init_script(microphone_tracks.REMEMBER_MICROPHONES)
                    await page.goto(f"{url}?scene=bare&socket={address}")
                    await page.wait_for_selector("body[data-ready]", state="attached")
                    await page.mouse.click(10, 10)
                    await page.wait_for_function(
                        f"() => ({scripts.PORT_STATS})().some(({{ state }}) => state.active)"
                    )
                    port = "globalThis[Symbol.for('realtime_widgets.ports')].ports.get('bare')"
                    await page.evaluate(f"() => {port}.openMicrophone()")
                    yield page
                finally:
                    await browser.close()

    async def in_notebook(
        self,
        name: str,
        settings: list[Setting],
        seconds: float,
        *,
        environment: dict[str, str | None] | None = None,
        first: str = "",
    ) -> list[Heard]:
        """Record in a new JupyterLab, for `seconds` in each setting."""
        if not settings:
            return []
        async with (
            notebook_lab(self._folder / name, self._playwright, "mic-to-speaker", environment) as lab,
            EchoEndpoint() as endpoint,
        ):
            busy = seconds + _SETTLE_S + 1
            sounds = [astuple(setting.sound) for setting in settings]
            cells = [first + _PREPARE.format(url=endpoint.url, sounds=sounds)]
            cells += [BUSY_CELLS[setting.cell].format(seconds=busy) for setting in settings]
            page = await lab.open(cells, microphone=self.wav)
            await page.run_cell(0)
            await page.click("button[aria-label*='microphone']")
            speaker = await page.tap_speaker()
            await speaker.wait_for_sound()
            microphone = await page.tap_microphone()
            await asyncio.sleep(_WARM_S)
            found = []
            for number, setting in enumerate(settings):
                over = await page.start_cell(1 + number) if BUSY_CELLS[setting.cell] else None
                endpoint.restart()
                await asyncio.sleep(_SETTLE_S)
                found.append(await _hear_with_kernel(page, microphone, speaker, seconds))
                if over is not None:
                    await over
            return found


async def _heard_in(page: Page, seconds: float) -> Heard:
    speaker = Tap(page, await page.evaluate(scripts.TAP_SPEAKER, False))
    await speaker.wait_for_sound()
    microphone = Tap(page, await page.evaluate(scripts.TAP_MICROPHONE))
    await asyncio.sleep(_SETTLE_S)
    return await _hear(page, microphone, speaker, seconds)


async def _hear_with_kernel(page: LabPage, microphone: Tap, speaker: Tap, seconds: float) -> Heard:
    kernel = psutil.Process(int((await page.output_text(0)).split()[0]))
    used = kernel.cpu_times()
    heard = await _hear(page.page, microphone, speaker, seconds)
    used_after = kernel.cpu_times()
    cores = (used_after.user + used_after.system - used.user - used.system) / seconds
    return replace(heard, kernel_cores=cores)


async def _hear(page: Page, microphone: Tap, speaker: Tap, seconds: float) -> Heard:
    for tap in (microphone, speaker):
        await tap.onsets(clear=True)
    before = await _underrun_count(page)
    await asyncio.sleep(seconds)
    after = await _underrun_count(page)
    return Heard(await burst_delays(microphone, speaker), after - before)


async def _underrun_count(page: Page) -> int:
    stats = await page.evaluate(scripts.PORT_STATS)
    return int(stats[0]["underruns"])
