"""A real JupyterLab for the tests: a child process with its own folders, which is ended with all its kernels."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from http.client import HTTPResponse
    from pathlib import Path

_START_SECONDS = 300.0
_QUIET = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
}


class JupyterServer:
    """JupyterLab on loopback, with a random token and without the user's own settings.

    Parameters
    ----------
    folder
        An empty folder for its settings, workspaces, log and notebooks.
    environment
        Environment variables for it and its kernels; None removes a variable.

    Attributes
    ----------
    url, token
        Address and token of the server.
    notebooks
        The folder that it shows.
    log
        File with its output, including that of its kernels.
    """

    def __init__(self, folder: Path, environment: dict[str, str | None] | None = None) -> None:
        self.folder = folder
        self.notebooks = folder / "notebooks"
        self.log = folder / "jupyter.log"
        self.token = secrets.token_hex(16)
        self.url = ""
        self._environment = environment or {}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers. Raise a RuntimeError with its log if it does not."""
        settings = self.folder / "settings"
        for path in (self.notebooks, settings):
            path.mkdir(parents=True, exist_ok=True)
        (settings / "overrides.json").write_text(json.dumps(_QUIET))
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        command = [
            *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1"),
            *(f"--port={port}", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={self.notebooks}"),
            # The page object of the tests asks JupyterLab itself when a cell has ended.
            *("--LabApp.expose_app_in_browser=True", f"--LabApp.app_settings_dir={settings}"),
        ]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                command,
                env=self._build_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._wait()

    def stop(self) -> None:
        """End it and its kernels, as a process group."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def end_kernels(self, prefix: str = "") -> None:
        """End the kernels of the notebooks whose names start with this prefix, and wait until they have ended."""
        for session in self.get("/api/sessions"):
            if session["path"].startswith(prefix):
                self._request("DELETE", f"/api/sessions/{session['id']}").close()

    def get(self, path: str) -> Any:
        """Return the server's answer to a GET as decoded JSON."""
        with self._request("GET", path) as answer:
            return json.load(answer)

    def tail(self, characters: int = 6000) -> str:
        """Return the end of the log."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return text[-characters:].replace(self.token, "[token]")

    def _build_environment(self) -> dict[str, str]:
        own = {
            "JUPYTER_TOKEN": self.token,
            "JUPYTER_CONFIG_DIR": str(self.folder / "config"),
            "JUPYTER_DATA_DIR": str(self.folder / "data"),
            "JUPYTER_RUNTIME_DIR": str(self.folder / "runtime"),
            "JUPYTERLAB_SETTINGS_DIR": str(self.folder / "user-settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(self.folder / "workspaces"),
            "IPYTHONDIR": str(self.folder / "ipython"),
        }
        kept = {
            name: value
            for name, value in os.environ.items()
            # A test's kernel must see neither a user's key nor the test runner's variables.
            if not name.startswith(("OPENAI_", "JUPYTER", "PYTEST_")) or name == "JUPYTER_PATH"
        }
        changed = {name: value for name, value in self._environment.items() if value is not None}
        removed = {name for name, value in self._environment.items() if value is None}
        return {name: value for name, value in {**kept, **own, **changed}.items() if name not in removed}

    def _request(self, method: str, path: str) -> HTTPResponse:
        headers = {"Authorization": f"token {self.token}"}
        request = urllib.request.Request(self.url + path, headers=headers, method=method)
        answer: HTTPResponse = urllib.request.urlopen(request, timeout=120)
        return answer

    def _wait(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                self._request("GET", "/api").close()
                return
            except OSError:
                time.sleep(0.1)
        self.stop()
        raise RuntimeError(f"JupyterLab did not start; its log ends with\n{self.tail()}")


def free_port() -> int:
    """Return a free port of loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
