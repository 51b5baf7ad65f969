"""Frames as JSON: halves of surrogate pairs are replaced both ways, and what is nested too deep is refused."""

from __future__ import annotations

import re
from typing import Any

import msgspec

#: Deepest nesting of a frame: what reads and writes it further on goes down by itself.
MAX_DEPTH = 200
#: Most characters of a frame that cannot be nested deeper: each level opens and closes.
SHALLOW = 2 * MAX_DEPTH
_TOO_DEEP = f"a frame from the server is nested deeper than {MAX_DEPTH} levels"
#: An escape in JSON, or one of half a surrogate pair.
_ESCAPES = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
_encoder = msgspec.json.Encoder()


def encode_json(value: Any, encoder: msgspec.json.Encoder = _encoder) -> bytes:
    """Return a value as JSON; half a surrogate pair, which cannot be sent, becomes a question mark.

    Parameters
    ----------
    value
        An event, or what an event is made of.
    encoder
        Writes the JSON; one with a hook also writes values that JSON does not know.
    """
    try:
        return encoder.encode(value)
    except UnicodeEncodeError:
        return encoder.encode(_without_halves(msgspec.to_builtins(value, enc_hook=encoder.enc_hook)))


def decode_json(frame: str | bytes) -> Any:
    """Return what a frame holds; half a surrogate pair becomes U+FFFD.

    Parameters
    ----------
    frame
        A frame of the server.

    Raises
    ------
    ValueError
        If it is not JSON, or is nested deeper than `MAX_DEPTH`.
    """
    try:
        value = _decoded(frame)
    except msgspec.DecodeError as error:
        raise ValueError(f"a frame from the server is not JSON: {error}") from None
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    check_depth(frame, value)
    return value


def check_depth(frame: str | bytes, value: Any = None) -> None:
    """Raise an error if a frame is nested too deep.

    Parameters
    ----------
    frame
        A frame of the server.
    value
        What it holds, if it has been decoded.

    Raises
    ------
    ValueError
        If it is nested deeper than `MAX_DEPTH`.
    """
    if _openings(frame) <= MAX_DEPTH:
        return
    level = [_decoded(frame) if value is None else value]
    for _ in range(MAX_DEPTH):
        nested = [each for each in level if isinstance(each, dict | list)]
        level = [child for each in nested for child in (each.values() if isinstance(each, dict) else each)]
    if any(isinstance(each, dict | list) for each in level):
        raise ValueError(_TOO_DEEP)


def _openings(frame: str | bytes) -> int:
    if isinstance(frame, bytes):
        return frame.count(b"[") + frame.count(b"{")
    return frame.count("[") + frame.count("{")


def _decoded(frame: str | bytes) -> Any:
    try:
        return msgspec.json.decode(frame)
    except msgspec.DecodeError:
        # A server that cuts text between two UTF-16 units sends half a surrogate pair.
        text = frame if isinstance(frame, str) else frame.decode(errors="replace")
        mended = _ESCAPES.sub(lambda found: r"\ufffd" if found["half"] else found[0], text)
        if mended == text:
            raise
        return msgspec.json.decode(mended)


def _without_halves(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, dict):
        return {_without_halves(name): _without_halves(each) for name, each in value.items()}
    return [_without_halves(each) for each in value] if isinstance(value, list | tuple) else value
