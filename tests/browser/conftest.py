"""Fixtures of the browser tests: a JupyterLab for all of them, a Chromium for each page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from playwright.async_api import async_playwright

from devtools.browser.chromium import find_chromium
from devtools.browser.jupyter import JupyterServer
from devtools.browser.lab import Lab

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Generator, Iterator

    from playwright.async_api import Playwright

_ARTIFACTS = Path(__file__).parents[1] / "artifacts"
_LAB = pytest.StashKey[Lab]()
_FAILED = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def jupyter_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    """One JupyterLab for the whole run; needs Chromium, so that a run without it fails here at once."""
    find_chromium()
    server = JupyterServer(tmp_path_factory.mktemp("jupyter"))
    server.start()
    yield server
    server.stop()


@pytest_asyncio.fixture
async def playwright() -> AsyncIterator[Playwright]:
    """Drives Chromium."""
    async with async_playwright() as playwright:
        yield playwright


@pytest_asyncio.fixture
async def lab(
    request: pytest.FixtureRequest, jupyter_server: JupyterServer, playwright: Playwright
) -> AsyncIterator[Lab]:
    """Opens notebooks for one test; see `devtools.browser`."""
    name = re.sub(r"\W+", "-", request.node.name).strip("-")
    lab = Lab(jupyter_server, playwright, name, _ARTIFACTS / name)
    request.node.stash[_LAB] = lab
    yield lab
    if request.node.stash.get(_FAILED, False):
        await lab.keep_evidence()
    await lab.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the page's console and the end of Jupyter's log with a failure."""
    report = yield
    lab = item.stash.get(_LAB, None)
    if report.failed and report.when != "teardown" and lab is not None:
        item.stash[_FAILED] = True
        for page in lab.pages:
            report.sections.append((f"console of {page.path.name}", "\n".join(page.console[-40:])))
        report.sections.append(("end of Jupyter's log", lab.server.tail()))
    return report
