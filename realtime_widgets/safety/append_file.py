"""A file to which something is only added: by a thread of its own, for the owner alone, and by one process."""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from realtime_widgets.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

log = logging.getLogger(__name__)

#: Rights of what is written: its owner reads and writes it, nobody else.
_OWNER_ONLY = 0o600


class AppendFile:
    """Adds lines to a file. What cannot be written is kept, reported once, and tried again with the next line.

    Made by `opened`, so that a cell that runs again goes on with the file that it has.

    Parameters
    ----------
    path
        The file.

    Attributes
    ----------
    on_problem
        Called, on the writing thread, with what is wrong once the file cannot be written, and with an empty text
        once it can be again.
    kept
        What those who write the file share, such as its lines as objects.
    lock
        To be held by those who change `kept`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.on_problem: list[Callable[[str], object]] = []
        self.kept: Any = None
        self.lock = threading.RLock()
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._waiting: list[bytes] = []
        #: Bytes that could not be written so far.
        self.unwritten = 0
        self._failing = False
        self._over = threading.Event()
        self._descriptor = _locked_file(path)
        threading.Thread(target=self._work, name="realtime-append", daemon=True).start()

    @classmethod
    def opened(cls, path: str | os.PathLike[str]) -> AppendFile:
        """Return the file of this path; the one that this process has, if it has it.

        Raises
        ------
        ConfigurationError
            If it cannot be opened, or another process writes it.
        """
        where = Path(path).expanduser().absolute()
        with _opening:
            file = _open.get(where)
            if file is not None and file._is_there():
                return file
            if file is not None:
                file.close()
            try:
                file = _open[where] = cls(where)
            except OSError as error:
                raise ConfigurationError(f"{where} cannot be written: {error.strerror or error}") from None
            return file

    def close(self, limit_s: float = 10.0) -> bool:
        """Write what is left, and let other processes have the file; harmless if that is done.

        Returns False if that takes longer than `limit_s` seconds, and goes on.
        """
        if _open.get(self.path) is self:
            del _open[self.path]
        self._jobs.put(None)
        return self._over.wait(limit_s)

    def add(self, line: bytes) -> None:
        """Add a line, without its end; does not wait."""
        self._jobs.put(lambda: self._write(line + b"\n"))

    def append(self, make: Callable[[], bytes]) -> None:
        """Add the bytes that a function makes on the writing thread, where it must not fail; do not wait."""
        self._jobs.put(lambda: self._write(make()))

    def replace(self, lines: Iterable[bytes]) -> None:
        """Put other lines in the place of all; does not wait. The old ones stay if that fails."""
        data = b"".join(line + b"\n" for line in lines)
        self._jobs.put(lambda: self._try(lambda: self._put(data)))

    def do(self, job: Callable[[], object]) -> None:
        """Do something else with files, after what was asked for so far; an `OSError` is reported."""
        self._jobs.put(lambda: self._try(job))

    def flush(self, limit_s: float = 10.0) -> bool:
        """Wait until what was added so far was written, or could not be; returns False if that takes too long."""
        done = threading.Event()
        self._jobs.put(done.set)
        return done.wait(limit_s)

    def _is_there(self) -> bool:
        """Whether its path still leads to it."""
        try:
            return os.path.samestat(self.path.stat(), os.fstat(self._descriptor))
        except OSError:
            return False

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
        os.close(self._descriptor)
        self._over.set()

    def _write(self, data: bytes) -> None:
        self._waiting.append(data)
        self._try(self._write_waiting)
        self.unwritten = sum(map(len, self._waiting))

    def _write_waiting(self) -> None:
        while self._waiting:
            rest = self._waiting[0]
            written = os.write(self._descriptor, rest)
            if written < len(rest):
                self._waiting[0] = rest[written:]
            else:
                self._waiting.pop(0)

    def _put(self, data: bytes) -> None:
        beside = self.path.with_name(self.path.name + ".new")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OWNER_ONLY)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        beside.replace(self.path)
        os.close(self._descriptor)
        self._descriptor = self._opened()
        self._waiting.clear()

    def _opened(self) -> int:
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, _OWNER_ONLY)
        if not _locked(descriptor):
            os.close(descriptor)
            raise ConfigurationError(
                f"{self.path} is being written by another process or object: choose another file"
            )
        return descriptor

    def _try(self, job: Callable[[], object]) -> None:
        try:
            job()
        except (OSError, ConfigurationError) as error:
            why = getattr(error, "strerror", None) or error
            if not self._failing:
                self._failing = True
                self._tell(f"{self.path} cannot be written: {why}; it is kept in memory and tried again.")
            return
        if self._failing:
            self._failing = False
            self._tell("")

    def _tell(self, problem: str) -> None:
        if problem:
            log.error("%s", problem)
        for listener in list(self.on_problem):
            listener(problem)


#: The files that this process writes, by their paths.
_open: dict[Path, AppendFile] = {}
_opening = threading.Lock()


def _locked_file(path: Path) -> int:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, _OWNER_ONLY)
    if not _locked(descriptor):
        os.close(descriptor)
        raise ConfigurationError(f"{path} is being written by another process: choose another file")
    return descriptor


def _locked(descriptor: int) -> bool:
    """Keep other processes from the file until it is closed; True if that is not to be had here."""
    try:
        import fcntl
    except ImportError:  # not on this system
        return True
    with contextlib.suppress(AttributeError):
        locking: Any = fcntl
        try:
            locking.flock(descriptor, locking.LOCK_EX | locking.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # a file system without locks
            return True
    return True
