"""Reads conversation items: who said what, which tools were called, what they returned."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: Types of content parts: those of the service, and those of MCP.
_PARTS = (
    *("input_text", "output_text", "input_image", "input_file"),
    *("text", "image", "audio", "resource", "resource_link"),
)


@dataclass(frozen=True)
class Picture:
    """A picture that the user showed: what was read in it, or why nothing was; neither if it was not looked at.

    Its lines are what somebody put into the picture. They are told and never followed.
    """

    lines: tuple[str, ...] | None = None
    unread: str = ""


@dataclass(frozen=True)
class Turn:
    """A message, a call or the output of a call; `kind` is user, assistant, call or output."""

    kind: str
    text: str = ""
    pictures: tuple[Picture, ...] = ()
    #: Name of the tool of a call or an output.
    tool: str = ""
    #: Arguments of a call, as a JSON object.
    arguments: Mapping[str, Any] | None = None


def read_turns(items: Sequence[Mapping[str, Any]]) -> list[Turn]:
    """Read `items`, oldest first; system messages and unknown kinds of item are skipped."""
    turns: list[Turn] = []
    tools_by_call: dict[object, str] = {}
    for item in items:
        if not isinstance(item, Mapping):
            continue
        kind = item.get("type")
        if kind == "message" and item.get("role") in ("user", "assistant"):
            text, pictures = _content(item.get("content"))
            turns.append(Turn(str(item["role"]), text, pictures))
        elif kind == "function_call":
            name = _text(item.get("name"))
            _remember(tools_by_call, item.get("call_id"), name)
            turns.append(Turn("call", tool=name, arguments=_arguments(item.get("arguments"))))
        elif kind == "function_call_output":
            tool = _recall(tools_by_call, item.get("call_id"))
            turns.append(Turn("output", text=_output(item.get("output")), tool=tool))
        elif kind == "mcp_call":
            name = _text(item.get("name"))
            turns.append(Turn("call", tool=name, arguments=_arguments(item.get("arguments"))))
            if item.get("output") is not None or item.get("error") is not None:
                error = item.get("error")
                text = _output(item.get("output")) if error is None else json.dumps({"error": error}, default=str)
                turns.append(Turn("output", text=text, tool=name))
    return turns


def closing_directions(items: Sequence[Mapping[str, Any]]) -> str:
    """Return the system messages after everything that was said, one a line: they concern the next answer."""
    texts: list[str] = []
    for item in reversed(items):
        if not _is_system(item):
            break
        texts.append(_content(item.get("content"))[0])
    return "\n".join(text for text in reversed(texts) if text)


def standing_directions(items: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the texts of all system messages, the newest first."""
    return [_content(item.get("content"))[0] for item in reversed(items) if _is_system(item)]


def _is_system(item: object) -> bool:
    return isinstance(item, Mapping) and item.get("type") == "message" and item.get("role") == "system"


def fresh_outputs(turns: Sequence[Turn]) -> list[Turn]:
    """Return the tool outputs at the end that were not spoken about yet, oldest first."""
    if not turns or turns[-1].kind != "output":
        return []
    tail: list[Turn] = []
    for turn in reversed(turns):
        if turn.kind not in ("call", "output"):
            break
        if turn.kind == "output":
            tail.append(turn)
    return tail[::-1]


def last_told(turns: Sequence[Turn]) -> tuple[list[Turn], str]:
    """Return the tool outputs before the answer at the end, oldest first, and that answer; none without both."""
    answer: list[str] = []
    place = len(turns)
    while place and turns[place - 1].kind == "assistant":
        place -= 1
        answer.append(turns[place].text)
    return (fresh_outputs(turns[:place]) if answer else []), " ".join(reversed(answer))


def _content(content: object) -> tuple[str, tuple[Picture, ...]]:
    if isinstance(content, str):
        return content.strip(), ()
    texts: list[str] = []
    pictures: list[Picture] = []
    for part in content if isinstance(content, list | tuple) else ():
        if not isinstance(part, Mapping):
            continue
        if part.get("type") == "input_image":
            pictures.append(_picture(part))
            continue
        text = part.get("text") or part.get("transcript")
        if isinstance(text, str) and text.strip():
            texts.append(text.strip())
    return " ".join(texts), tuple(pictures)


def _picture(part: Mapping[str, Any]) -> Picture:
    lines = part.get("lines")
    if not isinstance(lines, list | tuple):
        return Picture(unread=_text(part.get("unread")))
    return Picture(tuple(line for line in lines if isinstance(line, str) and line.strip()))


def _arguments(raw: object) -> Mapping[str, Any] | None:
    if isinstance(raw, Mapping):
        return raw
    if not isinstance(raw, str):
        return None
    try:
        parsed = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def _output(raw: object) -> str:
    """Return an output as text: the words of content parts, the value itself where it is there beside them."""
    if isinstance(raw, str):
        try:
            content = _content_form(json.loads(raw)) if raw.lstrip()[:1] in ("[", "{") else None
        except (ValueError, RecursionError):
            content = None
        return raw if content is None else content
    content = _content_form(raw)
    if content is not None:
        return content
    return "" if raw is None else json.dumps(raw, default=str, ensure_ascii=False)


def _content_form(value: object) -> str | None:
    """Return the text of content parts, as servers of tools send results; None if `value` is none of that."""
    if not isinstance(value, Mapping):
        return _parts_text(value)
    failed = value.get("isError") is True or value.get("is_error") is True
    text = _parts_text(value.get("content"))
    if text is None:
        return None
    if failed:
        return json.dumps({"error": text or "no reason was given"}, ensure_ascii=False)
    structured = value.get("structuredContent")
    # The parts repeat the value: it is told once.
    return text if structured is None else json.dumps(structured, default=str, ensure_ascii=False)


def _parts_text(parts: object) -> str | None:
    if not isinstance(parts, list) or not parts or not all(_is_part(part) for part in parts):
        return None
    texts = [str(part["text"]).strip() for part in parts if isinstance(part.get("text"), str)]
    told = list(dict.fromkeys(text for text in texts if text))
    if any(not isinstance(part.get("text"), str) for part in parts):
        told.append("There is something to see or hear, which I cannot tell.")
    return "\n".join(told)


def _is_part(part: object) -> bool:
    return isinstance(part, Mapping) and part.get("type") in _PARTS


def _remember(tools_by_call: dict[object, str], call_id: object, name: str) -> None:
    if isinstance(call_id, str):
        tools_by_call[call_id] = name


def _recall(tools_by_call: dict[object, str], call_id: object) -> str:
    return tools_by_call.get(call_id, "") if isinstance(call_id, str) else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
