"""Reads request bodies with a limit, and refuses what is not what it should be."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from realtime_widgets.local.realtime.errors import RequestRefusedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

#: Bytes of a JSON body without sound in it.
MAX_JSON_BYTES = 1024 * 1024


#: Seconds that a body may take to arrive.
UPLOAD_SECONDS = 120.0


@contextlib.asynccontextmanager
async def arriving() -> AsyncIterator[None]:
    """Limit the time that the body read within may take."""
    try:
        async with asyncio.timeout(UPLOAD_SECONDS):
            yield
    except TimeoutError:
        text = f"The request body did not arrive within {UPLOAD_SECONDS:g} seconds."
        raise RequestRefusedError("request_timeout", text) from None


def too_large(limit: int) -> RequestRefusedError:
    """Build the refusal of a body beyond `limit` bytes."""
    return RequestRefusedError(
        "request_too_large", f"The request body is larger than {limit} bytes, the limit here."
    )


async def read_body(request: web.Request, limit: int = MAX_JSON_BYTES) -> bytearray:
    """Read the body; refuses more than `limit` bytes (unpacked, where it came packed)."""
    if (request.content_length or 0) > limit:
        raise too_large(limit)
    body = bytearray()
    try:
        async with arriving():
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > limit:
                    raise too_large(limit)
    except web.RequestPayloadError:
        text = "The request body cannot be unpacked as its Content-Encoding says."
        raise RequestRefusedError("invalid_value", text) from None
    return body


async def read_json(request: web.Request, limit: int = MAX_JSON_BYTES) -> dict[str, Any]:
    """Read a JSON object; refuses everything else."""
    body = await read_body(request, limit)
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise RequestRefusedError("invalid_json", f"The request body is not valid JSON: {error}.") from None
    if not isinstance(value, dict):
        raise RequestRefusedError("invalid_json", "The request body must be a JSON object.")
    return value
