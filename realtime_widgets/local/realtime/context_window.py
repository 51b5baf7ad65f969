"""What of a conversation still fits into the model's window: the oldest items are dropped, as asked. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from realtime_widgets.local.realtime.errors import INVALID_REQUEST, RequestRefusedError
from realtime_widgets.local.realtime.usage import text_tokens

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from realtime_widgets.local.realtime.conversation import Item

#: Tokens that a response may depend on: the service's window of 32,768 less 4,096 for the answer.
MAX_INPUT_TOKENS = 28_672
#: Tokens of instructions and tools together.
MAX_HEAD_TOKENS = 16_384


def head(instructions: str, tools: Sequence[Mapping[str, Any]]) -> str:
    """Text that goes before the conversation."""
    return instructions + (msgspec.json.encode(tools).decode() if tools else "")


def head_tokens(instructions: str, tools: Sequence[Mapping[str, Any]]) -> int:
    """Tokens of instructions and tools."""
    return text_tokens(head(instructions, tools))


class ContextWindow:
    """Remembers which items of the conversation have been dropped: they do not come back."""

    def __init__(self) -> None:
        self._dropped: set[str] = set()

    def fitted(self, items: Sequence[Item], head_size: int, truncation: Any, standing: bool = True) -> list[Item]:
        """Drop the oldest items where they do not all fit.

        Parameters
        ----------
        items
            Items that a response depends on, oldest first.
        head_size
            Tokens of instructions and tools.
        truncation
            ``auto``, ``disabled`` or the protocol's object of type ``retention_ratio``.
        standing
            Whether `items` are the conversation; what is dropped is then dropped for good.

        Raises
        ------
        RequestRefusedError
            Where something had to be dropped and `truncation` is ``disabled``.
        """
        limit, ratio = MAX_INPUT_TOKENS - head_size, 1.0
        if isinstance(truncation, dict):
            ratio = truncation["retention_ratio"]
            limit = min(limit, _own_limit(truncation, limit))
        kept = [item for item in items if not standing or item.id not in self._dropped]
        sizes = [item.prompt_part().tokens.total for item in kept]
        size = sum(sizes)
        if size <= limit:
            return kept
        if truncation == "disabled":
            raise RequestRefusedError(
                "context_length_exceeded",
                f"The conversation has {size + head_size} tokens, the model takes {MAX_INPUT_TOKENS}, "
                "and truncation is disabled: delete items, or set 'truncation' to 'auto'.",
                kind=INVALID_REQUEST,
            )
        count = 0
        # The last item stays whatever its size: without it there is nothing to answer.
        while size > limit * ratio and count < len(kept) - 1:
            size -= sizes[count]
            count += 1
        if standing:
            self._dropped.update(item.id for item in kept[:count])
        return kept[count:]


def _own_limit(truncation: Mapping[str, Any], limit: int) -> int:
    own = (truncation.get("token_limits") or {}).get("post_instructions")
    return limit if own is None else int(own)
