"""Other projects' newest clients hold a talk with the endpoint; only its address and key are set."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from devtools.environments.environments import make_environment
from tests.official_clients.conftest import NPM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realtime_widgets.local.server.child_process import EmbeddedEndpoint

VARIABLE = "REALTIME_NEWEST_CLIENTS"
PROGRAMS = Path(__file__).parent / "programs"
TYPED = "What is the weather in Rome?"

pytestmark = [
    pytest.mark.skipif(VARIABLE not in os.environ, reason=f"{VARIABLE} names no folder for their environments"),
    pytest.mark.models,
    pytest.mark.timeout(1800),
]


@dataclass(frozen=True)
class Client:
    """A Python client, and what its defaults are.

    Attributes
    ----------
    name
        Name of its program, and of the list of what it requires.
    transcribes
        Whether it asks for the transcript of what the user says.
    types_as_user
        Whether a typed message comes as the user's; Pipecat sends it as the system's, which the built-in brain
        takes for no question: it answers the last one again.
    """

    name: str
    transcribes: bool = True
    types_as_user: bool = True


CLIENTS = (
    Client("openai_client", transcribes=False),
    Client("openai_agents_client"),
    Client("pydantic_ai_client"),
    Client("livekit_client"),
    Client("pipecat_client", transcribes=False, types_as_user=False),
    Client("semantic_kernel_client", transcribes=False),
)


@pytest.fixture
def folder() -> Path:
    return Path(os.environ[VARIABLE]).absolute()


def talk(command: Sequence[object], embedded: EmbeddedEndpoint, question: str) -> dict[str, Any]:
    """Run a client's program and return what it saw."""
    result = subprocess.run(
        [*map(str, command), question, TYPED],
        capture_output=True,
        text=True,
        check=False,
        # The traces of openai-agents would go to the service.
        env=os.environ
        | {
            "OPENAI_API_KEY": embedded.api_key,
            "OPENAI_BASE_URL": embedded.url,
            "OPENAI_AGENTS_DISABLE_TRACING": "1",
        },
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    seen: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return seen


def check(seen: dict[str, Any], *, transcribes: bool = True, types_as_user: bool = True) -> None:
    assert (seen["heard"] is not None) == transcribes
    if transcribes:
        assert "weather in paris" in seen["heard"].lower()
    assert [seen["cities"][0], len(seen["cities"])] == ["Paris", 2]
    if types_as_user:
        assert seen["cities"][1] == "Rome"
    assert [answer.strip() for answer in seen["answers"]][-2:] == ["The weather is sunny and warm."] * 2
    assert seen["audio_bytes"] > 48_000


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
def test_a_python_client_holds_a_talk(
    client: Client, folder: Path, embedded: EmbeddedEndpoint, spoken: list[str]
) -> None:
    python = make_environment(folder / client.name, PROGRAMS / f"{client.name}.txt")
    # -I: it must find its own packages only.
    seen = talk([python, "-I", PROGRAMS / f"{client.name}.py"], embedded, spoken[0])
    check(seen, transcribes=client.transcribes, types_as_user=client.types_as_user)


def test_agents_realtime_holds_a_talk(folder: Path, embedded: EmbeddedEndpoint, spoken: list[str]) -> None:
    place = folder / "agents_realtime"
    shutil.copytree(PROGRAMS / "agents_realtime", place, dirs_exist_ok=True)
    npm = [NPM[0], "--prefix", str(place)]
    made = subprocess.run([*npm, "install", "--loglevel=error"], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    check(talk([*npm, "run", "--silent", "talk", "--"], embedded, spoken[0]))
