"""Which words of the user may answer a call that asks for consent: said to it, and by nobody else. Pure.

| The utterance began | May allow | May refuse |
|---|---|---|
| before the call asked, or within `REACTION_S` of that | no | no |
| while an answer was playing, or within `ECHO_S` of its end: it may be the assistant's own voice | no | yes |
| when another call, or several, asked | no | no |
| at any other time, also after an answer was stopped, and in push-to-talk, which stops it first | yes | yes |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from realtime_widgets.tools.execution.consent_words import read_answer

if TYPE_CHECKING:
    from realtime_widgets.concurrency.clock import Clock

#: How long a call has asked at least before words can be meant for it, in seconds.
REACTION_S = 0.5
#: How long the room and the sound card may still carry an answer after its end, in seconds.
ECHO_S = 1.0
#: Utterances whose words are waited for at most.
_KEPT = 16


@dataclass(frozen=True)
class Asking:
    """A call that asks, by its id, with the time when it began to, and its limit in seconds if it has one."""

    call_id: str
    asked_at: float
    limit_s: float | None
    #: Whether the user's words count.
    by_voice: bool


@dataclass(frozen=True)
class _Begun:
    call_id: str
    #: Whether it may be the assistant's own voice.
    echo: bool


class Utterances:
    """Follows what the user says, and reads it as an answer if it is one.

    Parameters
    ----------
    clock
        Measures how long a call has asked, and how long it has been silent.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._playing = False
        self._silent_since: float | None = None
        self._begun: dict[str, _Begun] = {}
        self._pressed: _Begun | None = None

    def playing(self, now: bool) -> None:
        """Note whether an answer is playing."""
        if self._playing and not now:
            self._silent_since = self._clock.time()
        self._playing = now

    def began(self, item_id: str, waiting: list[Asking]) -> None:
        """Note that turn detection hears the user begin."""
        since = self._silent_since
        echo = self._playing or (since is not None and self._clock.time() - since < ECHO_S)
        self._keep(item_id, self._meant(waiting), echo)

    def pressed(self, waiting: list[Asking]) -> None:
        """Note that push-to-talk was pressed; what is said has no id until it is committed."""
        call = self._meant(waiting)
        self._pressed = _Begun(call.call_id, echo=False) if call else None

    def committed(self, item_id: str) -> None:
        """Note the id of what was said while the button was pressed."""
        pressed, self._pressed = self._pressed, None
        if pressed is not None and item_id not in self._begun:
            self._begun[item_id] = pressed

    def heard(self, item_id: str, words: str, waiting: list[Asking]) -> tuple[str, bool] | None:
        """Return the call that the words of a whole utterance decide, and how; None if they decide nothing."""
        begun = self._begun.pop(item_id, None)
        if begun is None or [each.call_id for each in waiting] != [begun.call_id]:
            return None
        answer = read_answer(words)
        return None if answer is None or (answer and begun.echo) else (begun.call_id, answer)

    def typed(self, words: str, waiting: list[Asking]) -> tuple[str, bool] | None:
        """Return the call that a typed message decides, and how; None if it decides nothing."""
        call = self._meant(waiting)
        answer = read_answer(words) if call else None
        return None if call is None or answer is None else (call.call_id, answer)

    def _meant(self, waiting: list[Asking]) -> Asking | None:
        """Return the call to which words from now on are said: the only one that asks, if words count there."""
        if len(waiting) != 1 or not waiting[0].by_voice:
            return None
        return waiting[0] if self._clock.time() - waiting[0].asked_at >= REACTION_S else None

    def _keep(self, item_id: str, call: Asking | None, echo: bool) -> None:
        self._begun.pop(item_id, None)
        if call is not None and item_id:
            self._begun[item_id] = _Begun(call.call_id, echo)
            while len(self._begun) > _KEPT:
                del self._begun[next(iter(self._begun))]
