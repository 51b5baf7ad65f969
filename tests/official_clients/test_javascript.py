"""The official JavaScript client talks with the endpoint and its real models: a tool call and an interruption."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from realtime_widgets.local.process import EmbeddedEndpoint
from tests.support.voice import speak

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.models, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
PACKAGE = Path(__file__).parent / "js"
NPM = [str(ROOT / ".ci" / "npm"), "--prefix", str(PACKAGE)]
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "Get the weather forecast of a city.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string", "description": "Name of the city"}},
        "required": ["city"],
    },
}


@pytest.fixture(scope="module")
def embedded() -> Iterator[EmbeddedEndpoint]:
    endpoint = EmbeddedEndpoint().start()
    yield endpoint
    endpoint.stop()


@pytest.fixture(scope="module", autouse=True)
def packages() -> None:
    """Install the clients; what keeps them from it is the test's error."""
    result = subprocess.run([*NPM, "ci", "--loglevel=error"], capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"npm could not install the official clients:\n{result.stderr}"


def pcm(path: Path, text: str) -> str:
    path.write_bytes((np.clip(speak(text), -1, 1) * 32767).astype("<i2").tobytes())
    return str(path)


def test_openai_holds_a_spoken_talk(embedded: EmbeddedEndpoint, tmp_path: Path) -> None:
    question = pcm(tmp_path / "question.pcm", "What is the weather in Paris?")
    interruption = pcm(tmp_path / "interruption.pcm", "Stop, please.")
    environment = {**os.environ, "ENDPOINT_KEY": embedded.api_key, "TOOL": json.dumps(WEATHER)}
    result = subprocess.run(
        [*NPM, "run", "--silent", "openai", "--", embedded.url, question, interruption],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    seen = json.loads(result.stdout.splitlines()[-1])
    assert "weather" in seen["transcript"].lower()
    assert json.loads(seen["arguments"])["city"].lower() == "paris"
    assert seen["audio_bytes"] > 4800
    assert seen["interrupted"]
    assert seen["truncated_ms"] == 200
