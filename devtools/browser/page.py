"""A notebook in JupyterLab for a test: its cells, kernel and windows, its widgets, microphone and loudspeaker."""

from __future__ import annotations

import ast
import asyncio
import base64
import inspect
import json
import re
from typing import TYPE_CHECKING, Any

import nbformat
import numpy as np
import psutil

from devtools.browser import left_behind, life_scripts, microphone_tracks
from devtools.browser import page_scripts as scripts
from devtools.sound.sound import MICROPHONE_RATE, Recording, Samples

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from pathlib import Path

    from playwright.async_api import BrowserContext, ConsoleMessage, Frame, Locator, Page

    from devtools.browser.network import Network

#: Much longer than any step takes, even on a busy machine; a step that takes longer hangs.
PATIENCE_S = 120.0
_THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class CellError(AssertionError):
    """A cell ended with an error; the text is its traceback."""


class Tap:
    """A running recording of the page's loudspeaker or microphone."""

    def __init__(self, page: Page | Frame, index: int) -> None:
        self._page = page
        self._index = index

    async def wait_for_sound(self, milliseconds: float = 0, *, threshold: float = 0.01) -> None:
        """Wait until sound of that total length is heard from now on, not counting pauses."""
        await self._wait(threshold, milliseconds, 0, "no sound came")

    async def wait_for_silence(self, milliseconds: float = 400, *, threshold: float = 0.01) -> None:
        """Wait until there has been silence for that long, from now on."""
        await self._wait(threshold, 0, milliseconds, f"it was not silent for {milliseconds} ms")

    async def _wait(self, threshold: float, loud_ms: float, silent_ms: float, failure: str) -> None:
        heard = await self._page.evaluate(
            scripts.WAIT_FOR_SOUND, [self._index, threshold, loud_ms, silent_ms, PATIENCE_S * 1000]
        )
        assert heard, f"{failure} within {PATIENCE_S:g} s"

    async def read(self, *, clear: bool = False) -> Recording:
        """Return what was recorded until now; with `clear` the page deletes it."""
        data = await self._page.evaluate(scripts.READ_RECORDING, [self._index, clear])
        samples = np.frombuffer(base64.b64decode(data["samples"]), np.float32)
        return Recording(samples, int(data["rate"]), float(data["start"]))

    async def onsets(self, threshold: float = 0.01, gap_ms: float = 60.0, *, clear: bool = False) -> list[float]:
        """Return `Recording.onsets` of the recording so far, computed in the page without delaying it."""
        return list(await self._page.evaluate(scripts.READ_ONSETS, [self._index, threshold, gap_ms, clear]))

    async def end(self) -> None:
        """Stop recording; what was recorded can still be read."""
        await self._page.evaluate(scripts.END_RECORDING, self._index)


async def say(page: Page, samples: Samples, rate: int) -> None:
    """Say float32 samples into the microphone of a page with the script `SPOKEN_MICROPHONE`; wait for the end."""
    text = base64.b64encode(samples.astype(np.float32).tobytes()).decode()
    await page.evaluate(scripts.SAY, [text, rate])


