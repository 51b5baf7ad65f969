"""What becomes of a talk when its connection is lost and another one takes its place. Pure.

`lost` ends what ended with the connection; `resume` gives what puts the talk back into a new session. Every
turn is answered there, or ends with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from realtime_widgets.input_keeper import InputKeeper
from realtime_widgets.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE
from realtime_widgets.protocol import events as ev
from realtime_widgets.restore import PUT_BACK, Unacknowledged, quoted, restoration, texts
from realtime_widgets.sequencer import Request, ResponseSequencer
from realtime_widgets.turns import Command, Send, Turn, end_turn

if TYPE_CHECKING:
    from realtime_widgets.asides import Asides
    from realtime_widgets.call_ledger import CallLedger
    from realtime_widgets.conversation import Conversation, Response
    from realtime_widgets.turn_ledger import TurnLedger
    from realtime_widgets.voice import VoiceOutput

#: Error code of a turn that was lost with its connection.
LOST_CODE = "connection_lost"
#: Sound said again goes out in events of a second.
_APPEND_BYTES = SAMPLE_RATE * BYTES_PER_SAMPLE


@dataclass
class Resumption:
    """Keeps, while a session is open, what a new one will need.

    Attributes
    ----------
    conversation, voice, calls, asides, sequencer, turns
        Of the session's core.
    keeper
        What was said and is not answered.
    own
        Own items on their way.
    """

    conversation: Conversation
    voice: VoiceOutput
    calls: CallLedger
    asides: Asides
    sequencer: ResponseSequencer
    turns: TurnLedger
    keeper: InputKeeper = field(default_factory=InputKeeper)
    own: Unacknowledged = field(default_factory=Unacknowledged)
    _again: bytes = b""
    _commit: bool = False
    _skipped: list[str] = field(default_factory=list)
    _restored: set[str] = field(default_factory=set)
    #: Items of the connection that was lost: what came over the next one already needs no putting back.
    _before: set[str] = field(default_factory=set)
    _ids: count[int] = field(default_factory=lambda: count(1))

    @property
    def to_say_again(self) -> list[str]:
        """Spoken items that the next connection hears again, as sound."""
        return list(self._skipped)

    def echo(self, event: ev.AnyServerEvent) -> bool:
        """Take the service's word on an item; whether it only repeats one that was put back."""
        if not isinstance(event, ev.ItemAdded | ev.ItemDone):
            return False
        own_id = str(event.item.get("id"))
        if own_id in self._restored:
            return True
        came, own = self.own.came(event.item) or ("", {})
        if own.get("id", own_id) != own_id:
            self.conversation.renamed(str(own["id"]), own_id)
        if not came.startswith(PUT_BACK):
            return False
        before = came.split(":", 2)[2]
        self._restored.add(own_id)
        self.conversation.aliases[own_id] = before
        return True

    def refused(self, event_id: str) -> str | None:
        """Take a refusal; gives in words what could not be put back."""
        item = self.own.refused(event_id)
        if item is None or not event_id.startswith(PUT_BACK):
            return None
        if known := self.conversation.items.get(str(item.get("id"))):
            known.forgotten = True
            return quoted(known.text or known.name)
        text = " ".join(texts(item))
        return quoted(text) if text else "the output of a tool"

    def lost(
        self, abandoned: set[str], expects_response: bool, automatic: bool
    ) -> tuple[list[Command], list[str]]:
        """End what ended with the connection.

        Parameters
        ----------
        abandoned
            Turns that were interrupted before their response began.
        expects_response
            Whether something was said that the service was about to answer.
        automatic
            Whether the service finds and answers turns by itself.

        Returns
        -------
        tuple
            Commands, and what was lost, in words.
        """
        commands: list[Command] = []
        self._before = set(self.conversation.items)
        self.sequencer.disconnect()
        unanswered = self.keeper.unanswered
        wordless = [item_id for item_id in unanswered if not self._words(item_id)]
        self._again, self._skipped = self.keeper.again(wordless, lead=automatic)
        self._commit = bool(self._skipped) and not automatic
        said_again = automatic and bool(self._skipped)
        for turn_id in abandoned:
            self.sequencer.drop(turn_id)
            commands += end_turn(self.turns.all[turn_id])
        lost: list[str] = []
        for response in list(self.conversation.responses.values()):
            if response.active and not response.out_of_band:
                commands += self._end_response(response, said_again, lost)
        for turn in self.asides.lost():
            lost.append(f"the question beside the conversation {quoted(turn.question)}")
            commands += self._fail(turn, "the connection was lost before this aside was answered; ask it again")
        spoken = [item_id for item_id in unanswered if self._words(item_id)]
        if automatic and expects_response and spoken and not said_again:
            self._request(self.turns.add(Turn(f"rw_resumed_{next(self._ids)}", spoken=True)))
        return commands, lost

    def resume(self) -> tuple[list[Command], list[str]]:
        """Put the talk into the session that was just opened; gives what cannot be, in words."""
        for item_id in self._skipped:
            self.conversation.drop(item_id)
        elsewhere = [*self._skipped, *(set(self.conversation.items) - self._before)]
        result = restoration(self.conversation, self.voice.ledger, self.calls.all, elsewhere)
        for item_id in result.lost:
            self.conversation.items[item_id].forgotten = True
        pending = self.own.take()
        self._restored.clear()
        events: list[ev.ClientEvent] = []
        for item in result.items:
            number = str(next(self._ids))
            event_id = self.own.put_back(number, item, str(item["id"])) if "id" in item else self._id("output")
            events.append(ev.ItemCreate(event_id=event_id, item=item))
        events += [
            ev.ItemCreate(event_id=event_id, item=item)
            for event_id, item in pending.items()
            if not event_id.startswith(PUT_BACK)
        ]
        for event in events:
            if isinstance(event, ev.ItemCreate) and event.event_id in pending:
                self.own.sent(event.event_id, event.item)
        pieces = range(0, len(self._again), _APPEND_BYTES)
        for start in pieces:
            self.keeper.appended(self._again[start : start + _APPEND_BYTES])
            events.append(ev.InputAppend(audio=self._again[start : start + _APPEND_BYTES]))
        if self._commit:
            events.append(ev.InputCommit())
        self._again, self._commit, self._skipped = b"", False, []
        events += self.sequencer.reconnected()
        return [Send(event) for event in events], list(result.lost.values())

    def _end_response(self, response: Response, said_again: bool, lost: list[str]) -> list[Command]:
        calls = self.calls.of(response.id)
        turn = self.turns.of(response.id)
        response.status, response.reason = "completed" if calls else "cancelled", LOST_CODE
        commands: list[Command] = []
        for item_id in response.item_ids:
            item = self.conversation.items.get(item_id)
            if item and (item.state == "in_progress" or not calls):
                item.state = "incomplete" if item.state == "in_progress" else item.state
                item.forgotten = True
        commands += self.voice.stop()
        if turn is None or turn.done:
            return commands
        if turn.interrupted:
            return commands if any(not call.answered for call in calls) else commands + end_turn(turn)
        if calls:  # what the tools did is not done twice: the answer is asked for with their outputs
            if all(call.answered for call in calls):
                self._request(turn)
            return commands
        turn.audio.clear()
        turn.response_ids.remove(response.id)
        if turn.spoken and said_again:
            self.turns.remove(turn)  # the service makes its answer anew
        elif turn.spoken and self._unsaid(response):
            lost.append("what you said last")
            commands += self._fail(turn, "the connection was lost and what you said with it; say it again")
        else:
            self._request(turn)
        return commands

    def _unsaid(self, response: Response) -> bool:
        """Whether the words that a response answers are unknown, and their sound is gone."""
        items = list(self.conversation)
        mine = [index for index, item in enumerate(items) if item.response_id == response.id]
        before = [item for item in items[: mine[0] if mine else None] if item.role == "user"]
        return bool(before) and not before[-1].text and before[-1].id not in self._skipped

    def _words(self, item_id: str) -> str:
        item = self.conversation.items.get(item_id)
        return item.text if item and item.settled else ""

    def _request(self, turn: Turn) -> None:
        self.sequencer.request(Request(self._id("response"), turn.id))

    def _id(self, what: str) -> str:
        return f"rw_{what}_again_{next(self._ids)}"

    def _fail(self, turn: Turn, reason: str) -> list[Command]:
        turn.error, turn.error_code = reason, LOST_CODE
        return end_turn(turn)
