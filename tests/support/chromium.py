"""Find Chromium, install it where that is possible, and start it with a microphone that plays a file.

``python -m tests.support.chromium`` says where it is; with ``--install`` it brings Debian's package where
there is none.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

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
    """There is no browser to run the browser tests in."""


def find_chromium() -> str:
    """Path of a Chromium or Chrome; `NoChromiumError` says what to install where there is none."""
    if chosen := os.environ.get("CHROMIUM"):
        found = shutil.which(chosen)
        if found is None:
            raise NoChromiumError(f"CHROMIUM is set to {chosen!r}, which is no program that can be run")
        return found
    for candidate in (*_NAMES, *(str(Path(place).expanduser()) for place in _PLACES)):
        if found := shutil.which(candidate):
            return found
    raise NoChromiumError(
        "the browser tests need Chromium or Chrome: install it (Debian and Ubuntu: `apt-get install chromium`, "
        "macOS: `brew install --cask chromium`), or set CHROMIUM to its path"
    )


def chromium_flags(microphone: Path | None, *, loop: bool, grant: bool) -> list[str]:
    """Command-line flags; `microphone` is a WAV that the fake microphone plays from its first opening on.

    Without `grant` nothing answers the question for the microphone, so opening it is refused.
    """
    flags = list(_FLAGS)
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        flags.append("--no-sandbox")  # Chromium's sandbox refuses to work for root
    if grant:
        flags.append("--use-fake-ui-for-media-stream")
    flags.append("--use-fake-device-for-media-stream")
    if microphone is not None:
        flags.append(f"--use-file-for-fake-audio-capture={microphone.resolve()}{'' if loop else '%noloop'}")
    return flags


def install_chromium() -> None:
    """Install Debian's package, as root or by a sudo that asks for no password."""
    apt = shutil.which("apt-get")
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    sudo = shutil.which("sudo")
    if apt is None or not (root or (sudo and _runs([sudo, "-n", "true"]))):
        find_chromium()  # raises the sentence that says what to do
        return
    command = [apt] if root else [str(sudo), "-n", apt]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
        subprocess.run([*command, "-qq", *step], check=True, env=environment)


def _runs(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def main(arguments: list[str]) -> int:
    """Print where Chromium is; with ``--install`` install it first if need be."""
    try:
        try:
            path = find_chromium()
        except NoChromiumError:
            if "--install" not in arguments or os.environ.get("CHROMIUM"):
                raise
            install_chromium()
            path = find_chromium()
    except (NoChromiumError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
