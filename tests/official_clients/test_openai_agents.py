"""openai-agents, in an environment of its own, talks with the endpoint and its real models.

It wants an older `websockets` than the one that the rest of the tests run with.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from devtools.environments.agents import python_with_agents

if TYPE_CHECKING:
    from realtime_widgets.local.server.child_process import EmbeddedEndpoint

pytestmark = [pytest.mark.models, pytest.mark.timeout(600)]

SCRIPTS = Path(__file__).parent / "python"


@pytest.fixture(scope="module")
def agents_python() -> Path:
    """Python with openai-agents; what keeps its environment from being made is the test's error."""
    return python_with_agents()


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
        timeout=480,
    )
    assert result.returncode == 0, result.stderr
    seen = json.loads(result.stdout.splitlines()[-1])
    assert "weather" in seen["transcript"].lower()
    assert seen["arguments"]["city"].lower() == "paris"
    assert "sunny" in seen["answer"].lower()
    assert seen["audio_bytes"] > 4800
    assert seen["interrupted"]
    assert 0 <= seen["truncated_ms"] < seen["audio_bytes"] / 48
