"""Items of a conversation in protocol shape, and what a brain answers to them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from realtime_widgets.local.models.interfaces import BrainRequest, CallTool, Say
from tests.local.brain.tools_table import ALIKE

if TYPE_CHECKING:
    from realtime_widgets.local.brain.rules.brain import StandInBrain

Item = dict[str, Any]


def spoken(text: str) -> Item:
    return {"type": "message", "role": "user", "content": [{"type": "input_audio", "transcript": text}]}


def typed(text: str) -> Item:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def answered(text: str) -> Item:
    return {"type": "message", "role": "assistant", "content": [{"type": "output_audio", "transcript": text}]}


def called(name: str, output: str | None = None, call_id: str = "call_1", /, **arguments: Any) -> list[Item]:
    call = {"type": "function_call", "call_id": call_id, "name": name, "arguments": json.dumps(arguments)}
    if output is None:
        return [call]
    return [call, {"type": "function_call_output", "call_id": call_id, "output": output}]


def ask(brain: StandInBrain, items: list[Item], tools: list[Item], **options: Any) -> list[Say | CallTool]:
    return list(brain.answer(BrainRequest(items, tools, **options)))


def calls(parts: list[Say | CallTool]) -> list[tuple[str, Any]]:
    return [(part.name, json.loads(part.arguments)) for part in parts if isinstance(part, CallTool)]


def words(parts: list[Say | CallTool]) -> str:
    return " ".join(part.text for part in parts if isinstance(part, Say))


def hold(brain: StandInBrain, *said: str, tools: list[Item] = ALIKE) -> list[Any]:
    """Say one thing after the other; return the parts of the last answer."""
    items: list[Item] = []
    parts: list[Any] = []
    for sentence in said:
        items.append(spoken(sentence))
        parts = ask(brain, items, tools)
        items.append(answered(words(parts)))
    return parts
