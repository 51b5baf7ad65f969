"""The endpoint with its real models, and what is said to it through the official clients."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from devtools.sound.voice import speak

NPM = [str(Path(__file__).parents[2] / ".ci" / "npm"), "--prefix", str(Path(__file__).parent / "js")]


@pytest.fixture(scope="session")
def packages() -> Path:
    """Install the JavaScript clients and return their folder; what keeps them from it is the test's error."""
    result = subprocess.run([*NPM, "ci", "--loglevel=error"], capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"npm could not install the official clients:\n{result.stderr}"
    return Path(__file__).parent / "js" / "node_modules"


@pytest.fixture(scope="session")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Files of PCM16 at 24 kHz: a question that a tool answers, and an interruption."""
    folder = tmp_path_factory.mktemp("spoken")
    return [
        _pcm(folder / "question.pcm", "What is the weather in Paris?"),
        _pcm(folder / "interruption.pcm", "Stop, please."),
    ]


def _pcm(path: Path, text: str) -> str:
    path.write_bytes((np.clip(speak(text), -1, 1) * 32767).astype("<i2").tobytes())
    return str(path)
