"""What Chat Completions and its neighbours put on the wire: streamed events, answers, usage. Pure."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import Any

from realtime_widgets.audio.samples import read_sound, to_pcm16
from realtime_widgets.core.conversation.turns import ToolCall
from realtime_widgets.core.usage.usage import KINDS
from realtime_widgets.errors import AudioError, ResponseFailedError
from realtime_widgets.protocol.secrets import masked_frame

JsonObject = dict[str, Any]


class EventLines:
    """Cuts a stream of server-sent events into their data, however the network cut it before."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []
        #: Whether the stream said that it is over.
        self.done = False

    def take(self, block: bytes) -> list[JsonObject]:
        """Add bytes; return the events that are complete now.

        Raises
        ------
        ResponseFailedError
            If the service reports a failure, or something is not an event.
        """
        *lines, self._rest = (self._rest + block).split(b"\n")
        events = []
        for line in map(bytes.rstrip, lines):
            if line.startswith(b"data:"):
                self._data.append(line[5:].lstrip())
            elif not line and self._data:
                data, self._data = b"\n".join(self._data), []
                if data == b"[DONE]":
                    self.done = True
                else:
                    events.append(event_of(data))
        return events


def event_of(data: bytes) -> JsonObject:
    """Read one event, or a whole answer.

    Raises
    ------
    ResponseFailedError
        If it reports a failure, or is not a JSON object.
    """
    try:
        event = json.loads(masked_frame(data.decode(json.detect_encoding(data), "surrogatepass")))
    except ValueError:
        event = None
    if not isinstance(event, dict):
        raise ResponseFailedError("the endpoint sent something that is not a JSON object; is the address right?")
    if error := event.get("error"):
        text, code = error_of(event)
        raise ResponseFailedError(f"the endpoint reports: {text or error}", code)
    return event


def error_of(body: object) -> tuple[str, str | None]:
    """Read the text and the code of an error, in the shapes that servers use."""
    error = body.get("error", body) if isinstance(body, dict) else body
    if isinstance(error, str):
        return error, None
    if not isinstance(error, dict):
        return "", None
    text = error.get("message") or error.get("detail") or ""
    code = error.get("code") or error.get("type")
    return text if isinstance(text, str) else json.dumps(text), str(code) if code else None


@dataclass
class Completion:
    """One answer of Chat Completions, as far as it came.

    Attributes
    ----------
    text
        The written answer; with sound, the words of the speech.
    pcm
        The sound, 24 kHz mono PCM16.
    audio_id, expires_at
        Name of the sound in later requests, and until when (Unix time) it is known.
    calls
        Tool calls, in order.
    finish_reason, usage, model
        As reported by the service.
    """

    text: str = ""
    pcm: bytearray = field(default_factory=bytearray)
    audio_id: str = ""
    expires_at: float = 0.0
    calls: list[ToolCall] = field(default_factory=list)
    finish_reason: str = ""
    usage: JsonObject | None = None
    model: str = ""

    def take(self, chunk: JsonObject) -> str:
        """Add a piece of a streamed answer; return the text in it."""
        before = len(self.text)
        choice = self._envelope(chunk)
        delta = _object(choice.get("delta"))
        self._words(delta)
        for each in _objects(delta.get("tool_calls")):
            self._call(each)
        return self.text[before:]

    def take_whole(self, body: JsonObject) -> str:
        """Add an answer that came in one piece; return its text."""
        message = _object(self._envelope(body).get("message"))
        self._words(message, whole=True)
        for index, each in enumerate(_objects(message.get("tool_calls"))):
            self._call({"index": index, **each})
        return self.text

    def settle(self) -> None:
        """Put characters together that came in two halves, and mask secrets that came in pieces."""
        self.text = masked_frame(whole_text(self.text))
        for call in self.calls:
            call.name, call.arguments = whole_text(call.name), masked_frame(whole_text(call.arguments))

    def _envelope(self, body: JsonObject) -> JsonObject:
        self.model = str(body.get("model") or self.model)
        self.usage = body.get("usage") or self.usage
        choice = next(iter(_objects(body.get("choices"))), {})
        self.finish_reason = str(choice.get("finish_reason") or self.finish_reason)
        return choice

    def _words(self, part: JsonObject, whole: bool = False) -> None:
        audio = _object(part.get("audio"))
        self.text += _text(part.get("content")) or _text(part.get("refusal"))
        self.text += _text(audio.get("transcript"))
        self.audio_id = str(audio.get("id") or self.audio_id)
        expires = audio.get("expires_at")
        if isinstance(expires, int | float):
            self.expires_at = expires
        if data := audio.get("data"):
            sound = _decoded(data)
            self.pcm += _pcm_of_file(sound) if whole else sound

    def _call(self, piece: JsonObject) -> None:
        index = piece.get("index")
        if not isinstance(index, int) or index < 0:
            index = len(self.calls)
        while index >= len(self.calls):
            if len(self.calls) >= _MAX_CALLS:
                raise ResponseFailedError(f"the endpoint asked for more than {_MAX_CALLS} tool calls at once")
            self.calls.append(ToolCall("", "", "", "", ""))
        call, function = self.calls[index], _object(piece.get("function"))
        call.call_id = str(piece.get("id") or call.call_id)
        call.name = str(function.get("name") or call.name)
        arguments = function.get("arguments")
        call.arguments += json.dumps(arguments) if isinstance(arguments, dict) else _text(arguments)


