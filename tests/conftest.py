"""Fixtures of more than one folder of tests: sessions that leave nothing behind, the local endpoint."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from realtime_widgets import RealtimeSession
from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.local.server.child_process import EmbeddedEndpoint
from tests.core.cases import NIGHTLY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from realtime_widgets.testing import ScriptedServer

    Open = Callable[..., RealtimeSession]


# How long an example takes says nothing on a machine that does other things too.
# The same examples at each run: a change is judged by itself; the nightly run looks further.
UNTIMED: Any = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("tests", **UNTIMED, derandomize=True)
settings.register_profile("nightly", **UNTIMED, max_examples=NIGHTLY)
settings.load_profile("tests")


@pytest.fixture(scope="module")
def embedded() -> Iterator[EmbeddedEndpoint]:
    """The local endpoint as a process of its own, with its real models."""
    endpoint = EmbeddedEndpoint().start()
    yield endpoint
    endpoint.stop()


def tasks_of_the_engine() -> set[asyncio.Task[Any]]:
    loop = shared_engine().loop

    async def count() -> set[asyncio.Task[Any]]:
        return asyncio.all_tasks(loop) - {asyncio.current_task(loop)}

    return asyncio.run_coroutine_threadsafe(count(), loop).result()


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
        "AZURE_OPENAI_API_KEY",
        "AZURE_OPENAI_ENDPOINT",
        "XAI_API_KEY",
    ):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
async def connect() -> AsyncIterator[Open]:
    """Make sessions that are closed with the test; no task of theirs may outlive them."""
    sessions: list[RealtimeSession] = []

    def make(server: ScriptedServer | str, *arguments: Any, **options: Any) -> RealtimeSession:
        url = server if isinstance(server, str) else server.url
        sessions.append(RealtimeSession(*arguments, endpoint=url, **options))
        return sessions[-1]

    yield make
    for session in sessions:
        await session.close()
    assert tasks_of_the_engine() == set()
    for thread in threading.enumerate():
        if thread.name.startswith("realtime-tool"):
            thread.join(60)
            assert not thread.is_alive()
