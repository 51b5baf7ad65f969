"""One peer: its environment, its program, and the address of its page."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from devtools.browser.jupyter import free_port
from devtools.environments.environments import environment_python, is_made, make_environment

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_HERE = Path(__file__).parent
_ROOT = _HERE.parents[1]
_START_S = 90.0
#: Without these variables some peers would check for updates and report their usage.
_SILENT = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_OFFLINE": "1",
    "ORT_DISABLE_TELEMETRY": "1",
    "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
    "STREAMLIT_SERVER_HEADLESS": "true",
    "STREAMLIT_SERVER_FILE_WATCHER_TYPE": "none",
}


@dataclass(frozen=True)
class Peer:
    """A program that serves a page and sends back the audio of the page's microphone.

    Attributes
    ----------
    name
        Name of the peer in the table.
    command
        Arguments for Python; ``{here}`` stands for this folder, ``{port}`` for the port to listen on.
    path
        Path of the page.
    packages
        Packages whose versions the table shows.
    environment
        Name of its environment and of its requirements file; empty for the project's own environment.
    button
        Label of the button in the page's frame that starts the call; empty if the page starts by itself.
    """

    name: str
    command: tuple[str, ...]
    path: str = "/"
    packages: tuple[str, ...] = ()
    environment: str = ""
    button: str = ""

    @property
    def ready(self) -> bool:
        """Whether its environment exists."""
        return not self.environment or is_made(self._folder, self._requirements)

    def make(self) -> None:
        """Make its environment if it does not exist. Raise a RuntimeError with the reason if that fails."""
        if self.environment:
            make_environment(self._folder, self._requirements)

    def versions(self) -> str:
        """Return the names and versions of its packages."""
        script = "import sys; from importlib.metadata import version; print(*map(version, sys.argv[1:]))"
        command = [self._python, "-I", "-c", script, *self.packages]
        found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        return ", ".join(f"{package} {version}" for package, version in zip(self.packages, found, strict=True))

    @asynccontextmanager
    async def page(self) -> AsyncIterator[str]:
        """Run the program and yield the page's address. Raise a RuntimeError with its log if it does not start."""
        port = free_port()
        command = [argument.format(here=_HERE, port=port) for argument in self.command]
        with tempfile.TemporaryFile() as log:
            process = await asyncio.create_subprocess_exec(
                *(self._python, *command),
                cwd=_ROOT,
                env=os.environ | _SILENT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                if not await _listens(process, port):
                    log.seek(0)
                    tail = log.read().decode(errors="replace")[-2000:]
                    raise RuntimeError(f"{self.name} did not start; its log ends with\n{tail}")
                yield f"http://127.0.0.1:{port}{self.path}"
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)  # on SIGTERM it would wait for its connections
                await process.wait()

    @property
    def _folder(self) -> Path:
        return _ROOT / ".venv-peers" / self.environment

    @property
    def _requirements(self) -> Path:
        return _HERE / f"{self.environment}.txt"

    @property
    def _python(self) -> str:
        return str(environment_python(self._folder)) if self.environment else sys.executable


async def _listens(process: asyncio.subprocess.Process, port: int) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(_START_S):
            while process.returncode is None:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(0.1)
                else:
                    writer.close()
                    return True
    return False


PEERS = (
    Peer(
        "FastRTC",
        # -I: it must find only its own packages.
        ("-I", "{here}/fastrtc_echo.py", "{port}"),
        "/?offer=/webrtc/offer",
        ("fastrtc", "aiortc"),
        "fastrtc",
    ),
    Peer(
        "streamlit-webrtc",
        (
            *("-I", "-m", "streamlit", "run", "{here}/streamlit_echo.py"),
            *("--server.address", "127.0.0.1", "--server.port", "{port}"),
        ),
        packages=("streamlit-webrtc", "streamlit", "aiortc"),
        environment="streamlit_webrtc",
        button="START",
    ),
    Peer(
        "Pipecat's SmallWebRTCTransport",
        ("-I", "{here}/pipecat_echo.py", "{port}"),
        "/?offer=/api/offer",
        ("pipecat-ai", "aiortc"),
        "pipecat",
    ),
)
#: The corresponding audio path through this project's endpoint.
OWN_ENDPOINT = Peer(
    "our endpoint's WebRTC",
    ("-m", "benchmarks.peers.endpoint_echo", "{port}"),
    "/?offer=/offer",
    ("aiortc",),
)
