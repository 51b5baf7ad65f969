"""The environment with openai-agents, which needs an older `websockets` than everything else."""

from __future__ import annotations

from pathlib import Path

from devtools.environments.environments import make_environment

_ROOT = Path(__file__).parents[2]
_ENVIRONMENT = _ROOT / ".venv-agents"
_REQUIREMENTS = _ROOT / "tests" / "official_clients" / "python" / "requirements.txt"


def python_with_agents() -> Path:
    """Return a Python with openai-agents, made at its first use. Raise `EnvironmentMissingError` if that fails."""
    return make_environment(_ENVIRONMENT, _REQUIREMENTS)
