"""What is different in a session since the last look, as records of its recording; on the I/O thread."""

from __future__ import annotations

import inspect
import textwrap
from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING, Any

import msgspec

from realtime_widgets.core.captions.core import CaptionCore
from realtime_widgets.core.conversation.export import export
from realtime_widgets.protocol.secrets import shown
from realtime_widgets.safety.ready.secrets import Secrets
from realtime_widgets.safety.verdict import Checked

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.core.captions.segments import Segment
    from realtime_widgets.core.conversation.export import Line
    from realtime_widgets.core.conversation.turns import Turn
    from realtime_widgets.core.usage.usage import Usage
    from realtime_widgets.runtime.session_runtime import SessionRuntime
    from realtime_widgets.tools import Tool, ToolRegistry
    from realtime_widgets.tools.execution.calls import RunningCall
    from realtime_widgets.tools.output.outcome import ToolResult

Fact = dict[str, Any]

#: Turns whose words and costs may still change: transcripts and counts come late.
_UNSETTLED = 4
#: Finds keys and passwords in the source of tools.
_SECRETS = Secrets()
#: Longest printed text, traceback or output of a call that is displayed, in characters.
_LONGEST = 200_000


class SessionWatch:
    """Follows a session for its recording.

    Parameters
    ----------
    runtime, registry
        The session, and its tools.
    sources
        Whether the source code of the tools is recorded.
    prefix
        Put before ids that the session makes by itself, if another one is in the same recording.
    """

    def __init__(self, runtime: SessionRuntime, registry: ToolRegistry, sources: bool, prefix: str = "") -> None:
        self._runtime, self._registry, self._sources = runtime, registry, sources
        self._prefix = prefix
        self._lines: dict[str, tuple[Line, str | None]] = {}
        self._notices: dict[str, tuple[str, str, str | None]] = {}
        self._calls: dict[str, tuple[object, ...]] = {}
        self._turns: dict[str, Fact] = {}
        self._tools: dict[str, tuple[int, bool]] = {}
        self._once: dict[str, Any] = {}

    def look(self) -> list[Fact]:
        """Return what is new; each record has one key, which says of what kind it is."""
        runtime = self._runtime
        settings = _plain(runtime.settings.session([], runtime.endpoint.heard_by))
        return [
            *self._changed("state", runtime.state),
            *self._changed("settings", settings),
            *self._tool_facts(),
            *self._line_facts(),
            *self._notice_facts(),
            *self._call_facts(),
            *self._turn_facts(),
            *self._changed("usage", usage_fact(runtime.accounts.usage)),
        ]

    def forget_talk(self) -> None:
        """Look at another talk of the same session from now on; what was recorded of this one stays."""
        for kept in (self._lines, self._notices, self._calls, self._turns):
            kept.clear()

    def _own(self, name: str) -> str:
        return f"{self._prefix}{name}" if name.startswith("rw_") else name

    def _changed(self, name: str, value: Any) -> list[Fact]:
        if self._once.get(name) == value:
            return []
        self._once[name] = value
        return [{name: value}]

    def _tool_facts(self) -> list[Fact]:
        now = {name: (tool.version, tool.enabled) for name, tool in self._registry.items()}
        if now == self._tools:
            return []
        facts: list[Fact] = [
            {"tool": _tool_fact(tool, self._sources)}
            for name, tool in self._registry.items()
            if self._tools.get(name) != now[name]
        ]
        facts += [{"tool": {"name": name, "gone": True}} for name in self._tools if name not in now]
        self._tools = now
        return facts

    def _line_facts(self) -> list[Fact]:
        core, facts, after = self._runtime.core, [], None
        now: dict[str, tuple[Line, str | None]] = {}
        for line in export(core.conversation, core.ledger):
            now[line.id] = (line, after)
            if self._lines.get(line.id) != (line, after):
                facts.append(self._line_fact(line, after))
            after = line.id
        facts += [{"gone": self._own(line_id)} for line_id in self._lines if line_id not in now]
        self._lines = now
        return facts

    def _line_fact(self, line: Line, after: str | None) -> Fact:
        fact = {each.name: getattr(line, each.name) for each in fields(line) if each.name != "images"}
        if line.images:
            fact["images"] = [{**asdict(image), "url": ""} for image in line.images]
        if (object_shown := self._runtime.core.conversation.shown.get(line.id)) is not None:
            fact["shown"] = object_shown.title
        return {"line": {**fact, "id": self._own(line.id)}, "after": after and self._own(after)}

    def _notice_facts(self) -> list[Fact]:
        now: dict[str, tuple[str, str, str | None]] = {
            notice.id: (notice.kind, notice.text, notice.after_item_id) for notice in self._runtime.core.notices
        }
        facts: list[Fact] = [
            {
                "notice": {"id": self._own(notice_id), "kind": kind, "text": text},
                "after": after and self._own(after),
            }
            for notice_id, (kind, text, after) in now.items()
            if self._notices.get(notice_id) != (kind, text, after)
        ]
        facts += [{"gone": self._own(notice_id)} for notice_id in self._notices if notice_id not in now]
        self._notices = now
        return facts

    def _call_facts(self) -> list[Fact]:
        facts: list[Fact] = []
        for call_id, running in self._runtime.tools.items():
            seen = (running.phase, running.consent, running.result is not None)
            if self._calls.get(call_id) != seen:
                self._calls[call_id] = seen
                facts.append({"call": _call_fact(running)})
        return facts

    def _turn_facts(self) -> list[Fact]:
        facts: list[Fact] = []
        turns = self._runtime.core.turns
        for turn in list(turns.values())[-_UNSETTLED:]:
            fact = self._turn_fact(turn)
            if self._turns.get(turn.id) != fact:
                self._turns[turn.id] = fact
                facts.append({"turn": fact})
        return facts

    def _turn_fact(self, turn: Turn) -> Fact:
        core = self._runtime.core
        answers = [core.conversation.responses.get(each) for each in turn.response_ids]
        items = [core.conversation.items.get(item_id) for each in answers if each for item_id in each.item_ids]
        said = [item for item in items if item and item.role == "assistant" and item.text]
        return {
            "id": self._own(turn.id),
            "spoken": turn.spoken,
            "question": core.question_of(turn) if turn.response_ids or turn.question else "",
            "answer": " ".join(item.text for item in said),
            "items": [item.id for item in items if item],
            "responses": [*turn.lost_ids, *turn.response_ids],
            "calls": list(turn.call_ids),
            "interrupted": turn.interrupted,
            "error": turn.error,
            "done": turn.done,
            "usage": usage_fact(self._runtime.accounts.of_turn(turn, core.conversation)),
        }


