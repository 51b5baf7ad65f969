"""What a recording itself says of its talk, read from the wire apart from the package's own code."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from devtools.endpoints.recorded import Recording

_TRANSCRIBED = "conversation.item.input_audio_transcription.completed"
_UNTRANSCRIBED = "conversation.item.input_audio_transcription.failed"


@dataclass
class Question:
    """One turn's beginning: a typed message, or speech (None)."""

    text: str | None


@dataclass
class Expected:
    """What comes of a recorded talk.

    Attributes
    ----------
    history
        Messages that were put in before the first question.
    questions
        The user's turns, in order.
    said
        What was said, by whom: ``(role, text)``, in order, without `history`.
    calls
        Name, arguments and output of the model's calls, in order.
    """

    history: list[dict[str, str]] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    user: list[str] = field(default_factory=list)
    assistant: list[str] = field(default_factory=list)
    calls: list[tuple[str, Any, str]] = field(default_factory=list)
    input_tokens: int = 0
    output_tokens: int = 0
    transcription_seconds: float = 0.0
    transcription_tokens: int = 0
    untranscribed: int = 0


def expected(recording: Recording) -> Expected:
    """Read a recording."""
    made = Expected()
    _read_user(recording, made)
    outputs = {
        event["item"]["call_id"]: event["item"]["output"]
        for event in recording.sent("conversation.item.create")
        if event["item"]["type"] == "function_call_output"
    }
    for done in recording.received("response.done"):
        response = done["response"]
        assert response["status"] == "completed", response["status"]
        for item in response["output"]:
            if item["type"] == "function_call":
                call = (item["name"], json.loads(item["arguments"]), outputs[item["call_id"]])
                made.calls.append(call)
            else:
                parts = item["content"]
                made.assistant.append("".join(part.get("text") or part.get("transcript") or "" for part in parts))
        usage = response.get("usage") or done.get("usage") or {}
        made.input_tokens += usage.get("input_tokens", 0)
        made.output_tokens += usage.get("output_tokens", 0)
    return made


def _read_user(recording: Recording, made: Expected) -> None:
    """Read what the user typed and said, and which messages came before it."""
    messages: list[tuple[str, str]] = []
    heard: dict[str, Any] = {}
    for step in recording.steps:
        event = step.event
        kind = event.get("type")
        if kind == "conversation.item.create" and event["item"]["type"] == "message":
            messages.append((event["item"]["role"], event["item"]["content"][0]["text"]))
        elif kind == "response.create" and messages:
            *before, (_, text) = messages
            made.history += [{"role": role, "content": text} for role, text in before]
            made.questions.append(Question(text))
            made.user.append(text)
            messages = []
        elif kind == "input_audio_buffer.committed":
            made.questions.append(Question(None))
            heard.setdefault(event["item_id"], {})
        elif kind == _TRANSCRIBED:
            heard[event["item_id"]] = event
        elif kind == _UNTRANSCRIBED:
            made.untranscribed += 1
    for event in heard.values():
        made.user.append((event.get("transcript") or "").strip())
        usage = event.get("usage") or {}
        made.transcription_seconds += usage.get("seconds", 0)
        made.transcription_tokens += usage.get("total_tokens", 0)
