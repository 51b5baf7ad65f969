"""The steps that send one response and its output items."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from realtime_widgets.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE, duration_ms
from realtime_widgets.audio.samples import to_pcm16
from realtime_widgets.testing.scripted_server import shapes
from realtime_widgets.testing.scripted_server.steps import Emit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realtime_widgets.testing.scripted_server.client_items import ItemId
    from realtime_widgets.testing.scripted_server.matching import Event

_BLOCK_MS = 100


def tone(milliseconds: float, hertz: float = 220.0) -> bytes:
    """Return PCM16 bytes (24 kHz, mono) of a soft sine tone, for speech whose words do not matter.

    Parameters
    ----------
    milliseconds
        Length of the tone.
    hertz
        Pitch of the tone.
    """
    time = np.arange(round(milliseconds * SAMPLE_RATE / 1000)) / SAMPLE_RATE
    return to_pcm16((0.2 * np.sin(2 * np.pi * hertz * time)).astype(np.float32))


@dataclass
class Message:
    """An assistant message of a response: text, or speech if it has `audio` (PCM16, 24 kHz, mono).

    Newer models mark by `phase` what comes before the answer (``"commentary"``).
    """

    response_id: str
    output_index: int
    item_id: str
    text: str
    audio: bytes | None = None
    phase: str = ""
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
        """Return the item as the conversation holds it."""
        spoken = {"type": "output_audio", "transcript": self.sent_text}
        part = {"type": "output_text", "text": self.sent_text} if self.audio is None else spoken
        content = [] if status == "in_progress" else [part]
        phase = {"phase": self.phase} if self.phase else {}
        return shapes.message(self.item_id, "assistant", *content, status=status, **phase)

    def opening(self, previous_item_id: ItemId) -> list[Emit]:
        """Open the item and its one content part."""
        item = self.item("in_progress")
        return [
            Emit(shapes.output_item_added(self.response_id, item, self.output_index)),
            Emit(shapes.item_added(item, previous_item_id)),
            Emit(shapes.part_added(self._place, self._part(""))),
        ]

    def deltas(self, share: float = 1.0) -> list[Emit]:
        """Send the first `share` (0 to 1) of the words and of the sound between them."""
        words = self.text.split(" ")
        pieces = [word if index == 0 else f" {word}" for index, word in enumerate(words)]
        if self.audio is None:
            events = [Emit(shapes.text_delta(self._place, piece)) for piece in pieces]
        else:
            events = self._spoken_deltas(pieces, self.audio)
        self._sent = events[: max(1, round(len(events) * share))] if share else []
        return list(self._sent)

    def closing(self, previous_item_id: ItemId, status: str = "completed") -> list[Emit]:
        """Close the content part and the item with what was sent of them."""
        if self.audio is None:
            ends = [shapes.text_done(self._place, self.sent_text)]
        else:
            ends = [shapes.audio_done(self._place), shapes.transcript_done(self._place, self.sent_text)]
        item = self.item(status)
        ends += [
            shapes.part_done(self._place, self._part(self.sent_text)),
            shapes.item_done(item, previous_item_id),
            shapes.output_item_done(self.response_id, item, self.output_index),
        ]
        return [Emit(event) for event in ends]

    def _spoken_deltas(self, pieces: list[str], audio: bytes) -> list[Emit]:
        size = _BLOCK_MS * SAMPLE_RATE // 1000 * BYTES_PER_SAMPLE
        blocks = [audio[start : start + size] for start in range(0, len(audio), size)]
        events: list[Emit] = []
        for index in range(max(len(pieces), len(blocks))):
            if index < len(pieces):
                events.append(Emit(shapes.transcript_delta(self._place, pieces[index])))
            if index < len(blocks):
                events.append(Emit(shapes.audio_delta(self._place, blocks[index])))
        return events

    def _part(self, text: str) -> Event:
        return {"type": "text", "text": text} if self.audio is None else {"type": "audio", "transcript": text}

    @property
    def _place(self) -> Event:
        return shapes.place(self.response_id, self.item_id, self.output_index)


@dataclass
class FunctionCall:
    """A function call of a response; `arguments` is JSON text, valid or not."""

    response_id: str
    output_index: int
    item_id: str
    call_id: str
    name: str
    arguments: str

    def item(self, status: str = "completed") -> Event:
        """Return the item as the conversation holds it."""
        arguments = "" if status == "in_progress" else self.arguments
        return shapes.function_call(self.item_id, self.call_id, self.name, arguments, status=status)

    def opening(self, previous_item_id: ItemId) -> list[Emit]:
        """Open the item."""
        item = self.item("in_progress")
        return [
            Emit(shapes.output_item_added(self.response_id, item, self.output_index)),
            Emit(shapes.item_added(item, previous_item_id)),
        ]

    def deltas(self) -> list[Emit]:
        """Send the arguments, in two pieces."""
        middle = len(self.arguments) // 2
        return [
            Emit(shapes.arguments_delta(self.response_id, self.item(), piece, self.output_index))
            for piece in (self.arguments[:middle], self.arguments[middle:])
        ]

    def closing(self, previous_item_id: ItemId) -> list[Emit]:
        """Close the item."""
        item = self.item()
        return [
            Emit(shapes.arguments_done(self.response_id, item, self.output_index)),
            Emit(shapes.item_done(item, previous_item_id)),
            Emit(shapes.output_item_done(self.response_id, item, self.output_index)),
        ]


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
    """Return a response object, with plausible usage unless it is in progress.

    Parameters
    ----------
    response_id
        Id of the response.
    status
        Status of the response.
    output
        Output items of the response.
    spoken
        Whether the response is speech; otherwise it is text.
    asked_for
        Whether a ``response.create`` made the response, which then has the metadata of that event.
    reason
        Why the response ended, if it was cancelled or stayed incomplete.
    item_status
        Status of the last output item.
    """
    items = [part.item() for part in output[:-1]] + [part.item(item_status) for part in output[-1:]]
    return shapes.response(
        response_id,
        status,
        items,
        status_details={"type": status, "reason": reason} if reason else None,
        output_modalities=["audio" if spoken else "text"],
        metadata=_metadata if asked_for else None,
        usage=None if status == "in_progress" else _usage(output),
    )


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
