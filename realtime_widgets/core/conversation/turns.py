"""A turn, its tool calls, and the commands with which the core of a session has things done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class ToolCall:
    """A call that the model made; `output` is what went back to it.

    Attributes
    ----------
    refused
        Why it is not run, in words for the model; empty if it is.
    """

    call_id: str
    item_id: str
    response_id: str
    name: str
    arguments: str
    answered: bool = False
    output: str = ""
    refused: str = ""


@dataclass
class Turn:
    """One exchange: what was asked, all responses it took, and how it ended.

    Attributes
    ----------
    id
        Id of the turn and of its request; the session makes the ids of spoken turns.
    spoken
        Whether it began with speech instead of a text.
    response_ids
        Responses in order; tool calls make more than one.
    lost_ids
        Responses that were lost with their connections.
    call_ids
        Tool calls, in order.
    audio
        PCM16 of the answer, if `keep_audio` is set.
    question
        What was asked, if the conversation does not hold it.
    losses
        Connections that were lost while it was being answered.
    settings
        What its further responses do differently from the session.
    awaited
        Whether code waits for the answer: it gets the error if there is none.
    given_up
        Whether who asked waits no longer: no more responses are asked for.
    interrupted, done
        How far it is; `error` and `error_code` are set if it failed.
    """

    id: str
    keep_audio: bool = False
    spoken: bool = False
    response_ids: list[str] = field(default_factory=list)
    lost_ids: list[str] = field(default_factory=list)
    call_ids: list[str] = field(default_factory=list)
    audio: bytearray = field(default_factory=bytearray)
    question: str = ""
    losses: int = 0
    settings: dict[str, Any] = field(default_factory=dict)
    awaited: bool = False
    given_up: bool = False
    interrupted: bool = False
    done: bool = False
    error: str = ""
    error_code: str | None = None

    @property
    def told_as(self) -> Literal["notice", "error"]:
        """How its failure is told: who asked from code has the error there already."""
        return "notice" if self.awaited else "error"


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
    of_response
        The turn that each response belongs to, by the response's id.
    """

    def __init__(self, new_id: Callable[[str], str]) -> None:
        self.all: dict[str, Turn] = {}
        self._new_id = new_id
        self.of_response: dict[str, Turn] = {}
        self._of_question: dict[str, str] = {}

    def begin(self, keep_audio: bool = False, spoken: bool = False) -> Turn:
        """Begin a turn."""
        return self.add(Turn(self._new_id("turn"), keep_audio, spoken))

    def add(self, turn: Turn) -> Turn:
        """Add a turn that has its id already."""
        self.all[turn.id] = turn
        return turn

    def remove(self, turn: Turn) -> None:
        """Forget a turn."""
        del self.all[turn.id]
        self.of_response = {
            response_id: each for response_id, each in self.of_response.items() if each is not turn
        }

    def get(self, turn_id: str) -> Turn | None:
        """Return the turn of this id, if there is one."""
        return self.all.get(turn_id)

    def asked(self, turn: Turn, event_id: str) -> None:
        """Note which event brings the question of a turn."""
        self._of_question[event_id] = turn.id

    def asked_by(self, event_id: str) -> Turn | None:
        """Return the turn whose question an event brought."""
        return self.get(self._of_question.get(event_id, ""))

    def answered(self, turn: Turn, response_id: str) -> None:
        """Note that a response belongs to a turn."""
        self.of_response[response_id] = turn
        turn.response_ids.append(response_id)

    def id_of(self, response_id: str) -> str:
        """Return the id of the turn that a response belongs to, empty if it belongs to none."""
        turn = self.of_response.get(response_id)
        return turn.id if turn else ""

    def of(self, response_id: str) -> Turn | None:
        """Return the turn that a response belongs to, if there is one."""
        return self.of_response.get(response_id)
