"""What MCP servers answer, as a table."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from mcp.types import CallToolResult

from realtime_widgets.tools.mcp.results import error_of, value_of

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
DATA = base64.b64encode(PNG).decode()


def answer(*content: dict[str, Any], **fields: Any) -> CallToolResult:
    return CallToolResult.model_validate({"content": list(content), **fields})


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


@pytest.mark.parametrize(
    ("result", "value"),
    [
        (answer(text("one")), "one"),
        (answer(text("one"), text("two")), ["one", "two"]),
        (answer(text("5"), structuredContent={"result": 5}), "5"),
        (answer(structuredContent={"result": 5}), {"result": 5}),
        (answer(), None),
        (answer({"type": "image", "data": DATA, "mimeType": "image/png"}), PNG),
        (
            answer({"type": "image", "data": DATA, "mimeType": "image/webp"}),
            "<28 bytes of image/webp, which cannot be passed on>",
        ),
        (
            answer({"type": "image", "data": "x", "mimeType": "image/png"}),
            "<image/png that cannot be decoded>",
        ),
        (
            answer({"type": "audio", "data": DATA, "mimeType": "audio/wav"}),
            "<sound (audio/wav), which cannot be passed on>",
        ),
        (
            answer({"type": "resource_link", "name": "log", "uri": "file:///log"}),
            "<resource log: file:///log>",
        ),
        (answer({"type": "resource", "resource": {"uri": "file:///a", "text": "inside"}}), "inside"),
        (
            answer({"type": "resource", "resource": {"uri": "file:///a", "blob": DATA, "mimeType": "image/png"}}),
            PNG,
        ),
        (
            answer({"type": "resource", "resource": {"uri": "file:///a", "blob": DATA}}),
            "<28 bytes of binary data, which cannot be passed on>",
        ),
    ],
)
def test_each_kind_of_part_is_read(result: CallToolResult, value: Any) -> None:
    assert value_of(result) == value


def test_an_error_says_what_its_texts_say() -> None:
    assert error_of(answer(text("no such city"), text("try Bath"), isError=True)) == "no such city\ntry Bath"
    assert error_of(answer(isError=True)) == "the server reported an error without a text"
