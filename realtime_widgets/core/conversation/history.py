"""An earlier talk as items with which a new conversation begins: its words as text, with its tool calls. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from realtime_widgets.core.conversation.export import ConversationExport
from realtime_widgets.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realtime_widgets.protocol.events import JsonObject

#: Characters of an earlier talk that are put in at most, some 12,000 tokens: each answer pays for them again.
HISTORY_CHARACTERS = 48_000

_ROLES = {"user": "input_text", "assistant": "output_text", "system": "input_text", "developer": "input_text"}
_TEXTS = ("text", "input_text", "output_text")

#: A conversation's export, or its messages as of Chat Completions, or its records as of `to_records`.
History: TypeAlias = "ConversationExport | Sequence[Mapping[str, Any]]"


@dataclass(frozen=True)
class EarlierTalk:
    """What is put in, and what is left out.

    Attributes
    ----------
    items
        In the protocol's shape, oldest first.
    left_out
        How many older messages there was no room for.
    pictures
        How many images are left out.
    """

    items: list[JsonObject]
    left_out: int = 0
    pictures: int = 0

    def __str__(self) -> str:
        count = len(self.items)
        missing = [f"{self.left_out:,} older ones"] if self.left_out else []
        missing += [f"{self.pictures:,} images"] if self.pictures else []
        without = f", without {' and '.join(missing)}" if missing else ""
        messages = "1 message of it is" if count == 1 else f"{count:,} messages of it are"
        return f"{messages} put in as text{without}"


def earlier_talk(history: History) -> EarlierTalk:
    """Return an earlier talk as items for a new one: the newest that fit into `HISTORY_CHARACTERS`.

    Parameters
    ----------
    history
        A `ConversationExport`; messages with ``role`` and ``content``, as of Chat Completions, calls of tools
        with their outputs; or what `ConversationExport.to_records` returned.

    Raises
    ------
    ConfigurationError
        If it is none of these, or a message in it has no known role.
    """
    if isinstance(history, ConversationExport):
        history = history.to_messages()
    if isinstance(history, str | bytes | Mapping) or not hasattr(history, "__iter__"):
        raise ConfigurationError(
            "history= is a session, its conversation, or a list of messages with role and content, not "
            f"{type(history).__name__}"
        )
    items: list[JsonObject] = []
    pictures = 0
    for number, message in enumerate(history):
        made, left = _items(number, message)
        items += made
        pictures += left
    kept = _newest(items)
    return EarlierTalk(kept, len(items) - len(kept), pictures)


def _items(number: int, message: Any) -> tuple[list[JsonObject], int]:
    """Return the items of one message, and how many of its images are left out."""
    if not isinstance(message, Mapping) or "role" not in message:
        raise ConfigurationError(f"message {number} of history= has no role: {str(message)[:80]!r}")
    role = message["role"]
    match message.get("kind"):
        case "tool_call":
            return [_call(message["call_id"], message["name"], message["arguments"])], 0
        case "hosted_call":
            return [], 0
    if role == "tool":
        call_id = message.get("tool_call_id") or message.get("call_id")
        output = message.get("content") if "content" in message else message.get("output")
        return [{"type": "function_call_output", "call_id": str(call_id), "output": _text(output)[0]}], 0
    if role not in _ROLES:
        known = ", ".join([*_ROLES, "tool"])
        raise ConfigurationError(f"message {number} of history= has the role {role!r}; known are {known}")
    content = message["content"] if "content" in message else message.get("heard", message.get("text", ""))
    text, pictures = _text(content)
    calls = [
        _call(each["id"], each["function"]["name"], each["function"]["arguments"])
        for each in message.get("tool_calls") or ()
    ]
    role = "system" if role == "developer" else role
    said: list[JsonObject] = []
    if text.strip():
        part = {"type": _ROLES[role], "text": text}
        said = [{"type": "message", "role": role, "content": [part]}]
    return [*said, *calls], pictures


def _call(call_id: Any, name: Any, arguments: Any) -> JsonObject:
    return {"type": "function_call", "call_id": str(call_id), "name": str(name), "arguments": str(arguments)}


def _text(content: Any) -> tuple[str, int]:
    """Return the text of a message's content, and how many images it has."""
    if content is None or isinstance(content, str):
        return content or "", 0
    parts = [part for part in content if isinstance(part, Mapping)]
    texts = [str(part.get("text", "")) for part in parts if part.get("type") in _TEXTS]
    return "\n".join(texts), sum("image" in str(part.get("type")) for part in parts)


def _newest(items: list[JsonObject]) -> list[JsonObject]:
    """Return the last items that fit, and no output without its call, which services refuse."""
    room, begin = HISTORY_CHARACTERS, len(items)
    while begin and (room := room - _size(items[begin - 1])) >= 0:
        begin -= 1
    kept = items[begin:]
    called = {item["call_id"] for item in kept if item["type"] == "function_call"}
    given = {item["call_id"] for item in kept if item["type"] == "function_call_output"}
    return [item for item in kept if item["type"] == "message" or item["call_id"] in called & given]


def _size(item: JsonObject) -> int:
    if item["type"] == "message":
        return sum(len(part["text"]) for part in item["content"])
    return len(item.get("arguments", "")) + len(item.get("output", ""))
