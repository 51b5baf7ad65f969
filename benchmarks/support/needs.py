"""Prepares what benchmarks need before the first one runs: a browser, the plain page, the peers' environments."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from benchmarks.support.children import ROOT
from devtools.browser.chromium import find_chromium
from devtools.environments.environments import EnvironmentMissingError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_JS = ROOT / "js"
#: Folder of the plain page.
HARNESS = _JS / "dist"


def browser_with_plain_page() -> None:
    """Find Chromium, and build the plain page unless it is newer than its sources.

    Raises
    ------
    RuntimeError
        If there is no Chromium, or the page cannot be built; the message says what to do.
    """
    find_chromium()
    page = HARNESS / "harness.js"
    if page.is_file() and page.stat().st_mtime >= max(file.stat().st_mtime for file in _sources()):
        return
    front_end_packages()
    _npm("run", "--silent", "harness")


def front_end_packages() -> None:
    """Install the packages that build the front end, unless they are there.

    Raises
    ------
    RuntimeError
        If they cannot be installed; the message contains what npm says.
    """
    if not (_JS / "node_modules" / ".package-lock.json").is_file():
        _npm("ci", "--no-fund", "--no-audit", "--loglevel=error")


def environment(name: str, make: Callable[[], object]) -> None:
    """Make a peer's environment, or print that the peer is skipped; the other peers are measured anyway.

    Parameters
    ----------
    name
        Name of the peer.
    make
        A function that makes the environment unless it exists; raises `EnvironmentMissingError` if it cannot.
    """
    try:
        make()
    except EnvironmentMissingError as error:
        print(f"{name} will be left out: {error}", file=sys.stderr, flush=True)


def _sources() -> list[Path]:
    folders = [path for name in ("src", "harness") for path in (_JS / name).rglob("*") if path.is_file()]
    return [*folders, *(_JS / name for name in ("build.mjs", "package.json", "package-lock.json"))]


def _npm(*arguments: str) -> None:
    command = [str(ROOT / ".ci" / "npm"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        text = f"{done.stdout}{done.stderr}".strip()
        raise RuntimeError(f"the plain page cannot be built; .ci/npm {' '.join(arguments)} says:\n{text}")
