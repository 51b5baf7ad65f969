"""Names for the tools of MCP servers: legal for the service, and unique. Pure."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container

#: Longest tool name that the service accepts, in characters.
MAX_NAME = 64
_ILLEGAL = re.compile(r"[^a-zA-Z0-9_-]+")


def legal_name(name: str) -> str:
    """Return a name that the service accepts: other characters become ``_``, a long name ends with a digest."""
    legal = _ILLEGAL.sub("_", name) or "tool"
    if len(legal) <= MAX_NAME:
        return legal
    digest = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:8]
    return f"{legal[: MAX_NAME - 9]}_{digest}"


def free_name(tool: str, server: str, taken: Container[str], prefix: bool) -> str:
    """Return the name under which the model calls a server's tool.

    Parameters
    ----------
    tool
        The server's name of the tool.
    server
        Name of the server in this session.
    taken
        Names that are in use.
    prefix
        Whether to always prepend the name of the server; otherwise it is prepended only if the name is in use.
    """
    candidates = [legal_name(f"{server}_{tool}")]
    if not prefix:
        candidates.insert(0, legal_name(tool))
    for name in candidates:
        if name not in taken:
            return name
    number = 2
    while (name := legal_name(f"{server}_{tool}_{number}")) in taken:
        number += 1
    return name
