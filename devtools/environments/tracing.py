"""What a program and its children reach and write, as the kernel sees it: strace on Linux.

``python -m devtools.environments.tracing --install`` brings Debian's package where there is none.
"""

from __future__ import annotations

import ipaddress
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from devtools.environments.debian import install_package

if TYPE_CHECKING:
    from collections.abc import Mapping

_NETWORK = ("connect", "sendto", "sendmsg", "sendmmsg")
_OPEN = ("open", "openat")
_MAKE = ("creat", "mkdir", "mkdirat", "rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat")
_CALL = re.compile(r"\d+ +(\w+)\((.*)")
_ADDRESS = re.compile(r'sin6?_port=htons\((\d+)\).*?(?:inet_addr\(|inet_pton\(AF_INET6, )"([^"]+)"')
_SOCKET_FILE = re.compile(r'sun_path=@?"([^"]+)"')
#: A path, after the folder that it is relative to if the call has one.
_PATH = re.compile(r'(?:<([^>"]*)>, )?"((?:[^"\\]|\\.)*)"')
_TO_WRITE = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|O_TMPFILE")
#: Files that are read by whoever looks up a name, though nobody may answer.
_LOOK_UP = ("/etc/resolv.conf", "nscd/socket")
_NAME_SERVICE = 53


class NoTracerError(RuntimeError):
    """There is nothing to trace with; the text says what to install."""


@dataclass(frozen=True)
class Trace:
    """What was tried, whether or not it worked.

    Attributes
    ----------
    reached
        ``address:port`` of every other machine that was connected or sent to.
    lookups
        What was read or asked to look up a name.
    written
        Paths that were made, or opened to be written; a relative one as the program gave it.
    """

    reached: set[str]
    lookups: set[str]
    written: set[str]


def find_tracer() -> str:
    """Path of strace; `NoTracerError` says what to do where there is none."""
    found = shutil.which("strace")
    if found is None:
        raise NoTracerError("tests of what is reached and written need strace: apt-get install strace")
    return found


def traced(command: list[str], log: Path) -> list[str]:
    """Return the command that runs `command` and notes in `log`, for `read_trace`, what it and its children do."""
    calls = ",".join((*_NETWORK, *_OPEN, *_MAKE))
    return [find_tracer(), "-f", "-qq", "--seccomp-bpf", "-y", "-s", "400", "-e", calls, "-o", str(log), *command]


def trace(command: list[str], log: Path, environment: Mapping[str, str], folder: Path) -> Trace:
    """Run a command in a folder to its end; RuntimeError has its output where it fails."""
    done = subprocess.run(
        traced(command, log), env=environment, cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return read_trace(log)


def read_trace(log: Path) -> Trace:
    """Read what `traced` noted."""
    found = Trace(set(), set(), set())
    for name, told in filter(None, map(_call, log.read_text(errors="replace").splitlines())):
        if name in _NETWORK:
            found.lookups.update(path for path in _SOCKET_FILE.findall(told) if path.endswith(_LOOK_UP))
            for port, address in _ADDRESS.findall(told):
                if int(port) == _NAME_SERVICE:
                    found.lookups.add(f"{address}:{port}")
                elif not ipaddress.ip_address(address).is_loopback:
                    found.reached.add(f"{address}:{port}")
            continue
        folder, path = _PATH.findall(told)[-1]
        path = str(PurePosixPath(folder, path))
        if path.endswith(_LOOK_UP):
            found.lookups.add(path)
        if name in _MAKE or _TO_WRITE.search(told):
            found.written.add(path)
    return found


def _call(line: str) -> tuple[str, str] | None:
    """Return name and arguments of the call in a line, None if it holds only the result of one."""
    match = _CALL.match(line)
    return (match[1], match[2]) if match else None


def main(arguments: list[str]) -> int:
    """Print where strace is; with ``--install`` install it first if need be. Only Linux has it."""
    if sys.platform != "linux":
        return 0
    try:
        if shutil.which("strace") is None and "--install" in arguments:
            install_package("strace")
        print(find_tracer())
    except (NoTracerError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