class CaptionWatch(SessionWatch):
    """Follows captions: segments in place of the lines of a talk.

    Parameters
    ----------
    runtime, registry, sources, prefix
        As for `SessionWatch`.
    when
        Returns where a time of the captured sound is in the recording, in seconds; None if it was before that.
    """

    def __init__(
        self,
        runtime: SessionRuntime,
        registry: ToolRegistry,
        sources: bool,
        prefix: str,
        when: Callable[[float], float | None],
    ) -> None:
        super().__init__(runtime, registry, sources, prefix)
        self._when = when
        self._segments: dict[str, tuple[Segment, str | None]] = {}

    def forget_talk(self) -> None:
        """Look at other captions of the same object from now on."""
        super().forget_talk()
        self._segments.clear()

    def _line_facts(self) -> list[Fact]:
        core, facts, after = self._runtime.core, list[Fact](), None
        assert isinstance(core, CaptionCore)
        now: dict[str, tuple[Segment, str | None]] = {}
        for segment in core.segments:
            if (begin := self._when(segment.start)) is None:
                continue
            # While it is said its end moves with the sound, which is nothing new.
            now[segment.id] = (segment if segment.final else replace(segment, end=segment.start), after)
            if self._segments.get(segment.id) != now[segment.id]:
                end = self._when(segment.end)
                fact = {**asdict(segment), "start": round(begin, 3), "end": round(end or begin, 3)}
                facts.append({"segment": fact, "after": after})
            after = segment.id
        facts += [{"gone": segment_id} for segment_id in self._segments if segment_id not in now]
        self._segments = now
        return facts


def usage_fact(usage: Usage) -> Fact:
    """Return a usage as it is recorded: its counts that are not 0, and US dollars if they are known."""
    counts = {each.name: getattr(usage, each.name) for each in fields(usage)}
    counts.pop("cost")
    counts["transcription"] = {name: count for name, count in asdict(usage.transcription).items() if count}
    return {**{name: count for name, count in counts.items() if count}, "money": usage.money}


def _tool_fact(tool: Tool, sources: bool) -> Fact:
    fact: Fact = {
        "name": tool.name,
        "version": tool.version,
        "enabled": tool.enabled,
        "async": tool.is_async,
        "description": tool.description,
        "parameters": tool.parameters,
        "origin": tool.origin,
    }
    if sources and (source := _source_of(tool)):
        fact["source"] = source
    return fact


def _source_of(tool: Tool) -> str:
    """Return the source code of a tool's function with its keys and passwords masked, empty if there is none."""
    try:
        source = textwrap.dedent(inspect.getsource(tool.function))
    except (OSError, TypeError):
        return ""
    return _SECRETS(Checked("tool_result", source)).text or source


def _call_fact(running: RunningCall) -> Fact:
    call = running.call
    fact: Fact = {
        "call_id": call.call_id,
        "name": call.name,
        "arguments": call.arguments,
        "phase": running.phase,
        "consent": running.consent,
    }
    return {**fact, **_result_fact(running.result)} if running.result else fact


def _result_fact(result: ToolResult) -> Fact:
    return {
        "version": result.version,
        "output": result.output,
        "error": result.error,
        "traceback": result.traceback[-_LONGEST:],
        "printed": result.printed[-_LONGEST:],
        "displays": [asdict(each) for each in result.displays],
        "read_as": result.read_as,
        "seconds": round(result.seconds, 4),
    }


def _plain(value: Any) -> Any:
    """Return settings as JSON has them, with masks in place of secrets."""
    return msgspec.to_builtins(value, enc_hook=shown)
