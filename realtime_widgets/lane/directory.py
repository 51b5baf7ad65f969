"""How the Jupyter server finds a kernel's lane: a file of the user's own in Jupyter's runtime folder.

The page names the file, never an address, so that nobody can make the server connect to anything else.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
from pathlib import Path

_ID = re.compile(r"[0-9a-f]{32}")
_PREFIX = "realtime-widgets-lane-"


def announce(port: int) -> str:
    """Write down on which port of this machine this process's lane is served; return the lane's id.

    Without Jupyter's folders, as in a plain Python, nothing is written: the id is empty.
    """
    folder = _folder()
    if folder is None:
        return ""
    _tidy(folder)
    lane_id = secrets.token_hex(16)
    opened = os.open(_path(folder, lane_id), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(opened, "w") as file:
        json.dump({"port": port, "pid": os.getpid()}, file)
    return lane_id


def find(lane_id: str) -> int | None:
    """Return the port of a lane; None if there is none of that id."""
    folder = _folder()
    if folder is None or not _ID.fullmatch(lane_id):
        return None
    try:
        port = json.loads(_path(folder, lane_id).read_text())["port"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return port if isinstance(port, int) and 0 < port < 65536 else None


def withdraw(lane_id: str) -> None:
    """Remove what `announce` wrote."""
    folder = _folder()
    if folder is not None and _ID.fullmatch(lane_id):
        with contextlib.suppress(OSError):
            _path(folder, lane_id).unlink()


def _folder() -> Path | None:
    try:
        from jupyter_core.paths import jupyter_runtime_dir

        folder = Path(jupyter_runtime_dir())
        folder.mkdir(parents=True, exist_ok=True)
    except (ImportError, OSError):
        return None
    return folder


def _path(folder: Path, lane_id: str) -> Path:
    return folder / f"{_PREFIX}{lane_id}.json"


def _tidy(folder: Path) -> None:
    """Remove what kernels that were killed have left."""
    for path in folder.glob(f"{_PREFIX}*.json"):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            pid = int(json.loads(path.read_text())["pid"])
            if not _lives(pid):
                path.unlink()


def _lives(pid: int) -> bool:
    if os.name == "nt":  # where signal 0 would end the process
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
