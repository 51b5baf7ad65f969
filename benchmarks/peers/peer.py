"""One peer: its environment, its program, and where its page is."""

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

from tests.support.environments import environment_python, is_made, make_environment
from tests.support.jupyter import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_HERE = Path(__file__).parent
_ROOT = _HERE.parents[1]
_START_S = 90.0
#: They would ask their makers' servers for news, and tell them of their use.
_SILENT = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_OFFLINE": "1",
    "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
    "STREAMLIT_SERVER_HEADLESS": "true",
    "STREAMLIT_SERVER_FILE_WATCHER_TYPE": "none",
}


@dataclass(frozen=True)
class Peer:
    """A program that serves a page and says back what the page's microphone hears.

    Attributes
    ----------
    name
        What the table calls it.
    command
        Arguments for Python; ``{here}`` stands for this folder, ``{port}`` for the port to listen on.
    path
        Of the page.
    packages
        Of which the table shows the versions.
    environment
        Name of its environment and of its file of requirements; empty for the project's own.
    button
        What the button in the page's frame is called that begins the call; empty where the page begins by itself.
    """

    name: str
    command: tuple[str, ...]
    path: str = "/"
    packages: tuple[str, ...] = ()
    environment: str = ""
    button: str = ""

    @property
    def ready(self) -> bool:
        """Whether its environment is there."""
        return not self.environment or is_made(self._folder, self._requirements)

    def make(self) -> None:
        """Make its environment where it is not there yet; RuntimeError says what keeps it from being made."""
        if self.environment:
            make_environment(self._folder, self._requirements)

    def versions(self) -> str:
        """Name its packages with their versions."""
        script = "import sys; from importlib.metadata import version; print(*map(version, sys.argv[1:]))"
        command = [self._python, "-I", "-c", script, *self.packages]
        found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        return ", ".join(f"{package} {version}" for package, version in zip(self.packages, found, strict=True))

    @asynccontextmanager
    async def page(self) -> AsyncIterator[str]:
        """Run the program; gives the page's address. RuntimeError has its log where it does not start."""
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
                    os.killpg(process.pid, signal.SIGKILL)  # its connections would make it wait
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
        # -I: it must find its own packages only.
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
#: The same way of sound in this project's endpoint.
OWN_ENDPOINT = Peer(
    "our endpoint's WebRTC",
    ("-m", "benchmarks.peers.endpoint_echo", "{port}"),
    "/?offer=/offer",
    ("aiortc",),
)
