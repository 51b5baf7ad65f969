"""What images cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realtime_widgets.local.api.images import image_tokens
from tests.local.support_probes import item

if TYPE_CHECKING:
    from tests.local.conftest import Client


async def ask(client: Client, text: str) -> dict[str, Any]:
    await client.say(text, output_modalities=["text"])
    response: dict[str, Any] = (await client.until("response.done"))["response"]
    return response


def test_images_cost_by_their_size() -> None:
    costs = [image_tokens(*size) for size in ((1, 1, "auto"), (1024, 1024, "high"), (4096, 2048, "high"))]
    assert costs == [85 + 170, 85 + 4 * 170, 85 + 6 * 170]
    assert image_tokens(4096, 4096, "low") == 85


async def test_images_are_counted_with_a_response(client: Client) -> None:
    await client.send("conversation.item.create", item=item("input_image"))
    details = (await ask(client, "hi"))["usage"]["input_token_details"]
    assert details["image_tokens"] == 255
    details = (await ask(client, "hi"))["usage"]["input_token_details"]
    assert details["cached_tokens_details"]["image_tokens"] == 255
