"""A notebook in JupyterLab as a test sees it: run, edit, read, click, listen, look."""

from __future__ import annotations

import asyncio
import base64
import re
from typing import TYPE_CHECKING, Any

import nbformat
import numpy as np

from tests.support import page_scripts as scripts
from tests.support.sound import Recording

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from pathlib import Path

    from playwright.async_api import BrowserContext, ConsoleMessage, Frame, Locator, Page

_CELL_SECONDS = 60.0
_THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class CellError(AssertionError):
    """A cell ended with an error; the text is its traceback."""


class Tap:
    """A running recording of what goes through the page's loudspeaker or microphone."""

    def __init__(self, page: Page | Frame, index: int) -> None:
        self._page = page
        self._index = index

    async def wait_for_sound(self, *, threshold: float = 0.01, seconds: float = 30.0) -> None:
        """Wait until something is heard from now on."""
        await self._wait(threshold, 0, seconds, "no sound came")

    async def wait_for_silence(
        self, milliseconds: float = 400, *, threshold: float = 0.01, seconds: float = 60.0
    ) -> None:
        """Wait until it has been silent for that long, from now on."""
        await self._wait(threshold, milliseconds, seconds, f"it was not silent for {milliseconds} ms")

    async def _wait(self, threshold: float, silent_ms: float, seconds: float, failure: str) -> None:
        heard = await self._page.evaluate(
            scripts.WAIT_FOR_SOUND, [self._index, threshold, silent_ms, seconds * 1000]
        )
        assert heard, f"{failure} within {seconds:g} s"

    async def read(self, *, clear: bool = False) -> Recording:
        """What was recorded until now; with `clear` it is forgotten in the page."""
        data = await self._page.evaluate(scripts.READ_RECORDING, [self._index, clear])
        samples = np.frombuffer(base64.b64decode(data["samples"]), np.float32)
        return Recording(samples, int(data["rate"]), float(data["start"]))

    async def onsets(self, threshold: float = 0.01, gap_ms: float = 60.0, *, clear: bool = False) -> list[float]:
        """`Recording.onsets` of what was recorded until now, found in the page, which is not held up by that."""
        return list(await self._page.evaluate(scripts.READ_ONSETS, [self._index, threshold, gap_ms, clear]))

    async def end(self) -> None:
        """Stop recording; what was recorded can still be read."""
        await self._page.evaluate(scripts.END_RECORDING, self._index)


