"""Estimates which words of an answer were heard before it was cut; no server aligns words with audio. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from realtime_widgets.core.playback.ledger import to_ms

if TYPE_CHECKING:
    from realtime_widgets.core.conversation.items import Item
    from realtime_widgets.core.playback.ledger import PlaybackLedger

#: Rough length of a spoken letter, in milliseconds; used only if not all of the speech came.
MS_PER_LETTER = 65.0
#: What a pause weighs, in letters, after a sentence and after a part of one.
_SENTENCE_PAUSE, _COMMA_PAUSE = 8.0, 3.0
_WORD = re.compile(r"\S+\s*")


def heard_length(text: str, heard_ms: float, received_ms: float, complete: bool) -> int:
    """Estimate how many characters of `text` were heard, up to the end of a word.

    The words are laid over the speech by their length, with pauses at punctuation.

    Parameters
    ----------
    text
        Words of the answer, as far as they came.
    heard_ms, received_ms
        Milliseconds of its speech that were heard, and that came.
    complete
        Whether all of its speech came; if it did not, its words mostly ran ahead of it.

    Returns
    -------
    int
        0 if nothing was heard, ``len(text)`` if everything was.
    """
    if heard_ms <= 0:
        return 0
    words = [(match.end(), _weight(match.group())) for match in _WORD.finditer(text)]
    total = sum(weight for _, weight in words)
    spoken_ms = received_ms if complete else max(received_ms, total * MS_PER_LETTER)
    if not words or heard_ms >= spoken_ms:
        return len(text)
    budget = heard_ms / spoken_ms * total
    end = 0
    for word_end, weight in words:
        budget -= weight
        if budget < 0:
            break
        end = word_end
    return end


def heard_characters(item: Item, ledger: PlaybackLedger) -> int | None:
    """Estimate how many characters of an item were heard; None if it was not cut."""
    states = [state for _, state in ledger.item_parts(item.id)]
    cut = any(state.cut for state in states) or (item.cut_short and bool(states))
    if item.kind != "message" or item.edited or not cut:
        return None
    return characters_at(item, ledger, to_ms(sum(state.heard for state in states)))


def characters_at(item: Item, ledger: PlaybackLedger, heard_ms: float) -> int:
    """Estimate how many characters of an item are said in the first milliseconds of its speech."""
    states = [state for _, state in ledger.item_parts(item.id)]
    complete = all(state.complete for state in states) and item.state == "completed"
    return heard_length(item.text, heard_ms, to_ms(sum(state.received for state in states)), complete)


def _weight(word: str) -> float:
    bare = word.rstrip()
    if bare.endswith((".", "!", "?", ":", ";", "…")):
        return len(bare) + _SENTENCE_PAUSE
    return len(bare) + (_COMMA_PAUSE if bare.endswith(",") else 1.0)
