"""The environment of openai-agents, which wants an older `websockets` than everything else here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]
ENVIRONMENT = _ROOT / ".venv-agents"
REQUIREMENTS = _ROOT / "tests" / "official_clients" / "python" / "requirements.txt"


class EnvironmentMissingError(RuntimeError):
    """The environment cannot be made; the text says what pip or venv said."""


def python_with_agents() -> Path:
    """Return a Python with openai-agents, in an environment of its own that is made once.

    Raises
    ------
    EnvironmentMissingError
        Where it cannot be made.
    """
    python = ENVIRONMENT / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    wanted = REQUIREMENTS.read_text()
    installed = ENVIRONMENT / "installed.txt"
    if not installed.exists() or installed.read_text() != wanted:
        _run([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)])
        _run(
            [
                str(python),
                "-I",
                "-m",
                "pip",
                "install",
                "--disable-pip-version-check",
                "-q",
                "-r",
                str(REQUIREMENTS),
            ]
        )
        installed.write_text(wanted)
    return python


def _run(command: list[str]) -> None:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        text = f"the environment of openai-agents cannot be made; {' '.join(command)}:"
        raise EnvironmentMissingError(f"{text}\n{result.stdout}{result.stderr}")
