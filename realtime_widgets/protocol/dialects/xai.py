"""Translates xAI's dialect: flat settings, whole transcripts for deltas, missing indices, usage elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from realtime_widgets.protocol.events import JsonObject

#: Where GA puts a top-level field of an xAI session, below ``audio``.
_FLAT = {"voice": ("output", "voice"), "turn_detection": ("input", "turn_detection")}
_TRANSCRIPTION = "conversation.item.input_audio_transcription"


class XaiShapes:
    """Translates the events of one connection to xAI's server."""

    def __init__(self) -> None:
        self._heard: dict[str, str] = {}
        #: Item ids of each running response, in order.
        self._items: dict[str, list[str]] = {}

    def outgoing(self, event: JsonObject) -> JsonObject:
        """Translate a GA client event into xAI's dialect."""
        if event["type"] == "session.update":
            return {**event, "session": _flat(event.get("session") or {})}
        if event["type"] == "response.create" and event.get("response"):
            return {**event, "response": _flat(event["response"])}
        return event

    def incoming(self, event: JsonObject) -> list[JsonObject]:
        """Translate a server event of xAI into GA events."""
        kind = str(event.get("type"))
        match kind:
            case "session.created" | "session.updated":
                return [{**event, "session": {"type": "realtime", **_nested(event.get("session") or {})}}]
            case "conversation.item.input_audio_transcription.updated":
                return self._transcribed(event)
            case "conversation.item.input_audio_transcription.completed":
                if event.get("status") == "in_progress":  # one is sent at each pause, before the user is done
                    return self._transcribed(event)
                self._heard.pop(str(event.get("item_id")), None)
                return [event]
            case "response.created" | "response.done":
                return [self._response(kind, event)]
        return [self._placed(event)] if kind.startswith("response.") else [event]

    def _transcribed(self, event: JsonObject) -> list[JsonObject]:
        """Return the new words of a transcript, which xAI sends whole each time, as a delta."""
        item_id, words = str(event.get("item_id")), str(event.get("transcript") or "")
        before = self._heard.get(item_id, "")
        # A delta cannot take words back: corrected ones wait for the final transcript.
        if not words.startswith(before) or words == before:
            return []
        self._heard[item_id] = words
        place = {name: value for name, value in event.items() if name not in ("type", "transcript", "status")}
        return [{"content_index": 0, **place, "type": f"{_TRANSCRIPTION}.delta", "delta": words[len(before) :]}]

    def _response(self, kind: str, event: JsonObject) -> JsonObject:
        response = dict(event.get("response") or {})
        # The response's own usage is empty; that of the event has the tokens.
        if not response.get("usage"):
            response["usage"] = event.get("usage") or None
        response_id = str(response.get("id"))
        if kind == "response.done":
            self._items.pop(response_id, None)
        else:
            self._items[response_id] = []
        return {**event, "response": response}

    def _placed(self, event: JsonObject) -> JsonObject:
        """Add the indices of the item and the part that an event is about, if the server left them out."""
        item = event.get("item")
        item_id = item.get("id") if isinstance(item, dict) else event.get("item_id")
        items = self._items.setdefault(str(event.get("response_id")), [])
        if item_id is None:
            return event
        if item_id not in items:
            items.append(item_id)
        placed = {"output_index": items.index(item_id), **event}
        if event["type"].startswith(("response.output_text", "response.output_audio", "response.content_part")):
            placed.setdefault("content_index", 0)
        if event["type"].startswith("response.content_part"):
            placed.setdefault("part", {"type": "audio"})
        return placed


def _flat(settings: JsonObject) -> JsonObject:
    flat = dict(settings)
    audio = {part: dict(fields or {}) for part, fields in (flat.pop("audio", None) or {}).items()}
    for name, (part, field) in _FLAT.items():
        if field in audio.get(part, {}):
            flat[name] = audio[part].pop(field)
    # xAI always transcribes: there is nothing to switch off or choose.
    if audio.get("input", {}).get("transcription", ...) is None:
        del audio["input"]["transcription"]
    audio = {part: fields for part, fields in audio.items() if fields}
    return {**flat, "audio": audio} if audio else flat


def _nested(flat: JsonObject) -> JsonObject:
    session = {name: value for name, value in flat.items() if name not in _FLAT}
    if "modalities" in session:
        session.setdefault("output_modalities", session.pop("modalities"))
    audio = {part: dict(fields or {}) for part, fields in (session.pop("audio", None) or {}).items()}
    for name, (part, field) in _FLAT.items():
        if name in flat:
            audio.setdefault(part, {}).setdefault(field, flat[name])
    return {**session, "audio": audio} if audio else session
