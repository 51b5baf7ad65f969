"""The server's events for one response and its output items, in the shapes of the Realtime protocol."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from realtime_widgets.audio import to_pcm16
from realtime_widgets.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE, duration_ms
from realtime_widgets.testing.steps import Emit, emit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realtime_widgets.testing.matching import Event

#: An id, or a function of the client events matched so far that gives it.
ItemId = Any
_BLOCK_MS = 100


def tone(milliseconds: float, hertz: float = 220.0) -> bytes:
    """PCM16 bytes (24 kHz, mono) of a soft sine tone, to speak with where words do not matter."""
    time = np.arange(round(milliseconds * SAMPLE_RATE / 1000)) / SAMPLE_RATE
    return to_pcm16((0.2 * np.sin(2 * np.pi * hertz * time)).astype(np.float32))


@dataclass
class Message:
    """An assistant message of a response: text, or speech where there is `audio` (PCM16, 24 kHz, mono)."""

    response_id: str
    output_index: int
    item_id: str
    text: str
    audio: bytes | None = None
    _sent: list[Emit] = field(default_factory=list)

    @property
    def sent_ms(self) -> float:
        """Milliseconds of sound in the deltas sent so far."""
        blocks = [emitted.event for emitted in self._sent]
        audio = [block["delta"] for block in blocks if block["type"] == "response.output_audio.delta"]
        return duration_ms(sum(len(base64.b64decode(delta)) for delta in audio))

    @property
    def sent_text(self) -> str:
        """Words in the deltas sent so far."""
        blocks = [emitted.event for emitted in self._sent]
        return "".join(
            block["delta"] for block in blocks if block["type"].endswith(("text.delta", "transcript.delta"))
        )

    def item(self, status: str = "completed") -> Event:
        """Give the item as the conversation holds it."""
        content: list[Event] = []
        if status != "in_progress":
            spoken = {"type": "output_audio", "transcript": self.sent_text}
            content = [{"type": "output_text", "text": self.sent_text} if self.audio is None else spoken]
        return {
            "id": self.item_id,
            "object": "realtime.item",
            "type": "message",
            "status": status,
            "role": "assistant",
            "content": content,
        }

    def opening(self, previous_item_id: ItemId) -> list[Emit]:
        """Open the item and its one content part."""
        item = self.item("in_progress")
        return [
            self._event("output_item.added", item=item),
            emit("conversation.item.added", previous_item_id=previous_item_id, item=item),
            self._in_part("content_part.added", part=self._part("")),
        ]

    def deltas(self, share: float = 1.0) -> list[Emit]:
        """Send the words and, between them, the sound; only the first `share` (0 to 1) of them."""
        words = self.text.split(" ")
        pieces = [word if index == 0 else f" {word}" for index, word in enumerate(words)]
        if self.audio is None:
            events = [self._in_part("output_text.delta", delta=piece) for piece in pieces]
        else:
            events = self._spoken_deltas(pieces, self.audio)
        self._sent = events[: max(1, round(len(events) * share))] if share else []
        return list(self._sent)

    def closing(self, previous_item_id: ItemId, status: str = "completed") -> list[Emit]:
        """Close the content part and the item, with what was sent of them."""
        if self.audio is None:
            ends = [self._in_part("output_text.done", text=self.sent_text)]
        else:
            ends = [
                self._in_part("output_audio.done"),
                self._in_part("output_audio_transcript.done", transcript=self.sent_text),
            ]
        item = self.item(status)
        return [
            *ends,
            self._in_part("content_part.done", part=self._part(self.sent_text)),
            emit("conversation.item.done", previous_item_id=previous_item_id, item=item),
            self._event("output_item.done", item=item),
        ]

    def _spoken_deltas(self, pieces: list[str], audio: bytes) -> list[Emit]:
        size = _BLOCK_MS * SAMPLE_RATE // 1000 * BYTES_PER_SAMPLE
        blocks = [audio[start : start + size] for start in range(0, len(audio), size)]
        events: list[Emit] = []
        for index in range(max(len(pieces), len(blocks))):
            if index < len(pieces):
                events.append(self._in_part("output_audio_transcript.delta", delta=pieces[index]))
            if index < len(blocks):
                delta = base64.b64encode(blocks[index]).decode()
                events.append(self._in_part("output_audio.delta", delta=delta))
        return events

    def _part(self, text: str) -> Event:
        return {"type": "text", "text": text} if self.audio is None else {"type": "audio", "transcript": text}

    def _event(self, name: str, /, **fields: Any) -> Emit:
        place = {"response_id": self.response_id, "output_index": self.output_index}
        return emit(f"response.{name}", **place, **fields)

    def _in_part(self, name: str, /, **fields: Any) -> Emit:
        return self._event(name, item_id=self.item_id, content_index=0, **fields)


@dataclass
class FunctionCall:
    """A function call of a response; `arguments` is JSON text, in whatever state the model wrote it."""

    response_id: str
    output_index: int
    item_id: str
    call_id: str
    name: str
    arguments: str

    def item(self, status: str = "completed") -> Event:
        """Give the item as the conversation holds it."""
        return {
            "id": self.item_id,
            "object": "realtime.item",
            "type": "function_call",
            "status": status,
            "call_id": self.call_id,
            "name": self.name,
            "arguments": "" if status == "in_progress" else self.arguments,
        }

    def opening(self, previous_item_id: ItemId) -> list[Emit]:
        """Open the item."""
        item = self.item("in_progress")
        return [
            self._event("output_item.added", item=item),
            emit("conversation.item.added", previous_item_id=previous_item_id, item=item),
        ]

    def deltas(self) -> list[Emit]:
        """Send the arguments, in two pieces."""
        middle = len(self.arguments) // 2
        return [
            self._event("function_call_arguments.delta", item_id=self.item_id, call_id=self.call_id, delta=piece)
            for piece in (self.arguments[:middle], self.arguments[middle:])
        ]

    def closing(self, previous_item_id: ItemId) -> list[Emit]:
        """Close the item."""
        whole = {"call_id": self.call_id, "name": self.name, "arguments": self.arguments}
        return [
            self._event("function_call_arguments.done", item_id=self.item_id, **whole),
            emit("conversation.item.done", previous_item_id=previous_item_id, item=self.item()),
            self._event("output_item.done", item=self.item()),
        ]

    def _event(self, name: str, /, **fields: Any) -> Emit:
        place = {"response_id": self.response_id, "output_index": self.output_index}
        return emit(f"response.{name}", **place, **fields)


class Chain:
    """The conversation's items in their order, as far as the client makes them and the script is played.

    Attributes
    ----------
    last
        Ids so far of the group of client items that came last; the first is that of the item before them.
    """

    def __init__(self) -> None:
        self.last: list[ItemId] = [None]

    def picture_before(self, matched: Sequence[Event]) -> ItemId:
        """Join the item that the client has just sent to the last group; gives the id of the one before it."""
        item_id = matched[-1]["item"].get("id")
        if item_id not in self.last:
            self.last.append(item_id)
        return self.last[self.last.index(item_id) - 1]


class ClientItem:
    """An item that the client makes: its own id if it sends one, else ours.

    Parameters
    ----------
    item_id
        Our id for it.
    arrivals
        The item before, and then the client's items as they come; shared by items that may come in any
        order.
    chain
        What is told that it came.
    """

    def __init__(self, item_id: str, arrivals: list[ItemId], chain: Chain) -> None:
        self.item_id = item_id
        self._arrivals = arrivals
        self._chain = chain

    def __call__(self, matched: Sequence[Event]) -> str:
        """Give its id."""
        return self.item_id

    def previous(self, matched: Sequence[Event]) -> ItemId:
        """Give the id of the item before it."""
        self._chain.last = self._arrivals
        if self not in self._arrivals:
            self._arrivals.append(self)
        return self._arrivals[self._arrivals.index(self) - 1]

    def echo(self, matched: Sequence[Event]) -> Event:
        """Give the item that the client has just sent, as the conversation holds it."""
        sent = matched[-1]["item"]
        self.item_id = sent.get("id") or self.item_id
        return {"object": "realtime.item", "status": "completed", **sent, "id": self.item_id}


def response(
    response_id: str,
    status: str,
    output: Sequence[Message | FunctionCall] = (),
    *,
    spoken: bool,
    asked_for: bool,
    reason: str | None = None,
    item_status: str = "completed",
) -> Event:
    """Give a response object: at its start, or whole at its end with plausible usage.

    Parameters
    ----------
    response_id, status, output, spoken
        What it is and holds.
    asked_for
        Whether a ``response.create`` made it, whose metadata it then bears.
    reason
        Why it ended, where it was cancelled or stayed incomplete.
    item_status
        Status of its last item.
    """
    items = [part.item() for part in output[:-1]] + [part.item(item_status) for part in output[-1:]]
    return {
        "id": response_id,
        "object": "realtime.response",
        "status": status,
        "status_details": {"type": status, "reason": reason} if reason else None,
        "conversation_id": "conv_1",
        "output_modalities": ["audio" if spoken else "text"],
        "output": items,
        "metadata": _metadata if asked_for else None,
        "usage": None if status == "in_progress" else _usage(output),
    }


def _metadata(matched: Sequence[Event]) -> Any:
    creates = [event for event in matched if event["type"] == "response.create"]
    return creates[-1].get("response", {}).get("metadata") if creates else None


def _usage(output: Sequence[Message | FunctionCall]) -> Event:
    messages = [part for part in output if isinstance(part, Message)]
    audio_tokens = round(sum(part.sent_ms for part in messages) / 50)
    words = sum(len(part.sent_text.split()) for part in messages)
    text_tokens = words + sum(len(json.dumps(part.item())) // 8 for part in output if part not in messages)
    cached = {"text_tokens": 0, "audio_tokens": 0, "image_tokens": 0}
    return {
        "total_tokens": 100 + audio_tokens + text_tokens,
        "input_tokens": 100,
        "output_tokens": audio_tokens + text_tokens,
        "input_token_details": {
            "text_tokens": 100,
            "audio_tokens": 0,
            "image_tokens": 0,
            "cached_tokens": 0,
            "cached_tokens_details": cached,
        },
        "output_token_details": {"text_tokens": text_tokens, "audio_tokens": audio_tokens},
    }