class LabPage:
    """One notebook, open in JupyterLab in one Chromium.

    Attributes
    ----------
    page
        Playwright's page, for everything that has no method here.
    path
        The notebook's file.
    console
        What the page wrote to its console, as "kind: text".
    """

    def __init__(self, context: BrowserContext, page: Page, path: Path, artifacts: Path) -> None:
        self.context = context
        self.page = page
        self.path = path
        self.artifacts = artifacts
        self.console: list[str] = []
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.console.append(f"pageerror: {error.stack or error}"))

    def _on_console(self, message: ConsoleMessage) -> None:
        self.console.append(f"{message.type}: {message.text}")

    async def open(self, url: str) -> None:
        """Go to the notebook and wait until its kernel has answered."""
        await self.page.goto(url)
        await self._ready()

    async def reload(self) -> None:
        """Load the page again, as a person does; the kernel lives on. Save first to keep the outputs."""
        await self.page.reload()
        await self._ready()

    async def _ready(self) -> None:
        await self.page.wait_for_function("() => globalThis.jupyterapp", timeout=60_000)
        await self.page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
        await self.page.evaluate(scripts.READY)
        await self._splash_gone()

    async def _splash_gone(self) -> None:
        await self.page.locator("#jupyterlab-splash").wait_for(state="detached")

    # Cells

    async def start_cell(self, index: int, *, expect_error: bool = False) -> Awaitable[None]:
        """Start a cell and give back an awaitable of its end."""
        await self.page.evaluate(scripts.START_CELL, index)
        return asyncio.ensure_future(self._cell_end(index, _CELL_SECONDS, expect_error))

    async def run_cell(self, index: int, *, seconds: float = _CELL_SECONDS, expect_error: bool = False) -> None:
        """Run a cell to its end; CellError with the traceback where it fails, unless that is expected."""
        await self.page.evaluate(scripts.START_CELL, index)
        await self._cell_end(index, seconds, expect_error)

    async def run_all(self) -> None:
        """Run the code cells from the first to the last; stops at the first that fails."""
        for index, cell in enumerate(nbformat.read(self.path, 4).cells):
            if cell.cell_type == "code":
                await self.run_cell(index)

    async def _cell_end(self, index: int, seconds: float, expect_error: bool) -> None:
        ended = await self.page.evaluate(scripts.CELL_ENDED, [index, seconds * 1000])
        assert ended, f"cell {index} did not end within {seconds:g} s"
        errors = [output for output in await self.outputs(index) if output["output_type"] == "error"]
        if errors and not expect_error:
            raise CellError(f"cell {index} failed:\n" + _plain("\n".join(errors[0]["traceback"])))
        assert errors or not expect_error, f"cell {index} was expected to fail, and did not"

    async def edit_cell(self, index: int, source: str) -> None:
        """Put another text into a cell; run it to let it count."""
        await self.page.evaluate(scripts.EDIT_CELL, [index, source.strip("\n")])

    async def show_cell(self, index: int) -> None:
        """Scroll the notebook to a cell."""
        await self.page.evaluate(scripts.SHOW_CELL, index)

    def cell(self, index: int) -> Locator:
        """The cell in the page; JupyterLab takes cells far out of sight out of the page."""
        return self.page.locator(f'.jp-Notebook .jp-Cell[data-windowed-list-index="{index}"]')

    async def outputs(self, index: int) -> list[dict[str, Any]]:
        """A cell's outputs, as nbformat has them."""
        outputs: list[dict[str, Any]] = await self.page.evaluate(scripts.OUTPUTS, index)
        return outputs

    async def output_text(self, index: int) -> str:
        """What a cell printed, showed as text, or raised, without colours."""
        parts: list[str] = []
        for output in await self.outputs(index):
            if output["output_type"] == "stream":
                parts.append(_joined(output["text"]))
            elif output["output_type"] == "error":
                parts.append("\n".join(output["traceback"]))
            else:
                parts.append(_joined(output["data"].get("text/plain", "")))
        return _plain("".join(parts)).strip()

    # The kernel and the file

    async def interrupt_kernel(self) -> None:
        """The stop button."""
        await self.page.evaluate(scripts.INTERRUPT_KERNEL)

    async def save(self) -> Any:
        """Save the notebook; gives what now is in the file."""
        await self.page.evaluate(scripts.SAVE)
        return nbformat.read(self.path, 4)

    # Widgets

    async def expect(self, selector: str, *, seconds: float = 30.0) -> Locator:
        """Wait until the element is visible."""
        locator = self.page.locator(selector).first
        await locator.wait_for(state="visible", timeout=seconds * 1000)
        return locator

    async def click(self, selector: str) -> None:
        """Click as a person does: the element must be visible and enabled."""
        await self.page.locator(selector).first.click()

    async def text(self, selector: str) -> str:
        """Text of the first such element, as it is seen."""
        return await self.page.locator(selector).first.inner_text()

    # Sound

    async def wait_for_port(self, *, seconds: float = 30.0) -> dict[str, Any]:
        """Wait until the page has an active audio port; gives its numbers."""
        await self.page.wait_for_function(
            f"() => ({scripts.PORT_STATS})().some(({{ state }}) => state.active)", timeout=seconds * 1000
        )
        return next(port for port in await self.port_stats() if port["state"]["active"])

    async def port_stats(self) -> list[dict[str, Any]]:
        """Public numbers and state of each audio port in the page."""
        stats: list[dict[str, Any]] = await self.page.evaluate(scripts.PORT_STATS)
        return stats

    async def tap_speaker(self, *, newest: bool = False) -> Tap:
        """Record from now on what the player's worklet really puts out; of several players, only the newest's."""
        await self.wait_for_port()
        return Tap(self.page, await self.page.evaluate(scripts.TAP_SPEAKER, newest))

    async def tap_microphone(self) -> Tap:
        """Record from now on what the microphone hears; it must be open."""
        return Tap(self.page, await self.page.evaluate(scripts.TAP_MICROPHONE))

    async def microphone_opened_ms(self) -> float:
        """When the microphone was last opened: the page's clock, and the start of its WAV.

        The WAV starts with the page's first opening only; later ones find it where it is by then.
        """
        return float(await self.page.evaluate("() => globalThis.__testMicrophones.at(-1).at"))

    # Looks

    async def set_theme(self, theme: str) -> None:
        """``light`` or ``dark``."""
        await self.page.evaluate(scripts.SET_THEME, _THEMES[theme])
        await self._splash_gone()

    async def screenshot(self, name: str, selector: str | None = None) -> Path:
        """A picture of the page, or of one element, in the test's folder of artifacts."""
        self.artifacts.mkdir(parents=True, exist_ok=True)
        path = self.artifacts / f"{name}.png"
        if selector is None:
            await self.page.screenshot(path=path)
        else:
            await self.page.locator(selector).first.screenshot(path=path)
        return path


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def _plain(text: str) -> str:
    return _COLOURS.sub("", text)
