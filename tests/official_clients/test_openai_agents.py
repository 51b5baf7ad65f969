"""openai-agents, in an environment of its own, talks with the endpoint and its real models.

It wants an older `websockets` than the one that the rest of the tests run with.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from realtime_widgets.local.process import EmbeddedEndpoint

pytestmark = [pytest.mark.models, pytest.mark.timeout(600)]

ENVIRONMENT = Path(__file__).parents[2] / ".venv-agents"
SCRIPTS = Path(__file__).parent / "python"


@pytest.fixture(scope="module")
def agents_python() -> Path:
    """Python with openai-agents; made once, what keeps it from being made is the test's error."""
    python = ENVIRONMENT / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    wanted = (SCRIPTS / "requirements.txt").read_text()
    installed = ENVIRONMENT / "installed.txt"
    if not installed.exists() or installed.read_text() != wanted:
        _run([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)])
        requirements = str(SCRIPTS / "requirements.txt")
        _run([str(python), "-I", "-m", "pip", "install", "--disable-pip-version-check", "-q", "-r", requirements])
        installed.write_text(wanted)
    return python


def _run(command: list[str]) -> None:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    text = f"the environment of openai-agents cannot be made; {' '.join(command)}:\n{result.stdout}{result.stderr}"
    assert result.returncode == 0, text


def test_the_realtime_runner_holds_a_spoken_talk(
    agents_python: Path, embedded: EmbeddedEndpoint, spoken: list[str]
) -> None:
    # Its traces would go to the service.
    environment = os.environ | {"ENDPOINT_KEY": embedded.api_key, "OPENAI_AGENTS_DISABLE_TRACING": "1"}
    result = subprocess.run(
        # -I: it must find its own packages only.
        [str(agents_python), "-I", str(SCRIPTS / "agents_runner.py"), embedded.url, *spoken],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    seen = json.loads(result.stdout.splitlines()[-1])
    assert "weather" in seen["transcript"].lower()
    assert seen["arguments"]["city"].lower() == "paris"
    assert "sunny" in seen["answer"].lower()
    assert seen["audio_bytes"] > 4800
    assert seen["interrupted"]
    assert 0 <= seen["truncated_ms"] < seen["audio_bytes"] / 48
