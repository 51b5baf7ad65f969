"""The server's conversation: ordered items, what was said and heard in each, and truncation. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pybase64

from realtime_widgets.local.api.audio_formats import BYTES_PER_SECOND, sample_bytes
from realtime_widgets.local.api.errors import RequestRefusedError, invalid_value
from realtime_widgets.local.api.images import image_size, image_tokens
from realtime_widgets.local.api.items import decoded_audio
from realtime_widgets.local.api.tokens import (
    ASSISTANT_AUDIO_TOKEN_MS,
    USER_AUDIO_TOKEN_MS,
    PromptPart,
    Tokens,
    audio_tokens,
    text_tokens,
)
from realtime_widgets.local.realtime.conversation.kept_sound import KeptSound

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Largest number of bytes of audio that are kept of one conversation: more than 5 minutes of a session of hours.
KEPT_SOUND = 16 * 1024 * 1024


@dataclass
class Speech:
    """The audio of one content part, in the wire's format, and the words in it.

    Attributes
    ----------
    encoding
        The wire's format.
    data
        The audio that is kept.
    sentences
        Sentences of an answer, each with the time in ms at which it begins.
    words
        What was recognised in the user's speech; None until that is known.
    truncated
        Whether the audio was truncated.
    gone
        Number of bytes of audio that are not kept any more.
    """

    encoding: str = "audio/pcm"
    data: KeptSound = field(default_factory=KeptSound)
    sentences: list[tuple[str, float]] = field(default_factory=list)
    words: str | None = None
    truncated: bool = False
    gone: int = 0

    @property
    def milliseconds(self) -> float:
        """Length of the audio, kept or not."""
        return (len(self.data) + self.gone) * 1000 / BYTES_PER_SECOND[self.encoding]

    def cut(self, end_ms: int) -> None:
        """Keep the first `end_ms` ms of the audio, and the words that were heard by then."""
        total_ms = self.milliseconds
        ends = [start for _, start in self.sentences[1:]] + [total_ms]
        heard: list[tuple[str, float]] = []
        for (text, start_ms), sentence_end_ms in zip(self.sentences, ends, strict=True):
            if start_ms >= end_ms:
                break
            words = text.split()
            share = (end_ms - start_ms) / max(sentence_end_ms - start_ms, 1e-9)
            kept = words[: int(len(words) * min(share, 1.0) + 1e-9)]
            if kept:
                heard.append((" ".join(kept), start_ms))
        self.sentences = heard
        width = sample_bytes(self.encoding)
        kept_bytes = end_ms * BYTES_PER_SECOND[self.encoding] // (1000 * width) * width
        self.data.cut(kept_bytes)
        self.gone = min(self.gone, kept_bytes)
        self.truncated = True

    def forget_sound(self) -> None:
        """Keep only the words and the length."""
        self.gone += len(self.data)
        self.data.clear()


@dataclass
class Item:
    """One item: its form on the wire, without audio, and the audio of its content parts."""

    wire: dict[str, Any]
    speech: dict[int, Speech] = field(default_factory=dict)
    #: Tokens of the images among its content parts.
    image_tokens: int = 0

    @property
    def id(self) -> str:
        """The id of the item."""
        return str(self.wire["id"])

    def snapshot(self) -> dict[str, Any]:
        """Return a copy of the form on the wire that later changes do not affect."""
        copied = dict(self.wire)
        if "content" in copied:
            copied["content"] = [dict(part) for part in copied["content"]]
        return copied

    def with_audio(self) -> dict[str, Any]:
        """Return the item as ``conversation.item.retrieve`` answers it: with its audio, as far as it is kept."""
        copied = self.snapshot()
        for index, speech in self.speech.items():
            if speech.gone:
                continue
            copied["content"][index]["audio"] = pybase64.b64encode(bytes(speech.data)).decode("ascii")
        return copied

    def for_brain(self) -> dict[str, Any]:
        """Return the item with the words that were really said or heard as its transcripts."""
        copied = self.snapshot()
        for index, speech in self.speech.items():
            part = copied["content"][index]
            if speech.words is not None:
                part["transcript"] = speech.words
            elif speech.truncated:
                part["transcript"] = " ".join(text for text, _ in speech.sentences)
        return copied

    @property
    def is_wordless(self) -> bool:
        """Whether it is audio of the user in which no words were recognised."""
        parts = range(len(self.wire.get("content", ())))
        return bool(self.speech) and all(
            index in self.speech and self.speech[index].words == "" for index in parts
        )

    @property
    def is_cut_answer(self) -> bool:
        """Whether it is an answer that was not finished."""
        return self.wire.get("role") == "assistant" and self.wire["status"] == "incomplete"

    def prompt_part(self) -> PromptPart:
        """Return what the item adds to the input of a response."""
        tokens = Tokens(image=self.image_tokens)
        for index, part in enumerate(self.wire.get("content", ())):
            speech = self.speech.get(index)
            if speech is not None:
                own = self.wire["role"] == "assistant"
                unit = ASSISTANT_AUDIO_TOKEN_MS if own else USER_AUDIO_TOKEN_MS
                tokens += Tokens(audio=audio_tokens(speech.milliseconds, unit))
            else:
                tokens += Tokens(text=text_tokens(part.get("text", "")))
        written = "".join(self.wire.get(key, "") for key in ("name", "arguments", "output"))
        return PromptPart(self.id, tokens + Tokens(text=text_tokens(written)))


def item_of(wire: dict[str, Any], encoding: str, param: str) -> Item:
    """Return the item of a client's checked one: with its audio in `encoding` taken out and its images counted."""
    item = Item(wire)
    for index, part in enumerate(wire.get("content", ())):
        if part["type"] == "input_audio":
            data = decoded_audio(part.pop("audio"), f"{param}.content[{index}].audio")
            part.setdefault("transcript", None)
            item.speech[index] = Speech(encoding, KeptSound(data))
        elif part["type"] == "input_image":
            width, height = image_size(part["image_url"], f"{param}.content[{index}].image_url")
            item.image_tokens += image_tokens(width, height, part.get("detail") or "auto")
    return item


