"""What images cost."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any

import pybase64

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


async def test_a_gigantic_image_is_refused_by_its_size(client: Client) -> None:
    header = struct.pack(">II5B", 20_000, 20_000, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")]
    file = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    image = {"type": "input_image", "image_url": f"data:image/png;base64,{pybase64.b64encode(file).decode()}"}
    await client.send("conversation.item.create", item={"type": "message", "role": "user", "content": [image]})
    error = await client.refused()
    assert error["code"] == "invalid_value"
    assert "more than 178 megapixels; send it smaller" in error["message"]
