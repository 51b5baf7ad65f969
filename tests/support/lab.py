"""Opens notebooks in JupyterLab, each in a Chromium of its own, and keeps what a failed test left behind."""

from __future__ import annotations

import asyncio
import os
import shutil
from typing import TYPE_CHECKING, Any

from playwright.async_api import Error, Playwright

from tests.support import page_scripts as scripts
from tests.support.chromium import chromium_flags, find_chromium
from tests.support.notebooks import write_notebook
from tests.support.page import LabPage

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from playwright.async_api import Browser

    from tests.support.jupyter import JupyterServer


class Lab:
    """What the fixture `lab` gives: one test's way into JupyterLab.

    Attributes
    ----------
    server
        The JupyterLab.
    pages
        The notebooks this test has opened.
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

    async def open(
        self,
        cells: Iterable[Any] | Path,
        *,
        microphone: Path | None = None,
        loop: bool = False,
        permission: bool = True,
        theme: str = "light",
        size: tuple[int, int] = (1280, 900),
    ) -> LabPage:
        """Write a notebook, open it in a new Chromium, and wait until its kernel has answered.

        Parameters
        ----------
        cells
            Cells (strings are code), or the path of a notebook to copy.
        microphone
            WAV that the microphone hears, from its first opening; without one, Chromium's beep once a second.
        loop
            Play the WAV again and again.
        permission
            Whether the person lets the page use the microphone. Without, opening it is refused.
        theme
            ``light`` or ``dark``.
        size
            Width and height of the window, in pixels.
        """
        path = self.server.notebooks / f"{self._name}-{len(self.pages)}.ipynb"
        if isinstance(cells, os.PathLike):
            shutil.copyfile(cells, path)
        else:
            write_notebook(path, cells)
        browser = await self._playwright.chromium.launch(
            executable_path=find_chromium(), args=chromium_flags(microphone, loop=loop, grant=permission)
        )
        self._browsers.append(browser)
        return await self._open(browser, path, theme, size)

    async def _open(self, browser: Browser, path: Path, theme: str, size: tuple[int, int]) -> LabPage:
        context = await browser.new_context(viewport={"width": size[0], "height": size[1]})
        await context.add_init_script(scripts.REMEMBER_MICROPHONES)
        page = LabPage(context, await context.new_page(), path, self.artifacts)
        self.pages.append(page)
        workspace = f"{path.stem}-{len(self.pages)}"
        await page.open(f"{self.server.url}/lab/workspaces/{workspace}/tree/{path.name}?token={self.server.token}")
        await page.set_theme(theme)
        return page

    async def keep_evidence(self) -> None:
        """Screenshots, consoles and Jupyter's log, for a test that failed."""
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
        await asyncio.to_thread(self.server.end_kernels, f"{self._name}-")
