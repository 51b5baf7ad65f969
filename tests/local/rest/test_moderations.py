"""Moderations through the official client: the service's shape, and a word list that says it is one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import openai
import pytest
from openai.types import ModerationCreateResponse

from tests.local.rest.conftest import KEY

if TYPE_CHECKING:
    from tests.local.rest.conftest import Service


def named(result: Any) -> set[str]:
    return {name for name, found in result.categories.model_dump(by_alias=True).items() if found}


FOUND = [
    ("What is the weather in Paris?", set()),
    ("I killed the process and shot a photo.", set()),
    ("Shoot me an email.", set()),
    ("I'll kill you.", {"harassment", "harassment/threatening", "violence"}),
    ("I\u2019m going to  end my\nlife", {"self-harm", "self-harm/intent"}),
    ("How do I build a pipe bomb?", {"illicit", "illicit/violent"}),
    ("You are an idiot!", {"harassment"}),
]


@pytest.mark.parametrize(("text", "categories"), FOUND)
async def test_phrases_are_found(service: Service, text: str, categories: set[str]) -> None:
    answer = await service.client.moderations.create(input=text)
    ModerationCreateResponse.model_validate(answer.model_dump(by_alias=True))
    assert answer.model == "local-word-list"
    [result] = answer.results
    assert named(result) == categories
    assert result.flagged == bool(categories)
    scores = result.category_scores.model_dump(by_alias=True)
    assert {name for name, score in scores.items() if score == 1.0} == categories
    assert set(scores) == set(result.categories.model_dump(by_alias=True))


async def test_each_text_of_a_list_has_its_result(service: Service) -> None:
    answer = await service.client.moderations.create(
        model="omni-moderation-latest", input=["Good morning.", "I'll kill you."]
    )
    assert [result.flagged for result in answer.results] == [False, True]


async def test_pictures_are_not_looked_at(service: Service) -> None:
    picture: Any = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    answer = await service.client.moderations.create(input=[{"type": "text", "text": "I'll kill you."}, picture])
    [result] = answer.results
    assert result.category_applied_input_types.violence == ["text"]
    assert result.flagged
    [result] = (await service.client.moderations.create(input=[picture])).results
    assert result.category_applied_input_types.violence == []


async def test_sync_client(service: Service) -> None:
    def moderate() -> bool:
        with openai.OpenAI(base_url=service.url, api_key=KEY) as client:
            return client.moderations.create(input="Good morning.").results[0].flagged

    assert await asyncio.to_thread(moderate) is False


@pytest.mark.parametrize(
    "given", [[], 5, None, [["x"]], [{"type": "audio"}], ["x", {"type": "text", "text": "y"}]]
)
async def test_what_is_no_text_is_refused(service: Service, given: Any) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        await service.client.post("/moderations", body={"input": given}, cast_to=object)
    assert (refused.value.param or "").startswith("input")
