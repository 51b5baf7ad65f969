"""What of a conversation can be put into a new session, and what is lost with the old one. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from realtime_widgets.core.conversation.heard import heard_characters

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from realtime_widgets.core.conversation.items import Conversation, Item
    from realtime_widgets.core.conversation.turns import ToolCall
    from realtime_widgets.core.playback.ledger import PlaybackLedger
    from realtime_widgets.protocol.events import JsonObject

#: Items of hosted tools that mean nothing to another session: it lists and asks by itself.
_ASKED_ANEW = ("mcp_list_tools", "mcp_approval_request", "mcp_approval_response")
#: Characters of a text that name it in a sentence.
_NAMED = 40


@dataclass
class Restoration:
    """Items to create in the new session, in order, and what cannot be created.

    Attributes
    ----------
    items
        In the protocol's shape, with the ids they had.
    lost
        Ids of items that the new session lacks, with what they were in words.
    """

    items: list[JsonObject] = field(default_factory=list)
    lost: dict[str, str] = field(default_factory=dict)


def restoration(
    conversation: Conversation, ledger: PlaybackLedger, calls: Mapping[str, ToolCall], skipped: Collection[str]
) -> Restoration:
    """Work out how to put a conversation back.

    Speech of both sides goes back as text, an answer that was cut as far as it was heard.

    Parameters
    ----------
    conversation, ledger, calls
        What was said, heard and called.
    skipped
        Items that come back in another way.
    """
    result = Restoration()
    has_output = {item.call_id for item in conversation if item.kind == "function_call_output"}
    for item in conversation:
        if item.forgotten or item.id in skipped or item.kind in _ASKED_ANEW:
            continue
        data = _restored(item, ledger)
        if data is None:
            result.lost[item.id] = _named(conversation, item)
            continue
        result.items.append(data)
        call = calls.get(item.call_id) if item.kind == "function_call" else None
        if call and call.answered and call.call_id not in has_output:
            output = {"type": "function_call_output", "call_id": call.call_id, "output": call.output}
            result.items.append(output)
    return result


def _restored(item: Item, ledger: PlaybackLedger) -> JsonObject | None:
    match item.kind:
        case "function_call" if item.settled and item.state == "completed":
            names = {"call_id": item.call_id, "name": item.name, "arguments": item.arguments}
            return {"id": item.id, "type": "function_call", **names}
        case "mcp_call" if item.settled and item.state == "completed":
            names = {"server_label": item.server_label, "name": item.name, "arguments": item.arguments}
            return {"id": item.id, "type": item.kind, **names, "output": item.output or item.error}
        case "function_call_output":
            return {"id": item.id, "type": item.kind, "call_id": item.call_id, "output": item.output}
        case "message":
            characters = heard_characters(item, ledger)
            text = item.text if characters is None else item.text[:characters].rstrip()
            pictures = [part.image for part in item.images if part.image]
            if not (text or pictures) or len(pictures) < len(item.images):
                return None
            kind = "output_text" if item.role == "assistant" else "input_text"
            content: list[JsonObject] = [{"type": kind, "text": text}] if text else []
            return {"id": item.id, "type": "message", "role": item.role, "content": [*content, *pictures]}
        case _:
            return None


def _named(conversation: Conversation, item: Item) -> str:
    if item.kind in ("function_call", "mcp_call"):
        return f"an unfinished call of {item.name or 'a tool'}"
    if item.kind != "message":
        return f"an item of the kind {item.kind}"
    if item.role != "user":
        return "an answer without words"
    if not item.spoken:
        return f"your message {quoted(item.text)}" if item.text else "an image"
    after = iter(conversation)
    for each in after:
        if each is item:
            break
    answer = next((each.text for each in after if each.role == "assistant" and each.text), "")
    said = "what you said (its words never came)"
    return f"{said} before the answer {quoted(answer)}" if answer else said


def quoted(text: str) -> str:
    """Return a text, shortened to name it by."""
    text = " ".join(text.split())
    return f"“{text}”" if len(text) <= _NAMED else f"“{text[: _NAMED - 1]}…”"


def texts(item: JsonObject) -> list[str]:
    """Return the texts of an item's content."""
    parts = item.get("content") or []
    return [str(part["text"]) for part in parts if isinstance(part, dict) and part.get("text")]
