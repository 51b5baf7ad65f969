"""The turns of a session, and which of them a response or a question belongs to. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_widgets.turns import Turn

if TYPE_CHECKING:
    from collections.abc import Callable


class TurnLedger:
    """Keeps every turn.

    Parameters
    ----------
    new_id
        Of the session's core.

    Attributes
    ----------
    all
        Every turn by its id, oldest first.
    """

    def __init__(self, new_id: Callable[[str], str]) -> None:
        self.all: dict[str, Turn] = {}
        self._new_id = new_id
        self._of_response: dict[str, str] = {}
        self._of_question: dict[str, str] = {}

    def begin(self, keep_audio: bool = False, spoken: bool = False) -> Turn:
        """Begin a turn."""
        return self.add(Turn(self._new_id("turn"), keep_audio, spoken))

    def add(self, turn: Turn) -> Turn:
        """Take a turn that has its id already."""
        self.all[turn.id] = turn
        return turn

    def remove(self, turn: Turn) -> None:
        """Forget a turn."""
        del self.all[turn.id]

    def get(self, turn_id: str) -> Turn | None:
        """Return the turn of this id, where there is one."""
        return self.all.get(turn_id)

    def asked(self, turn: Turn, event_id: str) -> None:
        """Note which event brings the question of a turn."""
        self._of_question[event_id] = turn.id

    def asked_by(self, event_id: str) -> Turn | None:
        """Return the turn whose question an event brought."""
        return self.get(self._of_question.get(event_id, ""))

    def answered(self, turn: Turn, response_id: str) -> None:
        """Note that a response belongs to a turn."""
        self._of_response[response_id] = turn.id
        turn.response_ids.append(response_id)

    def id_of(self, response_id: str) -> str:
        """Return the id of the turn that a response belongs to, empty where it belongs to none."""
        return self._of_response.get(response_id, "")

    def of(self, response_id: str) -> Turn | None:
        """Return the turn that a response belongs to, where there is one."""
        return self.get(self.id_of(response_id))
