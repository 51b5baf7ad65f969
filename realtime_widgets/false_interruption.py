"""Whether sound that stopped an answer was speech. Pure; time comes in as `Wake`.

Turn detection takes a cough or a door for speech. The answer falls silent at once, and what was not heard of it
is kept until it is known what the sound was:

- It was **speech** as soon as words of it arrive, or the service begins a response by itself. A button and
  typed text are never in doubt.
- It was **none** once its transcript is empty, or neither words nor a response came within the time limit after
  its end. A person who speaks on before that is still in doubt: the limit begins anew.
- Where the service has cut an answer while it was still being made, it may make it again: then an empty
  transcript alone does not do, the time limit decides.
- Where neither words nor a response can come (no transcription, and turns that are not answered by
  themselves), nothing could ever tell: it was speech.

An answer goes on once. Words and responses that come after it went on stop it again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from realtime_widgets.turns import Wake

Verdict = Literal["speech", "none"]


@dataclass
class Doubt:
    """One interruption, from the first sound until it is known what it was, and while it may turn out wrong.

    Parameters
    ----------
    limit_s
        Seconds after the sound's end in which words or a response must come.
    answers_itself
        Whether the service answers turns by itself.
    responses
        Responses that were being heard or made.
    """

    limit_s: float
    answers_itself: bool
    responses: set[str] = field(default_factory=set)
    #: Parts that were being heard, and the sound's items: whether each is known to be empty.
    item_ids: list[str] = field(default_factory=list)
    went_on: bool = False
    #: Responses whose consequences wait for the verdict.
    waiting: list[str] = field(default_factory=list)
    cut_by_service: bool = False
    _sounds: dict[str, bool] = field(default_factory=dict)
    _sounding: bool = True
    _wake: str = ""

    def started(self, item_id: str) -> None:
        """Note that there is sound (again)."""
        self._sounding, self._wake = True, ""
        if item_id:
            self._sounds[item_id] = False

    def ended(self, item_id: str, wake_id: str) -> Wake:
        """Note that the sound is over."""
        self._sounding, self._wake = False, wake_id
        if item_id:
            self._sounds.setdefault(item_id, False)
        return Wake(wake_id, self.limit_s)

    def heard(self, item_id: str, words: str, final: bool) -> Verdict | None:
        """Take words of a spoken item, or the word that there are none."""
        if item_id not in self._sounds:
            return None
        if words.strip():
            return "speech"
        self._sounds[item_id] |= final
        made_again = self.cut_by_service and self.answers_itself
        known = not self._sounding and all(self._sounds.values())
        return "none" if known and not made_again else None

    def unreadable(self, item_id: str) -> Verdict | None:
        """Take the word that an item could not be written down."""
        return "speech" if item_id in self._sounds and not self.answers_itself else None

    def time_is_up(self, wake_id: str) -> Verdict | None:
        """Take the end of a time limit."""
        return "none" if wake_id == self._wake and not self._sounding else None
