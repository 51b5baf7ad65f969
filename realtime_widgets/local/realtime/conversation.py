"""The server's conversation: ordered items, what was said and heard in each, truncation. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pybase64

from realtime_widgets.local.realtime.errors import RequestRefusedError, invalid_value
from realtime_widgets.local.realtime.images import image_size, image_tokens
from realtime_widgets.local.realtime.items import decoded_audio
from realtime_widgets.local.realtime.kept_sound import KeptSound
from realtime_widgets.local.realtime.session_config import BYTES_PER_SECOND
from realtime_widgets.local.realtime.usage import (
    ASSISTANT_AUDIO_TOKEN_MS,
    USER_AUDIO_TOKEN_MS,
    PromptPart,
    Tokens,
    audio_tokens,
    text_tokens,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Sound of one conversation that is kept, in bytes: the last 5 minutes and more. A session may last for hours.
KEPT_SOUND = 16 * 1024 * 1024


@dataclass
class Speech:
    """The sound of one content part, in the wire's format, and the words in it.

    `sentences` are texts of an answer with the time in ms at which each begins; `words` is what was
    recognised in the person's speech, None until that is known. Of sound that is not kept any more, `gone` is the
    number of bytes.
    """

    encoding: str = "audio/pcm"
    data: KeptSound = field(default_factory=KeptSound)
    sentences: list[tuple[str, float]] = field(default_factory=list)
    words: str | None = None
    truncated: bool = False
    gone: int = 0

    @property
    def milliseconds(self) -> float:
        """Length of the sound."""
        return (len(self.data) + self.gone) * 1000 / BYTES_PER_SECOND[self.encoding]

    def cut(self, end_ms: int) -> None:
        """Keep the first `end_ms` ms, and of the sentences what was heard by then."""
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
        width = 2 if self.encoding == "audio/pcm" else 1
        kept_bytes = end_ms * BYTES_PER_SECOND[self.encoding] // (1000 * width) * width
        self.data.cut(kept_bytes)
        self.gone = min(self.gone, kept_bytes)
        self.truncated = True

    def forget_sound(self) -> None:
        """Keep the words and the length only."""
        self.gone += len(self.data)
        self.data.clear()


@dataclass
class Item:
    """One item: its shape on the wire (without sound) and the sound of its content parts."""

    wire: dict[str, Any]
    speech: dict[int, Speech] = field(default_factory=dict)
    #: Tokens of the pictures among its content parts.
    image_tokens: int = 0

    @property
    def id(self) -> str:
        """The item's id."""
        return str(self.wire["id"])

    def snapshot(self) -> dict[str, Any]:
        """Return a copy of the wire's shape that later changes do not touch."""
        copied = dict(self.wire)
        if "content" in copied:
            copied["content"] = [dict(part) for part in copied["content"]]
        return copied

    def with_audio(self) -> dict[str, Any]:
        """Return the item as ``conversation.item.retrieve`` answers it: with its sound, as far as it is kept."""
        copied = self.snapshot()
        for index, speech in self.speech.items():
            if speech.gone:
                continue
            copied["content"][index]["audio"] = pybase64.b64encode(bytes(speech.data)).decode("ascii")
        return copied

    def for_brain(self) -> dict[str, Any]:
        """Return the item with the words that were really spoken or heard as transcripts."""
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
        """Whether it is the person's sound, understood, without any words."""
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
    """Make an item of a client's checked one: its sound in `encoding` taken out, its pictures counted."""
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
        """Return the item with this id, None where there is none."""
        return next((item for item in self._items if item.id == item_id), None)

    def previous_id(self, item: Item) -> str | None:
        """Return the id of the item before `item`; None where it is first or gone."""
        before = [known.id for known in self._items[: self._index(item)]]
        return before[-1] if before else None

    def _index(self, item: Item) -> int:
        return next((index for index, known in enumerate(self._items) if known is item), 0)

    def append(self, item: Item) -> str | None:
        """Put an item last; return the id of the one before it."""
        previous = self._items[-1].id if self._items else None
        self._forget_old_sound()
        self._items.append(item)
        return previous

    def _forget_old_sound(self) -> None:
        """Let the oldest sound go where there is more than is kept."""
        sounds = [speech for item in self._items for speech in item.speech.values() if speech.data]
        excess = sum(len(speech.data) for speech in sounds) - KEPT_SOUND
        for speech in sounds:
            if excess <= 0:
                return
            excess -= len(speech.data)
            speech.forget_sound()

    def insert(self, item: Item, previous_item_id: str | None) -> str | None:
        """Put a client's item after `previous_item_id` (``root``: first; None: last).

        Returns
        -------
        str or None
            The id of the item before it.
        """
        if self.find(item.id):
            raise invalid_value(f"Invalid value for 'item.id': there is an item '{item.id}' already.", "item.id")
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
        """Return the item with this id, or refuse with `code`."""
        item = self.find(item_id)
        if item is None:
            raise RequestRefusedError(code, f"There is no item '{item_id}' in the conversation.", "item_id")
        return item

    def up_to_last_words(self) -> list[Item]:
        """Return the items without the sounds that nobody said words in, and the answers these cut, at the end."""
        items = list(self._items)
        while items and (items[-1].is_wordless or items[-1].is_cut_answer):
            items.pop()
        return items

    def delete(self, item_id: str) -> None:
        """Take an item out."""
        self._items.remove(self.get(item_id, "item_delete_invalid_item_id"))

    def truncate(self, item_id: str, content_index: int, audio_end_ms: int) -> None:
        """Forget what of an answer was not heard: sound after `audio_end_ms`, and the whole transcript."""
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
        """Whether an answer with sound is part of the conversation."""
        return any(item.wire.get("role") == "assistant" and item.speech for item in self._items)
