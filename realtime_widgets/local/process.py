"""The embedded endpoint as a child process that ends with the process that started it."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import queue
import secrets
import subprocess
import sys
import threading
from collections import deque
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import IO, Any, ClassVar
from urllib.parse import urlsplit

from realtime_widgets.errors import LocalEndpointError
from realtime_widgets.local.brain.settings import VARIABLES
from realtime_widgets.local.serve import KEY_VARIABLE, LISTENING

#: Lines of the child's log that are kept for an error's text.
_KEPT_LINES = 40
#: Seconds an orderly end may take before the child is killed.
_STOP_S = 5.0
_MODULE = "realtime_widgets.local"


class EmbeddedEndpoint:
    """Runs the endpoint on a free loopback port, with a key that only this process knows.

    The child watches the pipe to its standard input and its parent's process id: it ends with this process,
    however that ends. It has a session of its own, so an interrupt of the kernel does not reach it. All
    methods may be called from any thread.

    Parameters
    ----------
    timeout_s
        Seconds it may take until the server listens; its models load after that.

    Raises
    ------
    LocalEndpointError
        By `start`, where the server does not come up; the text holds the end of its log.
    """

    #: One for each choice of a brain.
    _shared: ClassVar[dict[tuple[str | None, ...], EmbeddedEndpoint]] = {}
    _shared_lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, timeout_s: float = 30.0) -> None:
        self._timeout_s = timeout_s
        self._api_key = secrets.token_urlsafe(24)
        self._lock = threading.RLock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = os.getpid()
        self._url: str | None = None
        self._log: deque[str] = deque(maxlen=_KEPT_LINES)

    def __repr__(self) -> str:
        state = f"{self._url}, process {self.pid}" if self.alive else "not running"
        return f"EmbeddedEndpoint({state})"

    @classmethod
    def shared(cls) -> EmbeddedEndpoint:
        """Return this process's own endpoint, started if it is not running; blocks until it listens.

        The environment chooses its brain (`brain.settings`). Where that has changed, another endpoint is started;
        sessions that talk with the one before go on.

        From a coroutine: ``await asyncio.to_thread(EmbeddedEndpoint.shared)``.
        """
        with cls._shared_lock:
            # A forked process must not use, or end, its parent's.
            brain = tuple(map(os.environ.get, VARIABLES))
            known = cls._shared.get(brain)
            if known is None or known._owner != os.getpid():
                known = cls._shared[brain] = cls()
            return known.start()

    @property
    def alive(self) -> bool:
        """Whether the server process is running."""
        process = self._process
        return process is not None and process.poll() is None

    @property
    def url(self) -> str:
        """Base URL for clients, such as ``http://127.0.0.1:41234/v1``."""
        if self._url is None:
            raise LocalEndpointError("the embedded endpoint is not running; call start() first")
        return self._url

    @property
    def api_key(self) -> str:
        """The key that clients must send; it stays the same over restarts."""
        return self._api_key

    @property
    def pid(self) -> int | None:
        """Process id of the server; None before the first start."""
        return None if self._process is None else self._process.pid

    @property
    def log(self) -> str:
        """The last lines of the server's log."""
        return "\n".join(self._log)

    def status(self) -> dict[str, Any]:
        """Ask the server how its models are: ``ready``, ``loading`` and ``problem``; blocks for a moment.

        Raises
        ------
        LocalEndpointError
            Where the server does not answer.
        """
        address = urlsplit(self.url)
        connection = HTTPConnection(address.hostname or "", address.port, timeout=self._timeout_s)
        try:
            connection.request(
                "GET", f"{address.path}/models", headers={"Authorization": f"Bearer {self._api_key}"}
            )
            model: dict[str, Any] = json.loads(connection.getresponse().read())["data"][0]
        except (OSError, HTTPException, ValueError, LookupError) as error:
            raise LocalEndpointError(f"the embedded endpoint does not answer: {error}.\n{self.log}") from None
        finally:
            connection.close()
        return {name: model[name] for name in ("ready", "loading", "problem")}

    def loading(self) -> list[str]:
        """Names of the models that are still being loaded; blocks for a moment."""
        names: list[str] = self.status()["loading"]
        return names

    def start(self) -> EmbeddedEndpoint:
        """Start the server unless it runs; blocks until it listens. Starts it again if it died."""
        with self._lock:
            if not self.alive:
                self._launch()
            return self

    def stop(self) -> None:
        """End the server and wait for it; does nothing where it is not running."""
        with self._lock:
            process, self._process, self._url = self._process, None, None
            if process is None or os.getpid() != self._owner:
                return
            atexit.unregister(self.stop)
            _end(process)

    def _launch(self) -> None:
        self._log.clear()
        self._url = None
        try:
            process = subprocess.Popen(
                # -P: a file of the person's folder must not stand in for a module of ours.
                [sys.executable, "-P", "-m", _MODULE, "--end-with-parent"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self._environment(),
                **_detached(),
            )
        except OSError as error:
            raise LocalEndpointError(f"cannot start {sys.executable!r}: {error.strerror}") from None
        assert process.stdout is not None
        assert process.stderr is not None
        self._process = process
        atexit.register(self.stop)
        reader = self._thread(self._keep_log, process.stderr)
        first_line: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._thread(_announce, process.stdout, first_line)
        try:
            line = first_line.get(timeout=self._timeout_s)
        except queue.Empty:
            line = ""
        if not line.startswith(LISTENING):
            died = process.poll() is not None or not line
            self.stop()
            reader.join(_STOP_S)
            what = "ended at once" if died else f"said {line!r}"
            raise LocalEndpointError(f"the embedded endpoint did not start: it {what}.\n{self.log}")
        self._url = line.removeprefix(LISTENING).strip()

    def _environment(self) -> dict[str, str]:
        environment = {**os.environ, KEY_VARIABLE: self._api_key}
        root = Path(__file__).resolve().parents[2]
        if root.name not in ("site-packages", "dist-packages"):
            # Run from a source tree: the child must find the package without this process's folder.
            paths = [environment.get("PYTHONPATH", ""), str(root)]
            environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
        return environment

    def _keep_log(self, stream: IO[bytes]) -> None:
        with stream:
            for line in stream:
                self._log.append(line.decode("utf-8", "replace").rstrip())

    @staticmethod
    def _thread(target: Any, *arguments: Any) -> threading.Thread:
        thread = threading.Thread(target=target, args=arguments, name="embedded endpoint", daemon=True)
        thread.start()
        return thread


def _announce(stream: IO[bytes], first_line: queue.SimpleQueue[str]) -> None:
    with stream:
        first_line.put(stream.readline().decode("utf-8", "replace").strip())
        for _ in stream:
            pass


def _detached() -> dict[str, Any]:
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def _end(process: subprocess.Popen[bytes]) -> None:
    """Close the child's standard input, which ends it; kill it if that takes too long."""
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
