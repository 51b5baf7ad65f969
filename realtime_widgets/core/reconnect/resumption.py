"""Continues a conversation on a new connection when the old one is lost. Pure.

`lost` ends what ended with the connection; `resume` returns the commands that restore the conversation in a new
session. Every turn is answered there, or ends with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from realtime_widgets.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE
from realtime_widgets.core.conversation.commands import Command, Send, end_turn
from realtime_widgets.core.conversation.pending_items import PUT_BACK, PendingItems
from realtime_widgets.core.conversation.turns import Turn
from realtime_widgets.core.reconnect.restoration import quoted, restoration, texts
from realtime_widgets.core.turn_taking.input_history import InputHistory
from realtime_widgets.core.turn_taking.response_queue import Request, ResponseQueue
from realtime_widgets.protocol import events as ev

if TYPE_CHECKING:
    from realtime_widgets.core.conversation.function_calls import CallLedger
    from realtime_widgets.core.conversation.items import Conversation, Response
    from realtime_widgets.core.conversation.turns import TurnLedger
    from realtime_widgets.core.playback.voice import VoiceOutput
    from realtime_widgets.core.turn_taking.out_of_band import Asides

#: Error code of a turn that was lost with its connection.
LOST_CODE = "connection_lost"
#: Sound said again goes out in events of a second.
_APPEND_BYTES = SAMPLE_RATE * BYTES_PER_SAMPLE


@dataclass
class Resumption:
    """Keeps, while a session is open, what a new one will need.

    Attributes
    ----------
    conversation, voice, calls, asides, queue, turns
        Of the session's core.
    history
        What was said and is not answered.
    own
        Own items on their way.
    said_again
        Spoken items that the next connection hears again, as sound.
    said_times
        Connections in a row that heard such items again.
    """

    conversation: Conversation
    voice: VoiceOutput
    calls: CallLedger
    asides: Asides
    queue: ResponseQueue
    turns: TurnLedger
    history: InputHistory = field(default_factory=InputHistory)
    own: PendingItems = field(default_factory=PendingItems)
    said_again: list[str] = field(default_factory=list)
    said_times: int = 0
    _again: bytes = b""
    _commit: bool = False
    _restored: set[str] = field(default_factory=set)
    #: Items of the connection that was lost: what came over the next one already needs no putting back.
    _before: set[str] = field(default_factory=set)
    _ids: count[int] = field(default_factory=lambda: count(1))

    def echo(self, event: ev.ItemAdded | ev.ItemDone) -> bool:
        """Note an item that the service has. Return whether it only repeats a restored item."""
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
        """Apply an error. Return what could not be restored, in words; None if it concerns no restored item."""
        item = self.own.refused(event_id)
        if item is None or not event_id.startswith(PUT_BACK):
            return None
        if known := self.conversation.items.get(str(item.get("id"))):
            known.forgotten = True
            return quoted(known.text or known.name)
        text = " ".join(texts(item))
        return quoted(text) if text else "the output of a tool"

    def lost(self, expects_response: bool, automatic: bool, repeats: int) -> tuple[list[Command], list[str]]:
        """End what ended with the connection.

        Parameters
        ----------
        expects_response
            Whether something was said that the service was about to answer.
        automatic
            Whether the service finds and answers turns by itself.
        repeats
            Times that a turn is asked for again whose connection was lost.

        Returns
        -------
        tuple
            Commands, and what was lost, in words.
        """
        commands: list[Command] = []
        self._before = set(self.conversation.items)
        lost: list[str] = []
        if (flying := self.queue.in_flight) and (asked := self.turns.get(flying.turn_id)):
            flying.abandoned |= asked.given_up
            commands += [] if flying.abandoned else self._count(asked, repeats, lost)
        unwanted = self.queue.disconnect()
        unanswered = self.history.unanswered
        wordless = [item_id for item_id in unanswered if not self._words(item_id)]
        self._again, self.said_again = self.history.again(wordless, lead=automatic)
        if not self.said_again:
            self.said_times = 0
        elif self.said_times >= repeats:  # what is said again is answered, and paid, again
            self._again, self.said_again, self.said_times = b"", [], 0
        else:
            self.said_times += 1
        self._commit = bool(self.said_again) and not automatic
        said_again = automatic and bool(self.said_again)
        if unwanted:
            commands += end_turn(self.turns.all[unwanted.turn_id])
        for response in list(self.conversation.responses.values()):
            if response.active and not response.out_of_band:
                commands += self._end_response(response, said_again, lost, repeats)
        for turn in self.asides.lost():
            lost.append(f"the question beside the conversation {quoted(turn.question)}")
            commands += self._fail(turn, "the connection was lost before this aside was answered; ask it again")
        spoken = [item_id for item_id in unanswered if self._words(item_id)]
        if automatic and expects_response and spoken and not said_again:
            self._request(self.turns.add(Turn(f"rw_resumed_{next(self._ids)}", spoken=True)))
        return commands, lost

    def resume(self) -> tuple[list[Command], list[str]]:
        """Put the talk into the session that was just opened; returns commands, and in words what is lost."""
        for item_id in self.said_again:
            self.conversation.drop(item_id)
        elsewhere = [*self.said_again, *(set(self.conversation.items) - self._before)]
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
            self.history.appended(self._again[start : start + _APPEND_BYTES])
            events.append(ev.InputAppend(audio=self._again[start : start + _APPEND_BYTES]))
        if self._commit:
            events.append(ev.InputCommit())
        self._again, self._commit, self.said_again = b"", False, []
        events += self.queue.reconnected()
        return [Send(event) for event in events], list(result.lost.values())

    def _end_response(self, response: Response, said_again: bool, lost: list[str], repeats: int) -> list[Command]:
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
        if turn.interrupted or turn.given_up:
            return commands if any(not call.answered for call in calls) else commands + end_turn(turn)
        if given_up := self._count(turn, repeats, lost):
            return commands + given_up
        if calls:  # what the tools did is not done twice: the answer is asked for with their outputs
            if all(call.answered for call in calls):
                self._request(turn)
            return commands
        turn.audio.clear()
        turn.response_ids.remove(response.id)
        turn.lost_ids.append(response.id)
        if turn.spoken and said_again:
            self.turns.remove(turn)  # the service makes its answer again
        elif turn.spoken and self._unsaid(response):
            lost.append("what you said last")
            commands += self._fail(turn, "the connection was lost and what you said with it; say it again")
        else:
            self._request(turn)
        return commands

    def _count(self, turn: Turn, repeats: int, lost: list[str]) -> list[Command]:
        """Count a connection that was lost over a turn; give the turn up if there were too many of them."""
        turn.losses += 1
        if turn.losses <= repeats:
            return []
        question = turn.question or self.conversation.words_before(turn.response_ids)
        answer = f"the answer to {quoted(question)}" if question else "an answer"
        lost.append(f"{answer}, which is not asked for any more")
        self.queue.drop(turn.id)
        self.queue.abandon(turn.id)
        return self._fail(
            turn, f"the connection was lost {turn.losses} times while this was being answered; ask again"
        )

    def _unsaid(self, response: Response) -> bool:
        """Whether the words that a response answers are unknown, and their sound is gone."""
        before = self.conversation.before([response.id])
        items = list(self.conversation) if before is None else before
        said = next((item for item in reversed(items) if item.role == "user"), None)
        return said is not None and not said.text and said.id not in self.said_again

    def _words(self, item_id: str) -> str:
        item = self.conversation.items.get(item_id)
        return item.text if item and item.settled else ""

    def _request(self, turn: Turn) -> None:
        self.queue.request(Request(self._id("response"), turn.id, self.calls.settings(turn)))

    def _id(self, what: str) -> str:
        return f"rw_{what}_again_{next(self._ids)}"

    def _fail(self, turn: Turn, reason: str) -> list[Command]:
        turn.error, turn.error_code = reason, LOST_CODE
        return end_turn(turn)
