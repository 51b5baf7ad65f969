"""Turns the answer of an MCP server into the value that the tool returns. Pure."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcp.types import CallToolResult


def value_of(result: CallToolResult) -> Any:
    """Return the value of an answer: its parts, or its structured content if it has no parts.

    A single part is returned as it is, several as a list. PNG and JPEG images are the bytes of their files, so
    that they are sent to the model as images.
    """
    parts = [_part(block) for block in result.content]
    if not parts:
        return result.structured_content
    return parts[0] if len(parts) == 1 else parts


def error_of(result: CallToolResult) -> str:
    """Return the text of an answer that is an error."""
    texts = [block.text for block in result.content if block.type == "text"]
    return "\n".join(texts).strip() or "the server reported an error without a text"


def _part(block: Any) -> Any:
    match block.type:
        case "text":
            return block.text
        case "image":
            return _binary(block.data, block.mime_type)
        case "audio":
            return f"<sound ({block.mime_type}), which cannot be passed on>"
        case "resource_link":
            return f"<resource {block.name}: {block.uri}>"
        case "resource" if getattr(block.resource, "text", None) is not None:
            return block.resource.text
        case "resource":
            return _binary(block.resource.blob, block.resource.mime_type)
        case kind:
            return f"<a part of the kind {kind}, which cannot be passed on>"


def _binary(data: str, kind: str | None) -> bytes | str:
    try:
        decoded = base64.b64decode(data)
    except (binascii.Error, ValueError):
        return f"<{kind or 'binary data'} that cannot be decoded>"
    if kind in ("image/png", "image/jpeg"):
        return decoded
    return f"<{len(decoded):,} bytes of {kind or 'binary data'}, which cannot be passed on>"
