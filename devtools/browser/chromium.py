"""Find Chromium, install it if possible, and start it with a microphone that plays a file.

``python -m devtools.browser.chromium`` prints its path; with ``--install`` it installs Debian's package if there
is no browser.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from devtools.environments.debian import install_package

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
_PLACES = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "~/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)
_FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)


class NoChromiumError(RuntimeError):
    """No browser was found for the browser tests."""


def find_chromium() -> str:
    """Return the path of a Chromium or Chrome. Raise `NoChromiumError` if there is none, with what to install."""
    if chosen := os.environ.get("CHROMIUM"):
        found = shutil.which(chosen)
        if found is None:
            raise NoChromiumError(f"CHROMIUM is set to {chosen!r}, which is not a program that can be run")
        return found
    for candidate in (*_NAMES, *(str(Path(place).expanduser()) for place in _PLACES)):
        if found := shutil.which(candidate):
            return found
    raise NoChromiumError(
        "the browser tests need Chromium or Chrome: install it (Debian and Ubuntu: `apt-get install chromium`, "
        "macOS: `brew install --cask chromium`), or set CHROMIUM to its path"
    )


def chromium_flags(microphone: Path | None, *, grant: bool) -> list[str]:
    """Return command-line flags; `microphone` is a WAV that the fake microphone plays from its first opening on.

    Without `grant` the page gets no permission for the microphone, so opening it fails.
    """
    flags = list(_FLAGS)
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        flags.append("--no-sandbox")  # Chromium's sandbox does not work for root
    if grant:
        flags.append("--use-fake-ui-for-media-stream")
    flags.append("--use-fake-device-for-media-stream")
    if microphone is not None:
        flags.append(f"--use-file-for-fake-audio-capture={microphone.resolve()}%noloop")
    return flags


def main(arguments: list[str]) -> int:
    """Print the path of Chromium; with ``--install`` install it first if needed."""
    try:
        try:
            path = find_chromium()
        except NoChromiumError:
            if "--install" not in arguments or os.environ.get("CHROMIUM"):
                raise
            install_package("chromium")
            path = find_chromium()
    except (NoChromiumError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
