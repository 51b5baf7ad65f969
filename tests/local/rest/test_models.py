"""The list of models through the official client."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import openai
import pytest

from tests.local.rest.conftest import KEY

if TYPE_CHECKING:
    from tests.local.rest.conftest import Service


async def test_models_are_listed_and_every_name_is_known(service: Service) -> None:
    listed = [model async for model in service.client.models.list()]
    assert [(model.id, model.object) for model in listed] == [("local-stand-in", "model")]
    assert (await service.client.models.retrieve("gpt-audio")).id == "local-stand-in"


async def test_sync_client(service: Service) -> None:
    def names() -> list[str]:
        with openai.OpenAI(base_url=service.url, api_key=KEY) as client:
            return [model.id for model in client.models.list()]

    assert await asyncio.to_thread(names) == ["local-stand-in"]


async def test_wrong_key_is_told(service: Service) -> None:
    async with openai.AsyncOpenAI(base_url=service.url, api_key="wrong", max_retries=0) as client:
        with pytest.raises(openai.AuthenticationError) as refused:
            await client.models.list()
    assert refused.value.code == "invalid_api_key"
