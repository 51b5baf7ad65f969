"""What a session asks of a transport that plays its answers in real time, as a call does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Cut:
    """The audio of an answer that was not played to its end; `heard_ms` of it were."""

    item_id: str
    content_index: int
    heard_ms: int


@dataclass(frozen=True)
class ClearedAnswer:
    """A response whose audio was silenced, and the parts that were cut by it."""

    response_id: str
    cuts: Sequence[Cut]


class OutputBuffer(Protocol):
    """Audio on its way to the user's ear."""

    def clear(self) -> Sequence[ClearedAnswer]:
        """Silence what plays or waits to be played; return what was cut, empty if nothing was."""
