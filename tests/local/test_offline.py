"""What is local stays on this machine: a whole session reaches nobody, looks nothing up and writes no file."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from devtools.environments.tracing import trace

ROOT = Path(__file__).parents[2]
#: Variables that only say what a program may do, and would here change what is seen.
KEPT = ("PATH", "LANG", "LD_LIBRARY_PATH", "VIRTUAL_ENV")

only_linux = pytest.mark.skipif(sys.platform != "linux", reason="strace is a program of Linux; there it is needed")


def environment(home: Path) -> dict[str, str]:
    """The environment of a user who has just come: no settings, a home without files."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    paths = {"HOME": str(home), "TMPDIR": str(home / "tmp"), "PYTHONPATH": str(ROOT)}
    return {**kept, **paths, "PYTHONDONTWRITEBYTECODE": "1"}


@only_linux
@pytest.mark.models
def test_a_whole_local_session_reaches_nobody_and_writes_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "tmp").mkdir(parents=True)
    command = [sys.executable, "-P", "-m", "tests.local.whole_session"]
    seen = trace(command, tmp_path / "log", environment(home), home)
    assert seen.reached == set()
    assert seen.lookups == set()
    # The output of the MCP server is in a nameless file.
    written = {path for path in seen.written if not path.startswith(("/dev/null", f"{home}/tmp"))}
    assert written == set()
    assert [path.name for path in home.rglob("*")] == ["tmp"]
