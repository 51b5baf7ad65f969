"""Translates the shapes that the protocol had from 2024 until general availability (GA) to and from those of GA.

Settings that 2024 did not have (truncation, prompts, include, reasoning, MCP tools) are left out on their way to
the server; fields unknown to both pass through under their own names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from realtime_widgets.protocol.events import JsonObject

_RENAMED = {
    f"response.{old}.{end}": f"response.{new}.{end}"
    for old, new in (
        ("text", "output_text"),
        ("audio", "output_audio"),
        ("audio_transcript", "output_audio_transcript"),
    )
    for end in ("delta", "done")
}
_SESSION_EVENTS = {
    "session.created": "session.created",
    "session.updated": "session.updated",
    "transcription_session.created": "session.created",
    "transcription_session.updated": "session.updated",
}
#: Names of events that only a server of 2024 sends.
EVENTS_2024 = frozenset({*_RENAMED, "transcription_session.created", "transcription_session.updated"})

_FORMATS: dict[str, JsonObject] = {
    "pcm16": {"type": "audio/pcm", "rate": 24000},
    "g711_ulaw": {"type": "audio/pcmu"},
    "g711_alaw": {"type": "audio/pcma"},
}
_FORMAT_NAMES = {made["type"]: name for name, made in _FORMATS.items()}
#: Where GA puts a flat field of a 2024 session, below ``audio``.
_NESTED = {
    "input_audio_format": ("input", "format"),
    "input_audio_transcription": ("input", "transcription"),
    "input_audio_noise_reduction": ("input", "noise_reduction"),
    "turn_detection": ("input", "turn_detection"),
    "output_audio_format": ("output", "format"),
    "voice": ("output", "voice"),
    "speed": ("output", "speed"),
}
#: Flat fields that show a session to be of 2024.
SESSION_FIELDS_2024 = frozenset(_NESTED) - {"voice", "speed", "turn_detection"} | {"max_response_output_tokens"}
_UNKNOWN_IN_2024 = frozenset({"type", "truncation", "prompt", "include", "reasoning", "parallel_tool_calls"})
_PARTS = {"text": "output_text", "audio": "output_audio"}
_PARTS_2024 = {new: old for old, new in _PARTS.items()}


class Shapes2024:
    """Translates the events of one connection to a server of 2024."""

    def __init__(self) -> None:
        #: Items that a response has begun, each with the id of the item before it.
        self._begun: dict[str, Any] = {}

    def outgoing(self, event: JsonObject) -> JsonObject:
        """Translate a GA client event into the shape of 2024."""
        match event["type"]:
            case "session.update":
                session = event.get("session") or {}
                kind = "transcription_session.update" if session.get("type") == "transcription" else event["type"]
                return {**event, "type": kind, "session": _flat(session)}
            case "response.create" if event.get("response"):
                return {**event, "response": _flat(event["response"])}
            case "conversation.item.create":
                return {**event, "item": _with_parts(event["item"], _PARTS_2024)}
            case _:
                return event

    def incoming(self, event: JsonObject) -> list[JsonObject]:
        """Translate a server event of 2024 into GA events."""
        kind = event.get("type")
        if isinstance(kind, str) and kind in _RENAMED:
            return [{**event, "type": _RENAMED[kind]}]
        if isinstance(kind, str) and kind in _SESSION_EVENTS:
            type_ = "transcription" if kind.startswith("transcription") else "realtime"
            session = {"type": type_, **_nested(event.get("session") or {})}
            session.pop("client_secret", None)  # settings are shown, and a key must not be
            return [{**event, "type": _SESSION_EVENTS[kind], "session": session}]
        if isinstance(event.get("response"), dict):
            return [{**event, "response": _response(event["response"])}]
        if isinstance(event.get("item"), dict):
            return self._item(str(kind), {**event, "item": _item(event["item"])})
        return [event]

    def _item(self, kind: str, event: JsonObject) -> list[JsonObject]:
        item, previous = event["item"], event.get("previous_item_id")
        item_id = str(item.get("id"))
        done = {
            "type": "conversation.item.done",
            "event_id": event.get("event_id", ""),
            "previous_item_id": previous,
            "item": item,
        }
        if kind == "conversation.item.created":
            added = {**event, "type": "conversation.item.added"}
            if _grows(item):
                self._begun[item_id] = previous
                return [added]
            return [added, done]
        if kind == "response.output_item.done" and item_id in self._begun:
            done["previous_item_id"] = self._begun.pop(item_id)
            return [done, event]
        return [event]


def _grows(item: JsonObject) -> bool:
    """Whether a response is still making an item."""
    made = item.get("role") == "assistant" or item.get("type") == "function_call"
    return made and item.get("status") not in ("completed", "incomplete")


def _flat(settings: JsonObject) -> JsonObject:
    """Return the settings of a session or a response in the shape of 2024."""
    flat = {name: value for name, value in settings.items() if name not in _UNKNOWN_IN_2024}
    if modalities := flat.pop("output_modalities", None):
        flat["modalities"] = ["text", "audio"] if "audio" in modalities else ["text"]
    if "max_output_tokens" in flat:
        flat["max_response_output_tokens"] = flat.pop("max_output_tokens")
    audio = flat.pop("audio", None) or {}
    for name, (part, field) in _NESTED.items():
        if field in (audio.get(part) or {}):
            flat[name] = audio[part][field]
    for name in ("input_audio_format", "output_audio_format"):
        if isinstance(flat.get(name), dict):
            flat[name] = _FORMAT_NAMES.get(flat[name].get("type"), "pcm16")
    if isinstance(flat.get("turn_detection"), dict):
        known = {name: value for name, value in flat["turn_detection"].items() if name != "idle_timeout_ms"}
        flat["turn_detection"] = known
    if isinstance(flat.get("tools"), list):
        flat["tools"] = [tool for tool in flat["tools"] if tool.get("type", "function") == "function"]
    if isinstance(flat.get("input"), list):
        flat["input"] = [_with_parts(item, _PARTS_2024) for item in flat["input"]]
    return flat


def _nested(flat: JsonObject) -> JsonObject:
    """Return flat settings in the shape of GA."""
    settings = {name: value for name, value in flat.items() if name not in _NESTED}
    if modalities := settings.pop("modalities", None):
        settings["output_modalities"] = ["audio"] if "audio" in modalities else ["text"]
    if "max_response_output_tokens" in settings:
        settings["max_output_tokens"] = settings.pop("max_response_output_tokens")
    audio: JsonObject = {}
    for name, (part, field) in _NESTED.items():
        if name in flat:
            value = flat[name]
            if field == "format" and isinstance(value, str):
                value = _FORMATS.get(value, {"type": value})
            audio.setdefault(part, {})[field] = value
    return {**settings, "audio": audio} if audio else settings


def _response(response: JsonObject) -> JsonObject:
    settings = _nested(response)
    if isinstance(output := settings.get("output"), list):
        settings["output"] = [_item(item) for item in output]
    return settings


def _item(item: JsonObject) -> JsonObject:
    return {"object": "realtime.item", **_with_parts(item, _PARTS)}


def _with_parts(item: JsonObject, names: dict[str, str]) -> JsonObject:
    """Rename the content parts of an assistant's item; those of other items have the same names in both."""
    content = item.get("content")
    if item.get("role") != "assistant" or not isinstance(content, list):
        return item
    return {
        **item,
        "content": [{**part, "type": names.get(part.get("type"), part.get("type"))} for part in content],
    }
