"""Interruptions: what is being said stops, and the model is told what was heard of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from realtime_widgets.protocol import events as ev
from realtime_widgets.turns import Command, Send, Turn, end_turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.conversation import Conversation, Item, Response
    from realtime_widgets.playback import Cut, PlayedTo
    from realtime_widgets.sequencer import ResponseSequencer
    from realtime_widgets.voice import VoiceOutput


@dataclass
class BargeIn:
    """Stops answers, by a word over them or by a button.

    Attributes
    ----------
    conversation, voice, sequencer, turns, response_turns, new_id
        Of the session's core.
    abandoned
        Turns whose request was on its way when they were interrupted.
    cut_responses
        Responses of which nothing more is played.
    """

    conversation: Conversation
    voice: VoiceOutput
    sequencer: ResponseSequencer
    turns: dict[str, Turn]
    response_turns: dict[str, str]
    new_id: Callable[[str], str]
    abandoned: set[str] = field(default_factory=set)
    cut_responses: set[str] = field(default_factory=set)
    #: Items of which nothing was heard, while their response still runs.
    _unheard: set[str] = field(default_factory=set)

    def interrupt(self, cancel: bool = True) -> list[Command]:
        """Stop what is being said; `cancel` tells the service, which on speech has noticed by itself."""
        commands: list[Command] = []
        active = self.sequencer.active_id
        items = [self.conversation.items.get(part.item_id) for part in self.voice.ledger.playing]
        cut = {item.response_id for item in items if item and item.response_id}
        if active:
            cut.add(active)
            if cancel:
                commands.append(Send(ev.ResponseCancel(response_id=active)))
        flying = self.sequencer.in_flight
        if flying and cancel and (turn := self.turns.get(flying.turn_id)):
            turn.interrupted = True
            self.abandoned.add(turn.id)
        commands += self.voice.stop()
        for response_id in cut:
            self.cut_responses.add(response_id)
            if turn := self.turns.get(self.response_turns.get(response_id, "")):
                turn.interrupted = True
                if cancel and self.sequencer.drop(turn.id):
                    commands += end_turn(turn)
        return commands

    def silenced(self, positions: list[PlayedTo]) -> list[Command]:
        """Take the player's last word after a `Silence`: the model is told what was not heard."""
        commands: list[Command] = []
        for cut in self.voice.silenced(positions):
            commands += self._tell_cut(cut)
        return commands + self.voice.due()

    def response_done(self, response: Response) -> list[Command]:
        """Take the end of a response: what of it nobody heard is taken out of the conversation now."""
        items = [self.conversation.items[item_id] for item_id in response.item_ids if item_id in self._unheard]
        return [command for item in items for command in self._forget(item)]

    def disconnected(self) -> None:
        """Forget what was to be told over a connection that is gone."""
        self.abandoned.clear()
        self._unheard.clear()

    def _tell_cut(self, cut: Cut) -> list[Command]:
        """Truncate what was heard in part; take out of the conversation what was not heard at all.

        The service refuses to truncate to nothing, and an item cannot be deleted before it is final.
        """
        item = self.conversation.items.get(cut.part.item_id)
        if item is None or item.forgotten:
            return []
        if cut.heard_ms > 0:
            truncate = ev.ItemTruncate(
                event_id=self.new_id("truncate"),
                item_id=item.id,
                content_index=cut.part.content_index,
                audio_end_ms=cut.heard_ms,
            )
            return [Send(truncate)]
        if any(state.heard for _, state in self.voice.ledger.item_parts(item.id)):
            return []
        response = self.conversation.responses.get(item.response_id)
        if response and response.active:
            self._unheard.add(item.id)
            return []
        return self._forget(item)

    def _forget(self, item: Item) -> list[Command]:
        self._unheard.discard(item.id)
        item.forgotten = True
        return [Send(ev.ItemDelete(event_id=self.new_id("delete"), item_id=item.id))]