class Conversation:
    """Items in order."""

    def __init__(self) -> None:
        self._items: list[Item] = []

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items)

    def find(self, item_id: str) -> Item | None:
        """Return the item with this id; None if there is none."""
        return next((item for item in self._items if item.id == item_id), None)

    def previous_id(self, item: Item) -> str | None:
        """Return the id of the item before `item`; None if it is the first or gone."""
        before = [known.id for known in self._items[: self._index(item)]]
        return before[-1] if before else None

    def _index(self, item: Item) -> int:
        return next((index for index, known in enumerate(self._items) if known is item), 0)

    def append(self, item: Item) -> str | None:
        """Add an item at the end; return the id of the one before it."""
        previous = self._items[-1].id if self._items else None
        self._forget_old_sound()
        self._items.append(item)
        return previous

    def _forget_old_sound(self) -> None:
        """Forget the oldest audio beyond the limit."""
        sounds = [speech for item in self._items for speech in item.speech.values() if speech.data]
        excess = sum(len(speech.data) for speech in sounds) - KEPT_SOUND
        for speech in sounds:
            if excess <= 0:
                return
            excess -= len(speech.data)
            speech.forget_sound()

    def insert(self, item: Item, previous_item_id: str | None) -> str | None:
        """Insert a client's item after `previous_item_id` (``root``: first; None: last).

        Returns
        -------
        str or None
            The id of the item before it.

        Raises
        ------
        RequestRefusedError
            If its id is taken, the previous item is unknown, or it answers a call that is unknown.
        """
        if self.find(item.id):
            raise invalid_value(f"Invalid value for 'item.id': the item '{item.id}' exists already.", "item.id")
        self._check_call(item)
        if previous_item_id is None:
            return self.append(item)
        if previous_item_id == "root":
            self._items.insert(0, item)
            return None
        previous = self.find(previous_item_id)
        if previous is None:
            raise invalid_value(
                f"Invalid value for 'previous_item_id': there is no item '{previous_item_id}'.",
                "previous_item_id",
            )
        self._items.insert(self._index(previous) + 1, item)
        return previous_item_id

    def _check_call(self, item: Item) -> None:
        if item.wire["type"] != "function_call_output":
            return
        call_id = item.wire["call_id"]
        calls = (known.wire for known in self._items if known.wire["type"] == "function_call")
        if all(call["call_id"] != call_id for call in calls):
            raise RequestRefusedError(
                "invalid_tool_call_id", f"Tool call ID '{call_id}' not found in conversation.", "item.call_id"
            )

    def get(self, item_id: str, code: str) -> Item:
        """Return the item with this id.

        Raises
        ------
        RequestRefusedError
            With the given `code` if there is none.
        """
        item = self.find(item_id)
        if item is None:
            raise RequestRefusedError(code, f"There is no item '{item_id}' in the conversation.", "item_id")
        return item

    def up_to_last_words(self) -> list[Item]:
        """Return the items without wordless audio at the end, and without the answers that it cut off."""
        items = list(self._items)
        while items and (items[-1].is_wordless or items[-1].is_cut_answer):
            items.pop()
        return items

    def delete(self, item_id: str) -> None:
        """Remove an item."""
        self._items.remove(self.get(item_id, "item_delete_invalid_item_id"))

    def truncate(self, item_id: str, content_index: int, audio_end_ms: int) -> None:
        """Remove what was not heard of an answer: the audio after `audio_end_ms`, and the whole transcript.

        Raises
        ------
        RequestRefusedError
            If the item is unknown or not a spoken answer, or the end lies outside its audio.
        """
        item = self.get(item_id, "item_truncate_invalid_item_id")
        content = item.wire.get("content", ())
        spoken = any(speech.milliseconds or speech.truncated for speech in item.speech.values())
        if item.wire.get("role") != "assistant" or not spoken:
            raise RequestRefusedError(
                "unsupported_content_type",
                "Only model output audio messages can be truncated.",
                "item_id",
            )
        speech = item.speech.get(content_index)
        if speech is None:
            raise invalid_value(
                f"Invalid value for 'content_index': the item has {len(content)} content part(s), "
                f"and none with audio at {content_index}.",
                "content_index",
            )
        if audio_end_ms < 0:
            raise invalid_value("Invalid value for 'audio_end_ms': it must be 0 or more.", "audio_end_ms")
        if audio_end_ms > math.ceil(speech.milliseconds):
            raise invalid_value(
                f"Audio content of {round(speech.milliseconds)}ms is already shorter than {audio_end_ms}ms",
                "audio_end_ms",
            )
        speech.cut(audio_end_ms)
        content[content_index]["transcript"] = None

    @property
    def spoke(self) -> bool:
        """Whether an answer with audio is part of the conversation."""
        return any(item.wire.get("role") == "assistant" and item.speech for item in self._items)
