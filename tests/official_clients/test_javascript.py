"""The official JavaScript clients talk with the endpoint and its real models: a tool call and an interruption."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.official_clients.conftest import NPM

if TYPE_CHECKING:
    from realtime_widgets.local.server.child_process import EmbeddedEndpoint

pytestmark = [pytest.mark.models, pytest.mark.timeout(600), pytest.mark.usefixtures("packages")]


def talk(script: str, embedded: EmbeddedEndpoint, spoken: list[str]) -> dict[str, Any]:
    """Run a script of the package and return what it saw."""
    result = subprocess.run(
        [*NPM, "run", "--silent", script, "--", embedded.url, *spoken],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "ENDPOINT_KEY": embedded.api_key},
        timeout=480,
    )
    assert result.returncode == 0, result.stderr
    seen: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return seen


def test_openai_holds_a_spoken_talk(embedded: EmbeddedEndpoint, spoken: list[str]) -> None:
    seen = talk("openai", embedded, spoken)
    assert "weather" in seen["transcript"].lower()
    assert json.loads(seen["arguments"])["city"].lower() == "paris"
    assert seen["audio_bytes"] > 4800
    assert seen["interrupted"]
    assert seen["truncated_ms"] == 200


def test_agents_realtime_holds_a_spoken_talk(embedded: EmbeddedEndpoint, spoken: list[str]) -> None:
    seen = talk("agents", embedded, spoken)
    assert "weather" in seen["transcript"].lower()
    assert seen["arguments"]["city"].lower() == "paris"
    assert "sunny" in seen["answer"].lower()
    assert seen["audio_bytes"] > 4800
    assert seen["interrupted"]
    assert 0 <= seen["truncated_ms"] < seen["audio_bytes"] / 48
