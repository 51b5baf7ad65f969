"""Reads multipart forms with limits: one file and short fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiohttp import BodyPartReader

from realtime_widgets.local.api.errors import RequestRefusedError, invalid_value
from realtime_widgets.local.rest.bodies import arriving, too_large

if TYPE_CHECKING:
    from aiohttp import web

#: Largest number of bytes of a field, and of parts.
_MAX_FIELD_BYTES = 64 * 1024
_MAX_PARTS = 64


@dataclass
class Form:
    """What a form held; `fields` by their names without ``[]``, each with its values in order."""

    file: bytearray | None = None
    fields: dict[str, list[str]] = field(default_factory=dict)

    def one(self, name: str) -> str | None:
        """Return the value of a field; None if it is missing.

        Raises
        ------
        RequestRefusedError
            If it is given more than once.
        """
        values = self.fields.get(name, [])
        if len(values) > 1:
            raise invalid_value(f"Invalid value for '{name}': it is given more than once.", name)
        return values[0] if values else None


async def read_form(request: web.Request, max_file_bytes: int) -> Form:
    """Read a form whose file is in the part ``file``.

    Raises
    ------
    RequestRefusedError
        If the form is broken or too large.
    """
    if not request.content_type.startswith("multipart/"):
        text = f"Invalid Content-Type '{request.content_type}': send multipart/form-data with the part 'file'."
        raise RequestRefusedError("invalid_value", text)
    try:
        async with arriving():
            return await _read(request, max_file_bytes)
    except (RequestRefusedError, ConnectionError):
        raise
    except Exception:  # a broken form raises many kinds of error
        raise RequestRefusedError("invalid_value", "The request body is not a valid multipart form.") from None


async def _read(request: web.Request, max_file_bytes: int) -> Form:
    form = Form()
    reader = await request.multipart()
    count = 0
    while (part := await reader.next()) is not None:
        count += 1
        if count > _MAX_PARTS:
            raise RequestRefusedError("invalid_value", f"The form has more than {_MAX_PARTS} parts.")
        if not isinstance(part, BodyPartReader) or not part.name:
            raise RequestRefusedError("invalid_value", "Each part of the form must be a named field.")
        if part.name == "file":
            form.file = await _read_part(part, max_file_bytes)
        else:
            value = (await _read_part(part, _MAX_FIELD_BYTES)).decode("utf-8", "replace")
            form.fields.setdefault(part.name.removesuffix("[]"), []).append(value)
    return form


async def _read_part(part: BodyPartReader, limit: int) -> bytearray:
    data = bytearray()
    while chunk := await part.read_chunk(256 * 1024):
        data += chunk
        if len(data) > limit:
            raise too_large(limit)
    return data
