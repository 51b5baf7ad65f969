"""The embedded endpoint as a child process that ends with the process that started it."""

from __future__ import annotations

import atexit
import contextlib
import hashlib
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
from typing import IO, TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from realtime_widgets.errors import LocalEndpointError
from realtime_widgets.installing import install_extra, missing
from realtime_widgets.local.brain.settings import BRAIN, KEY, VARIABLES, brain_key
from realtime_widgets.local.server.serve import KEY_VARIABLE, LISTENING

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Number of lines of the child's log that are kept for the text of an error.
_KEPT_LINES = 40
#: Longest time in seconds for an orderly end; then the child is killed.
_STOP_S = 5.0
#: Longest time in seconds until the server listens, and for an answer of it; its models load after that.
_START_S = 30.0
_MODULE = "realtime_widgets.local"
#: Variables that the child gets: where programs, its home and its temporary files are, language and time, and how
#: the hub is reached for a model that is missing.
_PASSED = frozenset(
    (
        *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TZDIR", "TMPDIR", "TEMP"),
        *("TMP", "VIRTUAL_ENV", "CONDA_PREFIX"),
        *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "USERPROFILE", "HOMEDRIVE", "HOMEPATH"),
        *("APPDATA", "LOCALAPPDATA", "PROGRAMDATA"),
        *("PROCESSOR_ARCHITECTURE", "PROCESSOR_IDENTIFIER", "NUMBER_OF_PROCESSORS"),
        *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"),
        *("REQUESTS_CA_BUNDLE", "HF_HOME", "HF_HUB_CACHE", "HF_HUB_OFFLINE", "HF_ENDPOINT"),
    )
)
#: Beginnings of others: settings of Python, of libraries, and of how many threads they use.
_PASSED_PREFIXES = (
    *("REALTIME_WIDGETS_", "PYTHON", "LC_", "XDG_", "LD_", "DYLD_", "MALLOC_"),
    *("OMP_", "KMP_", "MKL_", "OPENBLAS_", "CT2_", "ORT_"),
)


class EmbeddedEndpoint:
    """Runs the endpoint on a free loopback port, with a key that only this process knows.

    The child watches the pipe to its standard input and the id of its parent process: it ends with this process,
    however that ends. It is in a process session of its own, so an interrupt of the kernel does not reach it. All
    methods may be called from any thread.

    Raises
    ------
    LocalEndpointError
        By `start`, if the server does not start; the text holds the end of its log.
    """

    #: One endpoint for each choice of a brain.
    _shared: ClassVar[dict[str, EmbeddedEndpoint]] = {}
    _shared_lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, brain: str = "") -> None:
        self._brain = brain
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
    def shared(cls, brain: str = "") -> EmbeddedEndpoint:
        """Return this process's own endpoint, started if necessary; block until it listens.

        The environment chooses its brain (see `brain.settings`), unless one is named. If that has changed, another
        endpoint is started; sessions with the earlier one go on.

        From a coroutine: ``await asyncio.to_thread(EmbeddedEndpoint.shared)``.
        """
        with cls._shared_lock:
            # A forked process must not use, or end, its parent's.
            chosen = brain or _chosen_brain()
            known = cls._shared.get(chosen)
            if known is None or known._owner != os.getpid():
                known = cls._shared[chosen] = cls(brain)
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
        """The key that clients must send; restarts keep it."""
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
        """Return ``ready``, ``loading`` and ``problem`` of the server's models; blocks for a moment.

        Raises
        ------
        LocalEndpointError
            If the server does not answer.
        """
        address = urlsplit(self.url)
        connection = HTTPConnection(address.hostname or "", address.port, timeout=_START_S)
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
        """Return the names of the models that are still being loaded; blocks for a moment."""
        names: list[str] = self.status()["loading"]
        return names

    def start(self) -> EmbeddedEndpoint:
        """Start the server unless it runs, and block until it listens; a server that died is started again."""
        with self._lock:
            if not self.alive:
                self._launch()
            return self

    def stop(self) -> None:
        """End the server and wait for its end; does nothing if it is not running."""
        with self._lock:
            process, self._process, self._url = self._process, None, None
            if process is None or os.getpid() != self._owner:
                return
            _launched.discard(self)
            _end(process)

    def _launch(self) -> None:
        if lacking := missing("local"):
            raise LocalEndpointError(
                f"the local endpoint needs {', '.join(lacking)}, which {'is' if len(lacking) == 1 else 'are'} not "
                f"installed: {install_extra('local')}"
            )
        self._log.clear()
        self._url = None
        try:
            process = subprocess.Popen(
                # -P: a file in the user's folder must not replace one of our modules.
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
        _launched.add(self)
        reader = self._thread(self._keep_log, process.stderr)
        first_line: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._thread(_announce, process.stdout, first_line)
        try:
            line = first_line.get(timeout=_START_S)
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
        chosen = {**os.environ, BRAIN: self._brain} if self._brain else os.environ
        environment = {**needed_variables(chosen), KEY_VARIABLE: self._api_key}
        root = Path(__file__).resolve().parents[3]
        if root.name not in ("site-packages", "dist-packages"):
            # Run from a source tree: the child must find the package without the folder of this process.
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


def _chosen_brain() -> str:
    """Return what tells one choice of a brain from another, without its key."""
    return hashlib.sha256(repr([os.environ.get(name) for name in VARIABLES]).encode()).hexdigest()


def needed_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what the server needs of an environment: no key but that of the brain it is told to ask."""
    passed = {
        name: value
        for name, value in environment.items()
        if name.upper() in _PASSED or name.upper().startswith(_PASSED_PREFIXES)
    }
    if urlsplit(environment.get(BRAIN, "").strip()).scheme not in ("http", "https"):
        passed.pop(KEY, None)
    elif key := brain_key(environment[BRAIN].strip(), environment):
        passed[KEY] = key
    return passed


#: The endpoints that end with this process.
_launched: set[EmbeddedEndpoint] = set()


# At the import, not at the start of each: what is registered later, as by who talks to one, ends earlier.
@atexit.register
def _stop_launched() -> None:
    for endpoint in list(_launched):
        endpoint.stop()


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
    """End the child by closing its standard input; kill it if that takes too long."""
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
