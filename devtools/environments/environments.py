"""Makes separate Python environments, for packages that conflict with those of the tests."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class EnvironmentMissingError(RuntimeError):
    """The environment cannot be made; the text contains the output of pip or venv."""


def environment_python(folder: Path) -> Path:
    """Return the Python of the environment in `folder`."""
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def is_made(folder: Path, requirements: Path) -> bool:
    """Return whether the environment exists and was made from these requirements."""
    installed = folder / "installed.txt"
    return installed.exists() and installed.read_text() == requirements.read_text()


def make_environment(folder: Path, requirements: Path) -> Path:
    """Make the environment if it does not exist, or was made from other requirements. Return its Python.

    Raises EnvironmentMissingError, with the reason, if it cannot be made.
    """
    python = environment_python(folder)
    if not is_made(folder, requirements):
        _run(folder, [sys.executable, "-m", "venv", "--clear", str(folder)])
        install = ["-I", "-m", "pip", "install", "--disable-pip-version-check", "-q", "-r", str(requirements)]
        _run(folder, [str(python), *install])
        (folder / "installed.txt").write_text(requirements.read_text())
    return python


def _run(folder: Path, command: list[str]) -> None:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        text = f"{result.stdout}{result.stderr}".strip()
        raise EnvironmentMissingError(
            f"the environment {folder.name} cannot be made; {' '.join(command)}:\n{text}"
        )
