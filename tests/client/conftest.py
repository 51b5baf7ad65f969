"""Sessions of the tests: made against a scripted server, closed at the end, with nothing left behind."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets import RealtimeSession
from realtime_widgets.engine import shared_engine

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from realtime_widgets.testing import ScriptedServer

    Open = Callable[..., RealtimeSession]


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
            thread.join(5)
            assert not thread.is_alive()
