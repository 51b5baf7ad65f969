"""The environment with openai-agents, which wants an older `websockets` than the rest runs with."""

from __future__ import annotations

from pathlib import Path

from tests.support.environments import make_environment

_ROOT = Path(__file__).parents[2]
_ENVIRONMENT = _ROOT / ".venv-agents"
_REQUIREMENTS = _ROOT / "tests" / "official_clients" / "python" / "requirements.txt"


def python_with_agents() -> Path:
    """Python with openai-agents; made at its first use. `EnvironmentMissingError` says what keeps it from that."""
    return make_environment(_ENVIRONMENT, _REQUIREMENTS)
