"""Child processes of a benchmark: each server or client has its own, so that its cost can be measured."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

ROOT = Path(__file__).parents[2]
_END_S = 10.0


class ChildError(RuntimeError):
    """A process ended or did not answer; the text contains the end of its stderr."""


class Child:
    """A process that reads lines and answers with lines of JSON; as a context manager, ends the process.

    Parameters
    ----------
    command
        Program and arguments; it runs in the root of the repository.
    environment
        Its environment variables; by default those of this process.
    """

    def __init__(self, command: list[str], environment: Mapping[str, str] | None = None) -> None:
        self._command = command
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the process
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            text=True,
            bufsize=1,
        )

    @classmethod
    def module(cls, name: str, *arguments: str) -> Self:
        """Start a module of this repository with the Python that runs."""
        return cls([sys.executable, "-m", name, *arguments])

    def read(self, limit_s: float) -> Any:
        """Return its next line.

        Raises
        ------
        ChildError
            If no line arrives within `limit_s` seconds.
        """
        assert self._process.stdout is not None
        watchdog = Timer(limit_s, self._process.kill)
        watchdog.start()
        try:
            line = self._process.stdout.readline()
        finally:
            watchdog.cancel()
        if not line:
            self._process.wait()
            self._stderr.seek(0)
            told = self._stderr.read()[-4000:].decode(errors="replace")
            raise ChildError(f"{' '.join(self._command)} ended or was silent for {limit_s:g} s:\n{told}")
        return json.loads(line)

    def tell(self, line: str) -> None:
        """Write a line to its standard input."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._stderr.close()
