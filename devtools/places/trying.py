"""Tries a front end: its page in Chromium, a microphone, an echo that is heard, a busy kernel, a reload."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import ssl
import subprocess
import sys
import time
from dataclasses import dataclass, fields
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

from playwright.async_api import Error, async_playwright

from devtools.browser import page_scripts as scripts
from devtools.browser.chromium import chromium_flags, find_chromium
from devtools.browser.jupyter import free_port
from devtools.browser.page import Tap
from devtools.endpoints.echo import EchoEndpoint
from devtools.environments.environments import environment_python
from devtools.sound.sound import microphone_wav, tone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.async_api import Page

    from devtools.places.places import Place

#: Longest time until a server answers, a page shows the console, and a burst is heard, in seconds.
_START_S, _SHOW_S, _HEAR_S = 60.0, 60.0, 15.0
#: How long the kernel's main thread is kept busy, in seconds.
_BUSY_S = 5.0
_PORTS = "[...(globalThis[Symbol.for('realtime_widgets.ports')]?.ports.values() ?? [])]"
#: The session of every place, and a kernel that keeps its main thread busy once a file is there.
_SOURCE = """\
from realtime_widgets import RealtimeSession
session = RealtimeSession(endpoint="{url}", api_key="test")
import asyncio
def look():
    import asyncio, os, time  # a script's names may be gone by then
    if os.path.exists("{flag}"):
        os.remove("{flag}")
        time.sleep({busy_s})
    else:
        asyncio.get_running_loop().call_later(0.2, look)
try:
    asyncio.get_running_loop().call_later(0.2, look)
except RuntimeError:
    open("{flag}.none", "w").close()"""


@dataclass
class Found:
    """What was seen in a front end; None if it was not tried, because what comes before it failed.

    Attributes
    ----------
    version
        Of the front end.
    console
        Whether the console was shown.
    echo
        Whether what the microphone heard came back to the player.
    lane
        Over which way the sound went: ``direct``, or ``comm``.
    busy
        Whether that went on while the kernel's main thread was busy.
    again
        Whether it talked again after a reload of the page.
    problem
        What went wrong first.
    """

    version: str = ""
    console: bool | None = None
    echo: bool | None = None
    lane: str | None = None
    busy: bool | None = None
    again: bool | None = None
    problem: str = ""

    def cells(self) -> list[str]:
        """Return the columns of the table."""
        words = {True: "yes", False: "no", None: "not tried"}
        return [
            words[value] if isinstance(value := getattr(self, field.name), bool | None) else value
            for field in fields(self)
        ]


async def try_place(place: Place, environment: Path, folder: Path) -> Found:
    """Start a front end and talk in it.

    Parameters
    ----------
    place
        The front end.
    environment
        The environment with its packages.
    folder
        A folder for its files and screenshots, which is made.
    """
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    found = Found(version=_version(environment, place.packages[0]))
    bursts = [(1 + i, tone(0.1, level=0.5)) for i in range(200)]
    microphone = microphone_wav(folder / "bursts.wav", bursts, seconds=205)
    async with EchoEndpoint() as endpoint, async_playwright() as playwright:
        flag = folder / "busy"
        source = _SOURCE.format(url=endpoint.url, flag=flag, busy_s=_BUSY_S)
        file = folder / place.file
        await asyncio.to_thread(file.write_text, place.write(source))
        with _serving(place, environment, file) as url:
            browser = await playwright.chromium.launch(
                executable_path=find_chromium(), args=chromium_flags(microphone, grant=True)
            )
            page = await browser.new_page(
                viewport={"width": 1280, "height": 900}, ignore_https_errors=place.certificate
            )
            try:
                await _talk(page, url, place, flag, found)
            except (Error, TimeoutError) as error:
                found.problem = str(error).splitlines()[0]
                await page.screenshot(path=folder / "failed.png")
            finally:
                await browser.close()
    return found


async def _talk(page: Page, url: str, place: Place, flag: Path, found: Found) -> None:
    await page.goto(url)
    found.console = False
    if place.editor:
        await _run_cell(page, place)
    await _console(page)
    found.console = True
    await page.screenshot(path=flag.with_name("console.png"))
    found.echo = False
    speaker = await _open_microphone(page)
    await speaker.wait_for_sound()
    found.echo = True
    with contextlib.suppress(Error):  # it comes by itself, a moment later
        await page.wait_for_function(f"() => {_PORTS}.some(({{ state }}) => state.laneMs !== null)", timeout=5000)
    direct = await page.evaluate(f"() => {_PORTS}.some(({{ state }}) => state.laneMs !== null)")
    found.lane = "direct" if direct else "comm"
    await page.screenshot(path=flag.with_name("talk.png"))
    if await asyncio.to_thread(_keep_busy, flag):
        await speaker.read(clear=True)
        await asyncio.sleep(_BUSY_S - 1)
        found.busy = len(await speaker.onsets(0.1)) >= 2
    found.again = False
    await page.reload()
    if place.editor:  # not every editor makes a cell's output again
        await _run_cell(page, place)
    await _console(page)
    await (await _open_microphone(page)).wait_for_sound()
    found.again = True


def _keep_busy(flag: Path) -> bool:
    """Wait until the kernel's main thread is busy; return False if it has no loop that looks for the file."""
    if flag.with_name(f"{flag.name}.none").exists():
        return False
    flag.touch()
    while flag.exists():
        time.sleep(0.05)
    return True


