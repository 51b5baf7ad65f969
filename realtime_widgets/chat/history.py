"""The conversation as it is sent with every question. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from realtime_widgets.audio.samples import from_pcm16, wav_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realtime_widgets.chat.wire import Completion, JsonObject
    from realtime_widgets.core.conversation.turns import ToolCall

#: Seconds before its end in which the id of a sound is not relied on any more.
_EXPIRY_MARGIN_S = 30.0


@dataclass(frozen=True)
class _Spoken:
    """Sound that the service made and still knows by its id for a while."""

    audio_id: str
    expires_at: float


class History:
    """Messages in order. Sound of the service stands by its id until that expires, then as its words.

    What the user said by sound has no id: it is sent again with every question.

    Parameters
    ----------
    instructions
        How the model should behave.
    """

    def __init__(self, instructions: str = "") -> None:
        self.instructions = instructions
        self._messages: list[tuple[JsonObject, _Spoken | None]] = []
        self._unknown: set[str] = set()

    def __len__(self) -> int:
        return len(self._messages)

    def ask(self, text: str) -> None:
        """Add a written question."""
        self._messages.append(({"role": "user", "content": text}, None))

    def ask_by_sound(self, pcm: bytes) -> None:
        """Add a spoken question, 24 kHz mono PCM16."""
        import pybase64

        data = pybase64.b64encode(wav_bytes(from_pcm16(pcm))).decode()
        part = {"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}
        self._messages.append(({"role": "user", "content": [part]}, None))

    def answered(self, completion: Completion) -> None:
        """Add an answer; one without words and calls is left out."""
        if not (completion.text or completion.calls or completion.audio_id):
            return
        message: JsonObject = {"role": "assistant", "content": completion.text or None}
        if completion.calls:
            message["tool_calls"] = [_call(call) for call in completion.calls]
        known = _Spoken(completion.audio_id, completion.expires_at) if completion.audio_id else None
        self._messages.append((message, known))

    def ran(self, outputs: Sequence[tuple[str, str]]) -> None:
        """Add the outputs of calls, as pairs of call id and text."""
        for call_id, output in outputs:
            self._messages.append(({"role": "tool", "tool_call_id": call_id, "content": output}, None))

    def cut(self, length: int) -> None:
        """Forget all messages after the first `length`."""
        del self._messages[length:]

    def disown(self, text: str) -> bool:
        """Take it that the service no longer knows the sound that a refusal names; whether it names one."""
        named = {spoken.audio_id for _, spoken in self._messages if spoken and spoken.audio_id in text}
        new = named - self._unknown
        self._unknown |= new
        return bool(new)

    def messages(self, now: float) -> list[JsonObject]:
        """Return what to send at `now`, in Unix time."""
        head = [{"role": "system", "content": self.instructions}] if self.instructions else []
        return [*head, *(self._as_sent(message, spoken, now) for message, spoken in self._messages)]

    def _as_sent(self, message: JsonObject, spoken: _Spoken | None, now: float) -> JsonObject:
        if spoken is None or spoken.audio_id in self._unknown or spoken.expires_at - _EXPIRY_MARGIN_S < now:
            return message
        return {**message, "content": None, "audio": {"id": spoken.audio_id}}

    def shown(self) -> list[dict[str, Any]]:
        """Return the messages for reading: words and calls, sound as its length in bytes."""
        return [_without_sound(message) for message, _ in self._messages]


def _call(call: ToolCall) -> JsonObject:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.call_id, "type": "function", "function": function}


def _without_sound(message: JsonObject) -> JsonObject:
    if not isinstance(message.get("content"), list):
        return dict(message)
    size = sum(len(part["input_audio"]["data"]) * 3 // 4 for part in message["content"])
    return {**message, "content": f"[{size} bytes of sound]"}
