"""The official client, unchanged, against a server on loopback."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import openai
import pytest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.local.conftest import Endpoint, StartEndpoint

KEY = "correct-horse"


class Clock:
    """Unix time that a test sets."""

    def __init__(self) -> None:
        self.now = 1_750_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Service:
    """A running endpoint, the official client for it, and its clock."""

    endpoint: Endpoint
    client: openai.AsyncOpenAI
    clock: Clock

    @property
    def url(self) -> str:
        return self.endpoint.url + "/v1"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {KEY}"}


@pytest.fixture
async def service(start_endpoint: StartEndpoint) -> AsyncIterator[Service]:
    clock = Clock()
    endpoint = await start_endpoint(api_key=KEY, clock=clock)
    async with openai.AsyncOpenAI(base_url=endpoint.url + "/v1", api_key=KEY, max_retries=0) as client:
        yield Service(endpoint, client, clock)