async def _run_cell(page: Page, place: Place) -> None:
    await page.locator(place.editor).first.click(timeout=1000 * _SHOW_S)
    if place.ready:
        await page.locator(place.ready).first.wait_for(state="attached", timeout=1000 * _SHOW_S)
    await page.keyboard.press("Shift+Enter")


async def _console(page: Page) -> None:
    await page.locator("button[aria-label*='microphone']").last.wait_for(timeout=1000 * _SHOW_S)


async def _open_microphone(page: Page) -> Tap:
    await page.locator("button[aria-label*='microphone']").last.click()
    await page.wait_for_function(
        f"() => {_PORTS}.some(({{ state }}) => state.active && state.microphone === 'on')", timeout=1000 * _HEAR_S
    )
    return Tap(page, await page.evaluate(scripts.TAP_SPEAKER, True))


@contextlib.contextmanager
def _serving(place: Place, environment: Path, file: Path) -> Iterator[str]:
    port = free_port()
    own = {
        "JUPYTER_CONFIG_DIR": str(file.parent / "config"),
        "JUPYTER_RUNTIME_DIR": str(file.parent / "runtime"),
        "JUPYTER_DATA_DIR": str(file.parent / "data"),
        "JUPYTER_CONFIG_PATH": str(Path(sys.prefix) / "etc/jupyter"),
        "IPYTHONDIR": str(file.parent / "ipython"),
    }
    with (file.parent / "server.log").open("wb") as log:
        process = subprocess.Popen(
            place.command(environment_python(environment), file, port),
            cwd=file.parent,
            env={**os.environ, **own},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            url = f"http{'s' * place.certificate}://127.0.0.1:{port}{place.path}"
            _wait(url, process)
            yield url
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise TimeoutError(f"the server ended with status {process.returncode}; see server.log")
        try:
            urlopen(url, timeout=30, context=_trusting()).close()
            return
        except (URLError, ConnectionError):
            time.sleep(0.2)
    raise TimeoutError("the server does not answer")


def _trusting() -> ssl.SSLContext:
    """Accept the certificate of a server that was started here."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _version(environment: Path, package: str) -> str:
    [folder] = environment.glob("lib/python*/site-packages")
    for found in metadata.distributions(name=package, path=[str(folder), *sys.path]):
        return f"{package} {found.version}"
    return package
