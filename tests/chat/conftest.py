"""Chats of the tests, against a server that follows a script; closed at the end."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import pytest

from tests.chat.rest_server import RestServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def server() -> AsyncIterator[RestServer]:
    async with RestServer() as running:
        yield running


@pytest.fixture
async def keep() -> AsyncIterator[Any]:
    """Take what has to be closed at the end."""
    async with AsyncExitStack() as stack:

        def keep(chat: Any) -> Any:
            stack.push_async_callback(chat.close)
            return chat

        yield keep
