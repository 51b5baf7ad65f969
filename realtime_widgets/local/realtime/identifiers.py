"""Identifiers in the service's style: a prefix and 21 random characters."""

from __future__ import annotations

import secrets


def new_id(prefix: str) -> str:
    """Make an identifier such as ``item_3f9c...``; `prefix` comes without the underscore."""
    return f"{prefix}_{secrets.token_hex(11)[:21]}"
