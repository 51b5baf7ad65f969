"""Reads the stream of a chat completion as sentences and tool calls. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from realtime_widgets.local.brain.errors import MAX_OUTPUT_TOKENS, BrainError
from realtime_widgets.local.brain.llm.sentences import SentenceCutter
from realtime_widgets.local.models.interfaces import CallTool, Say

_LINE = re.compile(rb"\r\n|\n|\r")
_DONE = "[DONE]"
_THINKING, _THOUGHT = "<think>", "</think>"


class ServerSentEvents:
    """Splits a stream of bytes into the data of server-sent events."""

    def __init__(self) -> None:
        self._bytes = b""
        self._data: list[str] = []

    def feed(self, chunk: bytes) -> list[str]:
        """Add the next bytes, however they are cut; return the data of the events that are complete."""
        self._bytes += chunk
        held = b""
        if self._bytes.endswith(b"\r"):  # perhaps half a line end
            self._bytes, held = self._bytes[:-1], b"\r"
        *lines, rest = _LINE.split(self._bytes)
        self._bytes = rest + held
        events = []
        for line in lines:
            if line:
                self._read_line(line.decode("utf-8", "replace"))
            elif self._data:
                events.append("\n".join(self._data))
                self._data.clear()
        return events

    def flush(self) -> list[str]:
        """Return the last event if the stream ended without an empty line after it."""
        return self.feed(b"\n\n")

    def _read_line(self, line: str) -> None:
        name, _, value = line.partition(":")
        if name.lstrip("\ufeff") == "data":
            self._data.append(value.removeprefix(" "))


@dataclass
class _Call:
    id: str | None
    name: str
    arguments: str


class AnswerReader:
    """Reads one completion; what a model thinks aloud before it answers is left out."""

    def __init__(self) -> None:
        self._cutter = SentenceCutter()
        self._calls: list[_Call] = []
        self._by_index: dict[Any, _Call] = {}
        self._held = ""
        self._thinks: bool | None = None
        self._finish_reason: str | None = None
        self._spoke = False
        #: Whether the stream has announced its end.
        self.done = False

    def feed(self, data: str) -> list[Say]:
        """Add the data of one event; return the sentences that are complete.

        Raises
        ------
        BrainError
            If the data is not a chunk of a completion, or is an error.
        """
        if data.strip() == _DONE:
            self.done = True
            return []
        try:
            chunk = json.loads(data)
        except (ValueError, RecursionError):
            raise BrainError("the brain sent something that is not a chat completion: it is not JSON") from None
        if not isinstance(chunk, Mapping):
            raise BrainError("the brain sent something that is not a chat completion: it is not an object")
        if chunk.get("error"):
            raise BrainError(f"the brain failed while answering: {error_text(chunk) or 'no reason was given'}")
        choices = chunk.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        if not isinstance(choice, Mapping):
            return []  # usage, or a keep-alive
        reason = choice.get("finish_reason")
        self._finish_reason = reason if isinstance(reason, str) else self._finish_reason
        # A server that does not stream sends the whole message at once.
        delta = choice.get("delta") or choice.get("message")
        return self._read_delta(delta) if isinstance(delta, Mapping) else []

    def end(self) -> list[Say | CallTool]:
        """Return the rest of the answer: the last sentence and the calls.

        Raises
        ------
        BrainError
            If the stream ended in the middle, or the answer is empty.
        """
        if not self.done and self._finish_reason is None:
            raise BrainError("the brain's answer broke off: the connection ended before the answer was complete")
        if self._held and not self._thinks:
            self._cutter.feed(self._held)  # an answer that only looks like "<think>"
        last = self._said(self._cutter.flush())
        calls = [CallTool(call.name, call.arguments.strip() or "{}") for call in self._calls]
        if not self._spoke and not calls:
            raise BrainError(self._why_nothing(), MAX_OUTPUT_TOKENS if self.cut else "server_error")
        return [*last, *calls]

    @property
    def cut(self) -> bool:
        """Whether the model ended because it was allowed no more tokens."""
        return self._finish_reason == "length"

    def _why_nothing(self) -> str:
        if self._finish_reason == "content_filter":
            return "the brain's answer was withheld by a content filter"
        if self.cut:
            return "the brain used up its tokens before it said anything"
        return "the brain gave an empty answer"

    def _read_delta(self, delta: Mapping[str, Any]) -> list[Say]:
        said = []
        text = delta.get("content") or delta.get("refusal")
        if isinstance(text, str) and text:
            said += self._cutter.feed(self._without_thoughts(text))
        calls = delta.get("tool_calls")
        for call in calls if isinstance(calls, list) else ():
            if isinstance(call, Mapping):
                # A call ends the sentence before it.
                said += self._cutter.flush()
                self._read_call(call)
        return self._said(said)

    def _read_call(self, delta: Mapping[str, Any]) -> None:
        function = delta.get("function")
        function = function if isinstance(function, Mapping) else {}
        name, arguments = function.get("name") or "", function.get("arguments") or ""
        if not isinstance(arguments, str):  # an object: some servers send it parsed
            arguments = json.dumps(arguments, ensure_ascii=False)
        index, call_id = delta.get("index", 0), delta.get("id") or None
        call = self._by_index.get(index)
        # Some servers give every call the index 0.
        if call is None or (call_id and call.id and call_id != call.id and name):
            call = self._by_index[index] = _Call(call_id, name, arguments)
            self._calls.append(call)
            return
        call.id = call.id or call_id
        call.name += "" if name == call.name else name
        call.arguments += arguments

    def _without_thoughts(self, text: str) -> str:
        """Leave out the text between ``<think>`` and ``</think>`` at the beginning."""
        if self._thinks is False:
            return text
        self._held += text
        opening = self._held.lstrip()
        if self._thinks is None:
            if len(opening) < len(_THINKING) and _THINKING.startswith(opening):
                return ""
            self._thinks = opening.startswith(_THINKING)
            if not self._thinks:
                held, self._held = self._held, ""
                return held
        _, closed, rest = self._held.partition(_THOUGHT)
        if not closed:
            return ""
        self._thinks, self._held = False, ""
        return rest

    def _said(self, pieces: list[str]) -> list[Say]:
        self._spoke = self._spoke or bool(pieces)
        return [Say(piece) for piece in pieces]


def error_text(body: object, longest: int = 300) -> str:
    """Return what a server says about an error, on one line; empty if it says nothing."""
    value = body.get("error", body) if isinstance(body, Mapping) else body
    if isinstance(value, Mapping):
        value = value.get("message") or value.get("detail") or value.get("code")
    text = " ".join(value.split()) if isinstance(value, str) else ""
    return text if len(text) <= longest else f"{text[:longest]}…"
