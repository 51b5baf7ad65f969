"""From what a tool returned to what the model gets: a text, and pictures that follow it."""

from __future__ import annotations

from typing import Any

from realtime_widgets.pictures import MAX_BYTES, Picture, picture_of
from realtime_widgets.tools.output import OUTPUT_LIMIT, encode_output
from realtime_widgets.tools.tables import table_of

#: Pictures of one result that are passed on.
MAX_PICTURES = 4


def encode_result(value: Any, limit: int = OUTPUT_LIMIT) -> tuple[str, list[Picture]]:
    """Turn a result into the output's text and the pictures that go to the model after it.

    Frames become tables. Pictures and frames are also found as the entries of a list, a tuple or a dict;
    there the text says where they stood. All else is as `encode_output` has it.

    Parameters
    ----------
    value
        What the tool returned.
    limit
        Longest text in bytes of UTF-8.
    """
    pictures: list[Picture] = []
    taken = _taken(value, pictures)
    if taken is value and type(value) in (list, tuple):
        taken = [_taken(each, pictures) for each in value]
    elif taken is value and type(value) is dict:
        taken = {key: _taken(each, pictures) for key, each in value.items()}
    return encode_output(taken, limit), pictures


def _taken(value: Any, pictures: list[Picture]) -> Any:
    """Return what stands in the text for a frame or a picture; anything else as it is."""
    if (table := table_of(value)) is not None:
        return table
    picture = picture_of(value)
    if picture is None:
        return value
    if len(picture.data) > MAX_BYTES:
        return f"<a picture of {len(picture.data):,} bytes, too large to be passed on: make it smaller>"
    if len(pictures) == MAX_PICTURES:
        return f"<one more picture, not passed on: {MAX_PICTURES} are the most>"
    pictures.append(picture)
    return f"<picture {len(pictures)}, in the message after this output>"