def whole_text(text: str) -> str:
    """Join the halves of surrogate pairs; what stays half cannot be sent and becomes U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


#: Tool calls in one answer above which a server is taken for broken.
_MAX_CALLS = 128


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _object(value: object) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _objects(value: object) -> list[JsonObject]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _decoded(data: object) -> bytes:
    import pybase64

    try:
        return pybase64.b64decode(str(data), validate=True)
    except ValueError:
        raise ResponseFailedError("the endpoint sent sound that is not base64") from None


def _pcm_of_file(sound: bytes) -> bytes:
    """Bring a sound file to PCM16; what is none is PCM16 already."""
    try:
        samples, rate = read_sound(sound)
    except AudioError:
        return sound
    return to_pcm16(samples, rate)


def speech_of(event: JsonObject) -> bytes:
    """Return the PCM16 of an event of ``/audio/speech``; empty for the other events."""
    return _decoded(event["audio"]) if event.get("type") == "speech.audio.delta" and event.get("audio") else b""


def realtime_usage(usage: object) -> JsonObject | None:
    """Bring the usage of a completion into the shape that a Realtime response has.

    In a completion, what is not said to be of another kind is text.
    """
    given = _object(usage)
    if not given:
        return None
    read, made = _number(given, "prompt_tokens"), _number(given, "completion_tokens")
    came, went = _object(given.get("prompt_tokens_details")), _object(given.get("completion_tokens_details"))
    kinds_in = {f"{kind}_tokens": _number(came, f"{kind}_tokens") for kind in KINDS[1:]}
    audio_out = _number(went, "audio_tokens")
    return {
        "input_tokens": read,
        "output_tokens": made,
        "input_token_details": {
            **kinds_in,
            "text_tokens": max(0, read - sum(kinds_in.values())),
            "cached_tokens": _number(came, "cached_tokens"),
        },
        "output_token_details": {
            "text_tokens": max(0, made - audio_out),
            "audio_tokens": audio_out,
            "reasoning_tokens": _number(went, "reasoning_tokens"),
        },
    }


def speech_usage(usage: object) -> JsonObject | None:
    """Bring the usage of ``/audio/speech`` into that shape: text goes in, sound comes out."""
    given = _object(usage)
    if not given:
        return None
    read, made = _number(given, "input_tokens"), _number(given, "output_tokens")
    return {
        "input_tokens": read,
        "output_tokens": made,
        "input_token_details": {"text_tokens": read},
        "output_token_details": {"audio_tokens": made},
    }


def _number(given: JsonObject, name: str) -> int:
    value = given.get(name)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return int(value) if number and 0 <= value < math.inf else 0  # type: ignore[operator, arg-type]
