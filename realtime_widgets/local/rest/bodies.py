"""Reads request bodies with limits on their size and time."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from realtime_widgets.local.api.errors import RequestRefusedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

#: Largest number of bytes of a JSON body without audio.
MAX_JSON_BYTES = 1024 * 1024


#: Longest time in seconds for a body to arrive.
UPLOAD_SECONDS = 120.0


@contextlib.asynccontextmanager
async def arriving() -> AsyncIterator[None]:
    """Limit the time of reading a body inside an ``async with`` block.

    Raises
    ------
    RequestRefusedError
        With the code ``request_timeout`` if it takes too long.
    """
    try:
        async with asyncio.timeout(UPLOAD_SECONDS):
            yield
    except TimeoutError:
        text = f"The request body did not arrive within {UPLOAD_SECONDS:g} seconds."
        raise RequestRefusedError("request_timeout", text) from None


def too_large(limit: int) -> RequestRefusedError:
    """Return the refusal of a body of more than `limit` bytes."""
    return RequestRefusedError(
        "request_too_large", f"The request body is larger than {limit} bytes, the limit here."
    )


async def read_body(request: web.Request, limit: int = MAX_JSON_BYTES) -> bytearray:
    """Read the body, unpacked if it came packed.

    Raises
    ------
    RequestRefusedError
        If it is larger than `limit` bytes, broken, or takes too long.
    """
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
    """Read a body that is a JSON object.

    Raises
    ------
    RequestRefusedError
        If it is anything else, or as in `read_body`.
    """
    body = await read_body(request, limit)
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise RequestRefusedError("invalid_json", f"The request body is not valid JSON: {error}.") from None
    if not isinstance(value, dict):
        raise RequestRefusedError("invalid_json", "The request body must be a JSON object.")
    return value
