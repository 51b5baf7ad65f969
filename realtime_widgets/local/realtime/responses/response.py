"""One response: pieces of the answer in, the protocol's events in their order out. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pybase64

from realtime_widgets.audio.pcm import SAMPLE_RATE
from realtime_widgets.local.api.audio_formats import WireEncoder
from realtime_widgets.local.api.names import new_id
from realtime_widgets.local.api.tokens import (
    ASSISTANT_AUDIO_TOKEN_MS,
    PromptPart,
    Tokens,
    audio_tokens,
    text_bytes,
    tokens_of_bytes,
    usage,
)
from realtime_widgets.local.inference.pieces import argument_deltas, spaced_words
from realtime_widgets.local.realtime.conversation.conversation import Conversation, Item, Speech

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    import numpy.typing as npt

    from realtime_widgets.local.realtime.responses.options import ResponseOptions

Status = Literal["completed", "cancelled", "incomplete", "failed"]
#: Number of samples (24 kHz) in one audio delta: 200 ms.
DELTA_SAMPLES = SAMPLE_RATE // 5


@dataclass
class _Message:
    """A message item under construction; without `speech` it is written."""

    item: Item
    index: int
    speech: Speech | None
    encoder: WireEncoder
    text: str = ""


@dataclass
class _Call:
    """A function call item: its arguments are sent, its closing events are not."""

    item: Item
    index: int


@dataclass
class HostedCall:
    """A call of an MCP server that the endpoint makes: its arguments are sent, its outcome is not known yet."""

    item: Item
    index: int
    begun: bool = False


class Response:
    """Builds one response.

    Parameters
    ----------
    options
        Its effective settings.
    conversation
        The conversation that its items join; None for an out-of-band response.
    conversation_id
        Id of that conversation, for the response object.
    emit
        Receives each server event, without its ``event_id``, in order.
    """

    def __init__(
        self,
        options: ResponseOptions,
        conversation: Conversation | None,
        conversation_id: str,
        emit: Callable[[dict[str, Any]], None],
    ) -> None:
        self.id = new_id("resp")
        self.options = options
        self.finished = False
        #: What the answer depends on, for the count of input tokens; known once the brain is asked.
        self.prompt: Sequence[PromptPart] = ()
        self.previous_prompt: Sequence[PromptPart] = ()
        self._conversation = conversation
        self._conversation_id = conversation_id if conversation is not None else None
        self._emit = emit
        self._open: list[_Message | _Call | HostedCall] = []
        self._output: list[Item] = []
        self._words: list[str] = []
        self._text_bytes = 0
        self._audio_made_ms = 0.0

    def start(self) -> None:
        """Announce the response."""
        self._emit({"type": "response.created", "response": self._public("in_progress", None)})

    @property
    def output_tokens(self) -> Tokens:
        """Number of tokens made so far."""
        return Tokens(
            tokens_of_bytes(self._text_bytes), audio_tokens(self._audio_made_ms, ASSISTANT_AUDIO_TOKEN_MS)
        )

    @property
    def total_tokens(self) -> int:
        """Number of tokens read and made so far."""
        return sum(part.tokens.total for part in self.prompt) + self.output_tokens.total

    @property
    def playback_ms(self) -> float:
        """Duration of the audio made so far."""
        return self._audio_made_ms

    @property
    def items(self) -> Sequence[Item]:
        """The items made so far."""
        return tuple(self._output)

    @property
    def full(self) -> bool:
        """Whether the limit of output tokens is reached."""
        limit = self.options.max_output_tokens
        return limit is not None and self.output_tokens.total >= limit

    def say(self, text: str) -> None:
        """Begin a sentence: written at once, or spoken with the sound that follows."""
        message = self._message()
        follows = bool(message.text or self._words) and not text.startswith("\n")
        spaced = f" {text}" if follows else text
        if message.speech is None:
            for word in spaced_words(spaced):
                if self.full:
                    return
                self._write(message, word)
        else:
            self._flush_words(message)
            if not message.speech.truncated:
                message.speech.sentences.append((text, message.speech.milliseconds))
            self._words = spaced_words(spaced)

    def sound(self, samples: npt.NDArray[np.int16]) -> None:
        """Send int16 `samples` of shape (n,) at 24 kHz, together with the words they speak."""
        message = self._message()
        speech = message.speech
        assert speech is not None
        for start in range(0, len(samples), DELTA_SAMPLES):
            if self.full:
                return
            if self._words:
                self._write(message, self._words.pop(0))
            block = samples[start : start + DELTA_SAMPLES]
            self._audio_made_ms += len(block) * 1000 / SAMPLE_RATE
            self._send_sound(message, speech, message.encoder(block))

    def call(self, name: str, arguments: str) -> None:
        """Ask the client to run a function; `arguments` is a JSON object as text."""
        wire: dict[str, Any] = {
            "id": new_id("item"),
            "object": "realtime.item",
            "type": "function_call",
            "status": "in_progress",
            "name": name,
            "call_id": new_id("call"),
            "arguments": "",
        }
        self._end_words()
        call = _Call(Item(wire), len(self._output))
        self._add(call)
        self._text_bytes += text_bytes(name) + text_bytes(arguments)
        for delta in argument_deltas(arguments):
            self._emit(self._call_event(call, "response.function_call_arguments.delta", delta=delta))
        wire["arguments"] = arguments

    def hosted_call(
        self, server_label: str, name: str, arguments: str, approval_request_id: str | None = None
    ) -> HostedCall:
        """Add a call that the endpoint makes itself; `arguments` is a JSON object as text."""
        self._end_words()
        wire = _hosted("mcp_call", server_label, name, "")
        if approval_request_id is not None:
            wire["approval_request_id"] = approval_request_id
        call = HostedCall(Item(wire), len(self._output))
        self._add(call)
        self._text_bytes += text_bytes(name) + text_bytes(arguments)
        event = {"response_id": self.id, "item_id": call.item.id, "output_index": call.index}
        for delta in argument_deltas(arguments):
            self._emit({"type": "response.mcp_call_arguments.delta", **event, "delta": delta})
        wire["arguments"] = arguments
        self._emit({"type": "response.mcp_call_arguments.done", **event, "arguments": arguments})
        return call

    def begin_call(self, call: HostedCall) -> None:
        """Announce that a call is made now; what was said before it is closed."""
        for part in [part for part in self._open if isinstance(part, _Message)]:
            self._close_message(part, "completed", whole=True)
            self._open.remove(part)
        call.begun = True
        self._emit_outcome(call, "in_progress")

    def end_call(self, call: HostedCall, output: str = "", error: dict[str, Any] | None = None) -> None:
        """Close a call with its output, or with the protocol's `error`."""
        self._open.remove(call)
        if error is None:
            call.item.wire["output"] = output
        else:
            call.item.wire["error"] = error
        self._emit_outcome(call, "completed" if error is None else "failed")
        self._close_item(call, "completed" if error is None else "incomplete")

    def ask_approval(self, server_label: str, name: str, arguments: str) -> Item:
        """Add the request for the user's consent to a call, and return its item."""
        self._end_words()
        wire = _hosted("mcp_approval_request", server_label, name, arguments)
        request = HostedCall(Item(wire), len(self._output))
        self._add(request)
        self._text_bytes += text_bytes(name) + text_bytes(arguments)
        self._open.remove(request)
        self._close_item(request, "completed")
        return request.item

    def finish(self, status: Status, reason: str | None = None, error: dict[str, Any] | None = None) -> None:
        """Close every open part and item and announce the outcome; no piece may follow."""
        item_status = "completed" if status == "completed" else "incomplete"
        for part in self._open:
            if isinstance(part, _Message):
                # A failure, or the brain's own limit, comes between two sentences: the last one was spoken.
                between = status == "failed" or (status == "incomplete" and not self.full)
                self._close_message(part, item_status, whole=status == "completed" or between)
            elif isinstance(part, HostedCall):
                self._break_off(part)
            else:
                self._close_call(part)
        self._open.clear()
        self.finished = True
        details: dict[str, Any] | None = None
        if status != "completed":
            details = {"type": status, **({"reason": reason} if reason else {})}
            if error is not None:
                details["error"] = error
        self._emit({"type": "response.done", "response": self._public(status, details)})

    def _message(self) -> _Message:
        if self._open and isinstance(self._open[-1], _Message):
            return self._open[-1]
        self._words.clear()
        wire: dict[str, Any] = {
            "id": new_id("item"),
            "object": "realtime.item",
            "type": "message",
            "status": "in_progress",
            "role": "assistant",
            "content": [],
        }
        speech = Speech(self.options.audio_format["type"]) if self.options.speaks else None
        encoder = WireEncoder(self.options.audio_format["type"])
        message = _Message(Item(wire), len(self._output), speech, encoder)
        self._add(message)
        if speech is None:
            part, content = {"type": "text", "text": ""}, {"type": "output_text", "text": ""}
        else:
            part, content = {"type": "audio", "transcript": ""}, {"type": "output_audio", "transcript": ""}
            message.item.speech[0] = speech
        wire["content"] = [content]
        self._emit(self._part_event(message, "response.content_part.added", part=part))
        return message

    def _add(self, part: _Message | _Call | HostedCall) -> None:
        self._open.append(part)
        self._output.append(part.item)
        self._emit(self._item_event(part, "response.output_item.added"))
        if self._conversation is not None:
            previous = self._conversation.append(part.item)
            self._emit(
                {"type": "conversation.item.added", "previous_item_id": previous, "item": part.item.snapshot()}
            )

    def _write(self, message: _Message, words: str) -> None:
        message.text += words
        self._text_bytes += text_bytes(words)
        content = message.item.wire["content"][0]
        if message.speech is None:
            content["text"] = message.text
            self._emit(self._part_event(message, "response.output_text.delta", delta=words))
        else:
            if not message.speech.truncated:
                content["transcript"] = message.text
            self._emit(self._part_event(message, "response.output_audio_transcript.delta", delta=words))

    def _send_sound(self, message: _Message, speech: Speech, encoded: bytes) -> None:
        if not speech.truncated:
            speech.data.append(encoded)
        self._emit(self._part_event(message, "response.output_audio.delta", delta=_base64(encoded)))

    def _flush_words(self, message: _Message) -> None:
        if self._words:
            self._write(message, "".join(self._words))
            self._words.clear()

    def _close_message(self, message: _Message, status: str, whole: bool) -> None:
        if message.speech is None:
            self._emit(self._part_event(message, "response.output_text.done", text=message.text))
            part = {"type": "text", "text": message.text}
        else:
            if whole:
                self._flush_words(message)
                if tail := message.encoder.finish():
                    self._send_sound(message, message.speech, tail)
            self._emit(self._part_event(message, "response.output_audio.done"))
            transcript = "response.output_audio_transcript.done"
            self._emit(self._part_event(message, transcript, transcript=message.text))
            part = {"type": "audio", "transcript": message.text}
        self._emit(self._part_event(message, "response.content_part.done", part=part))
        self._close_item(message, status)

    def _close_call(self, call: _Call) -> None:
        wire = call.item.wire
        self._emit(
            self._call_event(
                call,
                "response.function_call_arguments.done",
                name=wire["name"],
                arguments=wire["arguments"],
            )
        )
        # Its arguments are complete, whatever became of the response around it.
        self._close_item(call, "completed")

    def _break_off(self, call: HostedCall) -> None:
        """Close a call whose outcome nobody waits for any more."""
        what = "whether the server has acted is unknown" if call.begun else "it was not made"
        message = f"The response ended before the call was answered; {what}."
        call.item.wire["error"] = {"type": "tool_execution_error", "message": message}
        self._emit_outcome(call, "failed")
        self._close_item(call, "incomplete")

    def _emit_outcome(self, call: HostedCall, outcome: str) -> None:
        event = {"type": f"response.mcp_call.{outcome}", "item_id": call.item.id}
        self._emit({**event, "output_index": call.index})

    def _end_words(self) -> None:
        """Send the words of a sentence whose sound is made."""
        if self._open and isinstance(self._open[-1], _Message):
            self._flush_words(self._open[-1])

    def _close_item(self, part: _Message | _Call | HostedCall, status: str) -> None:
        part.item.wire["status"] = status
        if self._conversation is not None:
            done = {"type": "conversation.item.done", "item": part.item.snapshot()}
            self._emit(done | {"previous_item_id": self._conversation.previous_id(part.item)})
        self._emit(self._item_event(part, "response.output_item.done"))

    def _item_event(self, part: _Message | _Call | HostedCall, kind: str) -> dict[str, Any]:
        return {
            "type": kind,
            "response_id": self.id,
            "output_index": part.index,
            "item": part.item.snapshot(),
        }

    def _part_event(self, message: _Message, kind: str, **fields: Any) -> dict[str, Any]:
        return {
            "type": kind,
            "response_id": self.id,
            "item_id": message.item.id,
            "output_index": message.index,
            "content_index": 0,
            **fields,
        }

    def _call_event(self, call: _Call, kind: str, **fields: Any) -> dict[str, Any]:
        return {
            "type": kind,
            "response_id": self.id,
            "item_id": call.item.id,
            "output_index": call.index,
            "call_id": call.item.wire["call_id"],
            **fields,
        }

    def _public(self, status: str, details: dict[str, Any] | None) -> dict[str, Any]:
        done = status != "in_progress"
        return {
            "object": "realtime.response",
            "id": self.id,
            "status": status,
            "status_details": details,
            "conversation_id": self._conversation_id,
            "output": [item.snapshot() for item in self._output],
            **self.options.public(),
            "usage": usage(self.prompt, self.previous_prompt, self.output_tokens) if done else None,
        }


def _hosted(kind: str, server_label: str, name: str, arguments: str) -> dict[str, Any]:
    return {
        "id": new_id("mcp" if kind == "mcp_call" else "mcpr"),
        "object": "realtime.item",
        "type": kind,
        "status": "in_progress",
        "server_label": server_label,
        "name": name,
        "arguments": arguments,
    }


def _base64(data: bytes) -> str:
    return pybase64.b64encode(data).decode("ascii")
