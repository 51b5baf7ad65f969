"""Commands to the player of a session. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from realtime_widgets.core.playback.pacing import Block


@dataclass(frozen=True)
class Play:
    """Hand this block to the player."""

    block: Block


@dataclass(frozen=True)
class Silence:
    """Silence the player and report its final positions to `SessionCore.silenced`."""
