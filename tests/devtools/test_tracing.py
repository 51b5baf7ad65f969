"""The tracer sees what a program and its children reach, look up and write."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from devtools.environments.tracing import Trace, trace

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """
import os, socket, subprocess, sys
if "child" not in sys.argv:
    subprocess.run([sys.executable, *sys.argv, "child"], check=True)
    sys.exit()
for family, address in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
    try:
        socket.socket(family, socket.SOCK_DGRAM).connect((address, 9))  # sends nothing
    except OSError:
        pass
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(("127.0.0.1", 53))
with open("/etc/resolv.conf"):
    pass
os.mkdir("made")
os.rename("made", "renamed")
folder = os.open("renamed", os.O_RDONLY)
os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=folder))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="strace is a program of Linux; there it is needed")
def test_what_a_program_reaches_looks_up_and_writes_is_seen(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    seen = trace([sys.executable, "program.py"], tmp_path / "log", os.environ, tmp_path)
    assert seen == Trace(
        reached={"192.0.2.1:9"},
        lookups={"127.0.0.1:53", "/etc/resolv.conf"},
        written={"made", "renamed", f"{tmp_path}/renamed/file"},
    )