class LabPage:
    """One notebook, open in JupyterLab in one Chromium.

    Attributes
    ----------
    page
        Playwright's page, for everything that has no method here.
    path
        The notebook's file.
    console
        Messages of the page's console, as "kind: text".

    Notes
    -----
    Methods that return a time return milliseconds of the page's clock.
    """

    def __init__(
        self,
        context: BrowserContext,
        page: Page,
        path: Path,
        artifacts: Path,
        network: Network | None = None,
    ) -> None:
        self.context = context
        self.page = page
        self.path = path
        self.artifacts = artifacts
        self._network = network
        self.console: list[str] = []
        context.set_default_timeout(PATIENCE_S * 1000)
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.console.append(f"pageerror: {error.stack or error}"))

    def _on_console(self, message: ConsoleMessage) -> None:
        self.console.append(f"{message.type}: {message.text}")

    async def open(self, url: str) -> None:
        """Go to the notebook and wait until its kernel has answered."""
        await self.page.goto(url)
        await self._ready()

    async def reload(self) -> None:
        """Reload the page, as a user does; the kernel keeps running. Save first to keep the outputs."""
        await self.page.reload()
        await self._ready()

    async def _ready(self) -> None:
        await self.page.wait_for_function("() => globalThis.jupyterapp")
        await self.page.wait_for_selector(".jp-Notebook .jp-Cell")
        await self.page.evaluate(scripts.READY)
        await self._splash_gone()

    async def _splash_gone(self) -> None:
        await self.page.locator("#jupyterlab-splash").wait_for(state="detached")

    # Cells

    async def start_cell(self, index: int, *, expect_error: bool = False) -> Awaitable[None]:
        """Start a cell. Return an awaitable for its end."""
        await self.page.evaluate(scripts.START_CELL, index)
        return asyncio.ensure_future(self._cell_end(index, expect_error))

    async def run_cell(self, index: int, *, expect_error: bool = False) -> None:
        """Run a cell to its end. Raise CellError with the traceback if it fails, unless that is expected."""
        await self.page.evaluate(scripts.START_CELL, index)
        await self._cell_end(index, expect_error)

    async def run_all(self) -> None:
        """Run the code cells from the first to the last; stops at the first that fails."""
        for index, cell in enumerate(nbformat.read(self.path, 4).cells):
            if cell.cell_type == "code":
                await self.run_cell(index)

    async def _cell_end(self, index: int, expect_error: bool) -> None:
        ended = await self.page.evaluate(scripts.CELL_ENDED, [index, PATIENCE_S * 1000])
        assert ended, f"cell {index} did not end within {PATIENCE_S:g} s"
        errors = [output for output in await self.outputs(index) if output["output_type"] == "error"]
        if errors and not expect_error:
            raise CellError(f"cell {index} failed:\n" + _plain("\n".join(errors[0]["traceback"])))
        assert errors or not expect_error, f"cell {index} was expected to fail, and did not"

    async def edit_cell(self, index: int, source: str) -> None:
        """Replace the text of a cell, without running it."""
        await self.page.evaluate(scripts.EDIT_CELL, [index, source.strip("\n")])

    async def show_cell(self, index: int) -> None:
        """Scroll the notebook to a cell."""
        await self.page.evaluate(scripts.SHOW_CELL, index)

    async def clear_output(self, index: int) -> None:
        """Clear a cell's output."""
        await self._command("notebook:clear-cell-output", index)

    async def delete_cell(self, index: int) -> None:
        """Delete a cell; those below it move up by one."""
        await self._command("notebook:delete-cell", index)

    async def collapse_output(self, index: int) -> None:
        """Collapse a cell's output, which stays in the notebook."""
        await self._command("notebook:hide-cell-outputs", index)

    async def expand_output(self, index: int) -> None:
        """Show a collapsed output again."""
        await self._command("notebook:show-cell-outputs", index)

    async def new_view(self, index: int) -> None:
        """Show a cell's output in another place of the page too ("Create New View for Cell Output")."""
        await self._command("notebook:create-output-view", index)

    async def _command(self, command: str, index: int) -> None:
        await self.page.evaluate(life_scripts.COMMAND_ON_CELL, [command, index])

    def cell(self, index: int) -> Locator:
        """Return the cell in the page; JupyterLab removes cells that are far out of view."""
        return self.page.locator(f'.jp-Notebook .jp-Cell[data-windowed-list-index="{index}"]')

    async def outputs(self, index: int) -> list[dict[str, Any]]:
        """Return a cell's outputs, in nbformat."""
        outputs: list[dict[str, Any]] = await self.page.evaluate(scripts.OUTPUTS, index)
        return outputs

    async def output_text(self, index: int) -> str:
        """Return what a cell printed, displayed as text, or raised, without colours."""
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
        """Interrupt the kernel, like the stop button."""
        await self.page.evaluate(scripts.INTERRUPT_KERNEL)

    async def restart_kernel(self) -> None:
        """Restart the kernel and wait until the new one answers."""
        await self.page.evaluate(life_scripts.RESTART_KERNEL)
        await self.page.evaluate(life_scripts.NEW_KERNEL)

    async def shut_down_kernel(self) -> None:
        """Shut the kernel down; the notebook then has none."""
        await self.page.evaluate(life_scripts.SHUT_DOWN_KERNEL)

    async def kill_kernel(self) -> None:
        """Kill the kernel's process as the system does when memory runs out; Jupyter then starts a new one."""
        (await self.find_kernel()).kill()

    async def start_kernel(self) -> None:
        """Start a kernel if the notebook has none, and wait until it answers."""
        await self.page.evaluate(life_scripts.NEW_KERNEL)

    async def find_kernel(self) -> psutil.Process:
        """Return the kernel's process."""
        file = f"kernel-{await self.page.evaluate(life_scripts.KERNEL_ID)}.json"
        (process,) = (each for each in psutil.process_iter() if any(file in word for word in _command_line(each)))
        return process

    async def kernel_status(self) -> str:
        """Return JupyterLab's sign of the kernel: ``idle``, ``busy``, ``restarting``, ``terminated`` and so on."""
        return str(await self.page.evaluate(life_scripts.KERNEL_STATUS))

    async def wait_for_status(self, *statuses: str) -> None:
        """Wait until JupyterLab's sign of the kernel is one of these; see `kernel_status`."""
        await self.page.wait_for_function(
            f"(wanted) => wanted.includes(({life_scripts.KERNEL_STATUS})())", arg=list(statuses)
        )

    async def evaluate_in_kernel(self, expression: str) -> Any:
        """Return the value of an expression, without a trace in the notebook; it waits for a running cell."""
        as_json = f"__import__('json').dumps({expression})"
        answer = await self.page.evaluate(life_scripts.EVALUATE_IN_KERNEL, as_json)
        assert answer["status"] == "ok", _plain("\n".join(answer.get("traceback", [str(answer)])))
        return json.loads(ast.literal_eval(answer["data"]["text/plain"]))

    async def left_in_kernel(self) -> dict[str, Any]:
        """Return what is left in the kernel; see `left_behind.look`. It waits for a running cell."""
        source = inspect.getsource(left_behind)
        look = f"(lambda own: (exec({source!r}, own), own['look']())[1])({{}})"
        return dict(await self.evaluate_in_kernel(look))

    async def watch_kernel_sign(self) -> None:
        """Note from now on each change of the kernel's sign in the toolbar; see `kernel_signs`."""
        await self.page.evaluate(life_scripts.WATCH_KERNEL_SIGN)

    async def kernel_signs(self) -> list[str]:
        """Return the signs since `watch_kernel_sign`, the one that was shown then first."""
        signs: list[str] = await self.page.evaluate(life_scripts.KERNEL_SIGNS)
        return signs

    async def unfinished_messages(self) -> int:
        """Return how many messages to widgets the page keeps because it has not heard that they were handled."""
        return int(await self.page.evaluate(life_scripts.UNFINISHED_MESSAGES))

    async def save(self) -> Any:
        """Save the notebook and return the content of its file."""
        await self.page.evaluate(scripts.SAVE)
        return nbformat.read(self.path, 4)

    # Windows

    async def close_notebook(self) -> None:
        """Close the notebook inside JupyterLab, without saving it; the page and the kernel stay."""
        await self.page.evaluate(life_scripts.CLOSE_NOTEBOOK)

    async def open_notebook(self) -> None:
        """Open the notebook again after `close_notebook`."""
        await self.page.evaluate(life_scripts.OPEN_NOTEBOOK, self.path.name)
        await self._ready()

    async def close(self) -> None:
        """Close the tab of the browser, as a user does."""
        await self.page.close()

    async def crash(self) -> None:
        """Kill the tab's process: the page ends without a word to anyone."""
        crashed = asyncio.Event()
        self.page.once("crash", lambda _: crashed.set())
        devtools = await self.context.new_cdp_session(self.page)
        ending = asyncio.ensure_future(devtools.send("Page.crash"))  # it is never answered
        await crashed.wait()
        ending.cancel()
        await asyncio.gather(ending, return_exceptions=True)

    @property
    def network(self) -> Network:
        """The page's way to Jupyter, which a test can cut; only with `Lab.open(network=True)`."""
        assert self._network is not None, "open the notebook with network=True"
        return self._network

    async def dismiss_dialogs(self) -> list[str]:
        """Accept the dialogs that JupyterLab shows, and return their texts."""
        texts: list[str] = await self.page.evaluate(life_scripts.DISMISS_DIALOGS)
        return texts

    # Widgets

    async def expect(self, selector: str) -> Locator:
        """Wait until the element is visible."""
        locator = self.page.locator(selector).first
        await locator.wait_for(state="visible")
        return locator

    async def click(self, selector: str) -> None:
        """Click as a user does: the element must be visible and enabled."""
        await self.page.locator(selector).first.click()

    async def text(self, selector: str) -> str:
        """Return the visible text of the first such element."""
        return await self.page.locator(selector).first.inner_text()

    # Sound

    async def wait_for_port(self) -> dict[str, Any]:
        """Wait until the page has an active audio port and return its numbers."""
        await self.page.wait_for_function(f"() => ({scripts.PORT_STATS})().some(({{ state }}) => state.active)")
        return next(port for port in await self.port_stats() if port["state"]["active"])

    async def port_stats(self) -> list[dict[str, Any]]:
        """Return the public numbers and state of each audio port in the page."""
        stats: list[dict[str, Any]] = await self.page.evaluate(scripts.PORT_STATS)
        return stats

    async def tap_speaker(self, *, newest: bool = False) -> Tap:
        """Record the real output of the player's worklet from now on; of several players, the newest."""
        await self.wait_for_port()
        return Tap(self.page, await self.page.evaluate(scripts.TAP_SPEAKER, newest))

    async def tap_microphone(self) -> Tap:
        """Record the microphone from now on; it must be open."""
        return Tap(self.page, await self.page.evaluate(scripts.TAP_MICROPHONE))

    async def say(self, samples: Samples, rate: int = MICROPHONE_RATE) -> None:
        """Say float32 samples into the microphone of `Lab.open(spoken=True)`, and wait until they were said."""
        await say(self.page, samples, rate)

    async def live_tracks(self) -> int:
        """Return how many tracks of microphones are live in the page, whoever holds them."""
        return int(await self.page.evaluate(microphone_tracks.LIVE_TRACKS))

    async def wait_for_tracks(self, number: int, *, since: float | None = None) -> float:
        """Wait until this number of tracks is live. Return how long after `since` (default: now) it became so.

        0 if it was so already. `now_ms` before what should change it is the right `since`.
        """
        begin = await self.now_ms() if since is None else since
        changed = await self.page.evaluate(microphone_tracks.UNTIL_TRACKS, [number, PATIENCE_S * 1000])
        assert changed is not None, f"{await self.live_tracks()} tracks of microphones are live, not {number}"
        return max(0.0, float(changed) - begin)

    async def track_changes(self) -> list[tuple[float, int]]:
        """Return when the number of live tracks changed in this page, and to what."""
        changes = await self.page.evaluate(microphone_tracks.TRACK_CHANGES)
        return [(change["at"], change["live"]) for change in changes]

    async def unplug_microphone(self) -> int:
        """End the live tracks as if their device was unplugged. Return how many there were."""
        return int(await self.page.evaluate(microphone_tracks.UNPLUG))

    async def now_ms(self) -> float:
        """Return the time on the page's clock, which recordings use too."""
        return float(await self.page.evaluate("() => performance.now()"))

    # Looks

    async def set_theme(self, theme: str) -> None:
        """Set the theme, ``light`` or ``dark``."""
        await self.page.evaluate(scripts.SET_THEME, _THEMES[theme])
        await self._splash_gone()

    async def screenshot(self, name: str, selector: str | None = None) -> Path:
        """Save a picture of the page or of one element in the test's folder of artifacts."""
        self.artifacts.mkdir(parents=True, exist_ok=True)
        path = self.artifacts / f"{name}.png"
        if selector is None:
            await self.page.screenshot(path=path)
        else:
            await self.page.locator(selector).first.screenshot(path=path)
        return path


def _command_line(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def _plain(text: str) -> str:
    return _COLOURS.sub("", text)
