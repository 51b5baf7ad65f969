"""Keeps the server's conversation in step with what was heard: truncates or deletes interrupted items. Pure.

An item is truncated where playback stopped; an item of which nothing was heard is deleted. The service cannot undo
that: if the answer resumes later, the rest of its words is added after it as text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from realtime_widgets.core.conversation.commands import Command, Send
from realtime_widgets.core.conversation.heard import characters_at
from realtime_widgets.core.playback.ledger import to_ms
from realtime_widgets.protocol import events as ev

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from realtime_widgets.core.conversation.items import Conversation, Item, Response
    from realtime_widgets.core.conversation.pending_items import PendingItems
    from realtime_widgets.core.playback.ledger import Cut, PlaybackLedger


@dataclass
class _Told:
    """What the service has of an item: how much of it was heard, and the text that was added after it."""

    heard_ms: int
    went_on: bool = False
    rest_id: str = ""


@dataclass
class HistoryTruncation:
    """Truncates answers that were cut, so that the model's conversation contains only what was heard.

    Attributes
    ----------
    conversation, ledger, new_id, own
        Of the session's core; `own` knows which items are on their way.
    truncates
        Whether the service can truncate an item.
    """

    conversation: Conversation
    ledger: PlaybackLedger
    new_id: Callable[[str], str]
    own: PendingItems
    truncates: bool = True
    _told: dict[str, _Told] = field(default_factory=dict)
    #: Items of which nothing was heard, while their response still runs.
    _unheard: set[str] = field(default_factory=set)

    def forget(self, item: Item) -> list[Command]:
        """Have the model forget an item, which the user still sees."""
        return [] if item.forgotten else self._forget(item)

    def cut(self, cut: Cut) -> list[Command]:
        """Truncate an answer where it was cut.

        The service refuses to truncate to nothing, and an item cannot be deleted before it is final.
        """
        item = self.conversation.items.get(cut.part.item_id)
        if item is None or item.forgotten:
            return []
        if (told := self._told.get(item.id)) is not None:
            return self._shorten(item, told) if told.went_on else []
        if cut.heard_ms > 0:
            if not self.truncates:
                return []
            self._told[item.id] = _Told(self._heard_ms(item))
            truncate = ev.ItemTruncate(
                event_id=self.new_id("truncate"),
                item_id=item.id,
                content_index=cut.part.content_index,
                audio_end_ms=cut.heard_ms,
            )
            return [Send(truncate)]
        if self._heard_ms(item):
            return []
        response = self.conversation.responses.get(item.response_id)
        if response and response.active:
            self._unheard.add(item.id)
            return []
        return self._forget(item)

    def went_on(self, item_ids: Collection[str]) -> list[Command]:
        """Tell the model that answers that were cut are played to their end after all."""
        commands: list[Command] = []
        for item_id in item_ids:
            item = self.conversation.items.get(item_id)
            self._unheard.discard(item_id)
            if item is None or (told := self._told.get(item_id)) is None or told.went_on:
                continue
            told.went_on, item.forgotten = True, False
            response = self.conversation.responses.get(item.response_id)
            if response is None or not response.active:
                commands += self._put_behind(item, told, self._received_ms(item))
        return commands

    def rewrite(self, item: Item) -> list[Command]:
        """Leave the model with the words that an item has by now instead of those that it was made with."""
        if not item.text:
            return self._forget(item)
        delete = ev.ItemDelete(event_id=self.new_id("delete"), item_id=item.id)
        kind = "output_text" if item.role == "assistant" else "input_text"
        content = [{"type": kind, "text": item.text}]
        _, put = self._put_instead(item, content, self.conversation.known_before(item.id))
        return [Send(delete), put]

    def response_done(self, response: Response) -> list[Command]:
        """Finish a response that is over: what nobody heard of it is deleted; what goes on is whole by now."""
        commands: list[Command] = []
        for item_id in response.item_ids:
            item, told = self.conversation.items.get(item_id), self._told.get(item_id)
            if item is None:
                self._unheard.discard(item_id)  # somebody deleted it
            elif item_id in self._unheard:
                commands += self._forget(item)
            elif told and told.went_on and not told.rest_id:
                commands += self._put_behind(item, told, self._received_ms(item))
        return commands

    def disconnected(self) -> None:
        """Forget what was to be told over a connection that is gone."""
        self._unheard.clear()
        self._told.clear()

    def _heard_ms(self, item: Item) -> int:
        return to_ms(sum(state.heard for _, state in self.ledger.item_parts(item.id)))

    def _received_ms(self, item: Item) -> int:
        return to_ms(sum(state.received for _, state in self.ledger.item_parts(item.id)))

    def _forget(self, item: Item) -> list[Command]:
        self._unheard.discard(item.id)
        self._told[item.id] = _Told(0)
        item.forgotten = True
        return [Send(ev.ItemDelete(event_id=self.new_id("delete"), item_id=item.id))]

    def _put_behind(self, item: Item, told: _Told, end_ms: int) -> list[Command]:
        """Put the words of an item that the model was not left with behind it, up to a moment of its sound."""
        start, end = (characters_at(item, self.ledger, moment) for moment in (told.heard_ms, end_ms))
        words = item.text[start:end].strip()
        if not words:
            item.forgotten |= not told.heard_ms  # it was deleted, and there is nothing to bring back
            return []
        before = item.id if told.heard_ms else self.conversation.known_before(item.id)
        told.rest_id, put = self._put_instead(item, [{"type": "output_text", "text": words}], before)
        return [put]

    def _put_instead(self, item: Item, content: list[ev.JsonObject], before: str) -> tuple[str, Send]:
        """Return an item for the service that stands for words of another one, and its id."""
        own_id = self.new_id("rest")
        self.conversation.aliases[own_id] = item.id
        rest = {"id": own_id, "type": "message", "role": item.role, "content": content}
        event_id = self.own.put_back(self.new_id("behind"), rest, item.id)
        return own_id, Send(ev.ItemCreate(event_id=event_id, item=rest, previous_item_id=before))

    def _shorten(self, item: Item, told: _Told) -> list[Command]:
        """Leave of the words that were put behind an item what was heard of them."""
        rest_id, told.rest_id, told.went_on = told.rest_id, "", False
        commands: list[Command] = []
        if rest_id:
            self.conversation.aliases.pop(rest_id, None)
            commands.append(Send(ev.ItemDelete(event_id=self.new_id("delete"), item_id=rest_id)))
        heard_ms = self._heard_ms(item)
        item.forgotten = not heard_ms
        return commands + (self._put_behind(item, told, heard_ms) if heard_ms else [])
