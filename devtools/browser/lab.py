"""Opens notebooks in JupyterLab, each in a separate Chromium, and keeps screenshots and logs of failed tests."""

from __future__ import annotations

import asyncio
import os
import shutil
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

from playwright.async_api import Error, Playwright

from devtools.browser import microphone_tracks
from devtools.browser import page_scripts as scripts
from devtools.browser.chromium import chromium_flags, find_chromium
from devtools.browser.network import Network
from devtools.browser.notebooks import write_notebook
from devtools.browser.page import LabPage

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from playwright.async_api import Browser, BrowserContext

    from devtools.browser.jupyter import JupyterServer


class Lab:
    """Opens notebooks in JupyterLab for one test; returned by the fixture `lab`.

    Attributes
    ----------
    server
        The JupyterLab.
    pages
        The notebooks that this test has opened.
    artifacts
        This test's folder for screenshots and logs.
    """

    def __init__(self, server: JupyterServer, playwright: Playwright, name: str, artifacts: Path) -> None:
        self.server = server
        self.pages: list[LabPage] = []
        self.artifacts = artifacts
        self._playwright = playwright
        self._name = name
        self._browsers: list[Browser] = []
        self._networks = AsyncExitStack()

    async def open(
        self,
        cells: Iterable[Any] | Path,
        *,
        microphone: Path | None = None,
        spoken: bool = False,
        permission: bool = True,
        theme: str = "light",
        size: tuple[int, int] = (1280, 900),
        network: bool = False,
    ) -> LabPage:
        """Write a notebook, open it in a new Chromium, and wait until its kernel has answered.

        Parameters
        ----------
        cells
            Cells (strings are code), or the path of a notebook to copy.
        microphone
            WAV that the microphone plays from its first opening on; by default Chromium's beep once a second.
        spoken
            Whether the microphone plays what `LabPage.say` says instead of a WAV, so that a test can speak when
            something has happened in the page, however long that takes.
        permission
            Whether the page may use the microphone; with False, opening it fails.
        theme
            ``light`` or ``dark``.
        size
            Width and height of the window, in pixels.
        network
            Whether the page reaches Jupyter by a `Network` that the test can cut.
        """
        path = self.server.notebooks / f"{self._name}-{len(self.pages)}.ipynb"
        if isinstance(cells, os.PathLike):
            shutil.copyfile(cells, path)
        else:
            write_notebook(path, cells)
        browser = await self._playwright.chromium.launch(
            executable_path=find_chromium(), args=chromium_flags(microphone, grant=permission)
        )
        self._browsers.append(browser)
        context = await _new_context(browser, size, spoken=spoken)
        way = await self._networks.enter_async_context(Network(self.server.url)) if network else None
        return await self._open(context, path, theme, way)

    async def open_again(self, page: LabPage, *, elsewhere: bool = False, spoken: bool = False) -> LabPage:
        """Open the notebook of a page again, with the same kernel. Save it first to have its outputs there.

        Parameters
        ----------
        page
            The first page.
        elsewhere
            Whether it is opened as in somebody else's browser, which shares nothing with the first one, instead of
            in another tab.
        spoken
            As for `open`; another tab has what the first one has.
        """
        browser, size = page.context.browser, page.page.viewport_size
        assert browser is not None
        assert size is not None
        context = page.context
        if elsewhere:
            context = await _new_context(browser, (size["width"], size["height"]), spoken=spoken)
        return await self._open(context, page.path)

    async def _open(
        self, context: BrowserContext, path: Path, theme: str = "light", network: Network | None = None
    ) -> LabPage:
        page = LabPage(context, await context.new_page(), path, self.artifacts, network)
        self.pages.append(page)
        workspace = f"{path.stem}-{len(self.pages)}"
        url = self.server.url if network is None else network.url
        await page.open(f"{url}/lab/workspaces/{workspace}/tree/{path.name}?token={self.server.token}")
        await page.set_theme(theme)
        return page

    async def keep_evidence(self) -> None:
        """Write screenshots, consoles and Jupyter's log, for a test that failed."""
        self.artifacts.mkdir(parents=True, exist_ok=True)
        (self.artifacts / "jupyter.log").write_text(self.server.tail(100_000))
        for number, page in enumerate(self.pages):
            (self.artifacts / f"console-{number}.txt").write_text("\n".join(page.console))
            try:
                await page.screenshot(f"failed-{number}")
            except Error as error:
                (self.artifacts / f"failed-{number}.txt").write_text(str(error))

    async def close(self) -> None:
        """Close every Chromium of this test and end its kernels."""
        for browser in self._browsers:
            await browser.close()
        await self._networks.aclose()
        await asyncio.to_thread(self.server.end_kernels, f"{self._name}-")


async def _new_context(browser: Browser, size: tuple[int, int], *, spoken: bool) -> BrowserContext:
    context = await browser.new_context(viewport={"width": size[0], "height": size[1]})
    if spoken:
        await context.add_init_script(scripts.SPOKEN_MICROPHONE)
    await context.add_init_script(microphone_tracks.REMEMBER_MICROPHONES)
    return context
