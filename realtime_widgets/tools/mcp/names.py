"""Names for the tools of MCP servers that the service takes and nobody else has. Pure."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container

#: Longest name of a tool that the service takes, in characters.
MAX_NAME = 64
_ILLEGAL = re.compile(r"[^a-zA-Z0-9_-]+")


def legal_name(name: str) -> str:
    """Return a name in the service's pattern: others' characters become ``_``, a long one ends in a digest."""
    legal = _ILLEGAL.sub("_", name) or "tool"
    if len(legal) <= MAX_NAME:
        return legal
    digest = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:8]
    return f"{legal[: MAX_NAME - 9]}_{digest}"


def free_name(tool: str, server: str, taken: Container[str], prefix: bool) -> str:
    """Return the name under which a server's tool is called.

    Parameters
    ----------
    tool, server
        As the server calls it, and what the server is called here.
    taken
        Names that mean something else.
    prefix
        Whether the server's name always stands before it; otherwise it does where the name is taken.
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
