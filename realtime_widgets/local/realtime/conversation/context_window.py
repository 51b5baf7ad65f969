"""Fits a conversation into the model's context window by dropping its oldest items, as configured. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realtime_widgets.local.api.errors import INVALID_REQUEST, RequestRefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from realtime_widgets.local.realtime.conversation.conversation import Item


class ContextWindow:
    """Remembers which items of the conversation were dropped: they do not come back.

    Parameters
    ----------
    max_input_tokens
        Largest input of a response.
    """

    def __init__(self, max_input_tokens: int) -> None:
        self._most = max_input_tokens
        self._dropped: set[str] = set()

    def fitted(
        self,
        items: Sequence[Item],
        head_size: int,
        truncation: Any,
        standing: bool = True,
        *,
        in_earnest: bool = True,
    ) -> list[Item]:
        """Return the items without the oldest ones if not all of them fit.

        Parameters
        ----------
        items
            Items that a response depends on, oldest first.
        head_size
            Tokens of instructions and tools.
        truncation
            ``auto``, ``disabled`` or the protocol's object of type ``retention_ratio``.
        standing
            Whether `items` are the conversation itself; what is dropped is then dropped for good.
        in_earnest
            False changes nothing: the response may never be made.

        Raises
        ------
        RequestRefusedError
            If items would have to be dropped and `truncation` is ``disabled``.
        """
        limit, ratio = self._most - head_size, 1.0
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
                f"The conversation has {size + head_size} tokens, the model takes {self._most}, "
                "and truncation is disabled: delete items, or set 'truncation' to 'auto'.",
                kind=INVALID_REQUEST,
            )
        count = 0
        # The last item stays whatever its size: it is what there is to answer.
        while size > limit * ratio and count < len(kept) - 1:
            size -= sizes[count]
            count += 1
        if standing and in_earnest:
            self._dropped.update(item.id for item in kept[:count])
        return kept[count:]


def _own_limit(truncation: Mapping[str, Any], limit: int) -> int:
    own = (truncation.get("token_limits") or {}).get("post_instructions")
    return limit if own is None else int(own)
