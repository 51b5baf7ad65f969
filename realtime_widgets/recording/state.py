"""A recorded talk as it stood at some moment, folded from the facts of its recording. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from realtime_widgets.core.captions.segments import Segment
from realtime_widgets.core.captions.subtitles import clock_time
from realtime_widgets.core.conversation.export import ConversationExport, Line, LineImage
from realtime_widgets.shown_text import visible

if TYPE_CHECKING:
    from realtime_widgets.recording.writing.watching import Fact

_LINE = {each.name for each in fields(Line)}
_JOINS = {
    "restart": "The session was started again, and the talk goes on",
    "anew": "The session was started again, with a new talk",
    "session": "Another session took the place of the one before",
}
_TEXTS = {"id", "kind", "role", "source", "text", "heard", "state", "call_id", "name", "arguments", "output"}


@dataclass(frozen=True)
class RecordedNotice:
    """What the session told the user beside the conversation, at `at` seconds of the recording."""

    at: float
    id: str
    kind: str
    text: str
    after: str | None = None


@dataclass(frozen=True)
class RecordedJoin:
    """Where a recording goes on: its session was started again, or another one took its place.

    Attributes
    ----------
    at : float
        Seconds of the recording.
    join : {"restart", "anew", "session"}
        What it goes on with: the same talk, a new one of the same session, or another session.
    pause : float
        Seconds that are left out before it.
    """

    at: float
    join: str
    pause: float


@dataclass(frozen=True)
class RecordedCall:
    """A tool call.

    Attributes
    ----------
    at : float
        When it was made, in seconds since the recording began.
    call_id, name, arguments : str
        As the model sent it; `arguments` is JSON text.
    phase : str
        ``"ended"``, or where it was when the recording ended.
    consent : str
        How the user decided, in words; empty if nobody was asked.
    output : str
        What the model received; empty if it has not ended.
    error : str or None
        What went wrong, in one line.
    traceback, printed : str
        As its card shows them.
    displays : tuple of dict
        What it displayed, with the fields of `realtime_widgets.tools.output.displays.Display`.
    seconds : float
        How long it took.
    version : int or None
        Version of the tool.
    """

    at: float
    call_id: str
    name: str
    arguments: str
    phase: str = "ended"
    consent: str = ""
    output: str = ""
    error: str | None = None
    traceback: str = field(default="", repr=False)
    printed: str = field(default="", repr=False)
    displays: tuple[dict[str, Any], ...] = field(default=(), repr=False)
    read_as: str = field(default="", repr=False)
    seconds: float = 0.0
    version: int | None = None

    def __repr__(self) -> str:
        return visible(f"<{self.name}({self.arguments}) {self.phase} at {self.at:.1f} s>")


@dataclass
class TalkState:
    """Everything that the facts so far say.

    Attributes
    ----------
    lines
        The conversation, by item, and when each line was first there.
    order
        Ids of the lines, in the order of the conversation.
    notices, calls, turns, tools
        By their ids or names; turns and tools as they are recorded.
    state, settings, usage, end
        As they are recorded; `end` is None if the recording was not finished. `usage` is of all sessions together.
    segments
        What was written down, by id, with times in seconds of the recording; only captions have some.
    joins
        Where it goes on after an end.
    endpoint
        The endpoint of a session that took the place of the first one; empty if none did.
    """

    lines: dict[str, Line] = field(default_factory=dict)
    began: dict[str, float] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    notices: dict[str, RecordedNotice] = field(default_factory=dict)
    calls: dict[str, RecordedCall] = field(default_factory=dict)
    turns: dict[str, Fact] = field(default_factory=dict)
    turn_began: dict[str, float] = field(default_factory=dict)
    tools: dict[str, Fact] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)
    state: str = ""
    settings: Fact = field(default_factory=dict)
    usage: Fact = field(default_factory=dict)
    end: str | None = None
    segments: dict[str, Segment] = field(default_factory=dict)
    joins: list[RecordedJoin] = field(default_factory=list)
    endpoint: Fact = field(default_factory=dict)
    #: The last line before a talk that began anew: its first line comes after that.
    _floor: str | None = None
    #: What the sessions before this one have used.
    _used: Fact = field(default_factory=dict)

    def apply(self, fact: Fact) -> str:
        """Fold in one fact; returns the id of the line or notice that it changes, empty if it changes none."""
        at = float(fact.get("at") or 0.0)
        match fact:
            case {"line": dict(line)}:
                return self._line(at, line, fact.get("after"))
            case {"segment": dict(segment)}:
                return self._segment(at, segment, fact.get("after"))
            case {"notice": dict(notice)}:
                return self._notice(at, notice, fact.get("after"))
            case {"join": str(join)}:
                return self._join(at, join, fact)
            case {"gone": str(line_id)}:
                return self._gone(line_id)
            case {"call": dict(call)}:
                return self._call(at, call)
            case {"turn": dict(turn)}:
                turn_id = str(turn.get("id"))
                self.turns[turn_id] = turn
                self.turn_began.setdefault(turn_id, at)
            case {"tool": dict(tool)}:
                name = str(tool.get("name"))
                if tool.get("gone"):
                    self.tools.pop(name, None)
                else:
                    self.tools[name] = tool
            case {"state": str(state)}:
                self.state = state
            case {"settings": dict(settings)}:
                self.settings = settings
            case {"usage": dict(usage)}:
                self.usage = added(self._used, usage)
            case {"end": str(reason)}:
                self.end = reason
        return ""

    def pause_before(self, at: float) -> float:
        """Return how many seconds are left out of the recording before a time."""
        return sum(join.pause for join in self.joins if join.at <= at)

    def conversation(self) -> ConversationExport:
        """Return the conversation, to take it elsewhere."""
        return ConversationExport([self.lines[line_id] for line_id in self.order])

    def reading_order(self) -> list[str]:
        """Return the ids of all lines and notices as the transcript shows them."""
        by_anchor: dict[str | None, list[str]] = {}
        for notice in self.notices.values():
            anchor = notice.after if notice.after in self.lines else None
            by_anchor.setdefault(anchor, []).append(notice.id)
        order = by_anchor.get(None, [])[:]
        for line_id in self.order:
            order += [line_id, *by_anchor.get(line_id, ())]
        return order

    def _line(self, at: float, fact: Fact, after: Any) -> str:
        line = line_of(fact)
        if title := fact.get("shown"):
            self.shown[line.id] = str(title)
        return self._put(at, line, after)

    def _put(self, at: float, line: Line, after: Any) -> str:
        if not line.id:
            return ""
        self.lines[line.id] = line
        self.began.setdefault(line.id, at)
        if line.id in self.order:
            self.order.remove(line.id)
        after = self._floor if after is None else after
        place = 0 if after is None else self.order.index(after) + 1 if after in self.order else len(self.order)
        self.order.insert(place, line.id)
        return line.id

    def _notice(self, at: float, fact: Fact, after: Any) -> str:
        notice_id = str(fact.get("id"))
        kind, text = str(fact.get("kind", "notice")), str(fact.get("text", ""))
        self.notices[notice_id] = RecordedNotice(
            at, notice_id, kind, text, self._floor if after is None else after
        )
        return notice_id

    def _segment(self, at: float, fact: Fact, after: Any) -> str:
        languages = tuple(str(each) for each in fact.get("languages") or ())
        times = float(fact.get("start") or 0.0), float(fact.get("end") or 0.0)
        texts = str(fact.get("id") or ""), str(fact.get("text") or ""), str(fact.get("speaker") or "")
        segment = Segment(texts[0], *times, texts[1], bool(fact.get("final")), languages, texts[2])
        self.segments[segment.id] = segment
        state = "completed" if segment.final else "in_progress"
        said = {"kind": "message", "role": "user", "source": "speech", "state": state}
        return self._put(
            at, line_of({**said, "id": segment.id, "text": segment.text, "heard": segment.text}), after
        )

    def _join(self, at: float, join: str, fact: Fact) -> str:
        """Go on: with the same lines, or below all of them."""
        pause = float(fact.get("pause") or 0.0)
        last = self.order[-1] if self.order else None
        if join != "restart":
            self._floor = last
        if join == "session":
            self._used = self.usage
            self.endpoint = dict(fact.get("endpoint") or {})
        self.end = None
        self.joins.append(RecordedJoin(at, join, pause))
        name = f"join:{len(self.joins)}"
        left_out = f"; {clock_time(pause)} are left out here" if pause >= 1 else ""
        words = f"{_JOINS.get(join, 'The recording goes on')}{left_out}."
        self.notices[name] = RecordedNotice(at, name, "notice", words, last)
        return name

    def _gone(self, line_id: str) -> str:
        self.notices.pop(line_id, None)
        self.segments.pop(line_id, None)
        if self.lines.pop(line_id, None):
            place = self.order.index(line_id)
            if line_id == self._floor:
                self._floor = self.order[place - 1] if place else None
            # What was told after it stays where it is.
            before = self.order[place - 1] if place else None
            for name, notice in self.notices.items():
                if notice.after == line_id:
                    self.notices[name] = replace(notice, after=before)
            del self.order[place]
        return line_id

    def _call(self, at: float, fact: Fact) -> str:
        call_id = str(fact.get("call_id"))
        before = self.calls.get(call_id)
        known = {each.name for each in fields(RecordedCall)} - {"at", "displays"}
        given = {name: value for name, value in fact.items() if name in known}
        displays = tuple(each for each in fact.get("displays") or () if isinstance(each, dict))
        given = {"name": "", "arguments": "{}", **given, "call_id": call_id}
        self.calls[call_id] = RecordedCall(before.at if before else at, displays=displays, **given)
        return next(
            (line.id for line in self.lines.values() if line.kind == "tool_call" and line.call_id == call_id), ""
        )


def added(before: Fact, more: Fact) -> Fact:
    """Return the usage of two sessions together; money is not known if a part of it is not."""
    if not before:
        return more
    made: Fact = {}
    for name in {**before, **more}:
        first, second = before.get(name), more.get(name)
        if name == "money":
            made[name] = None if first is None or second is None else first + second
        elif isinstance(first, dict) or isinstance(second, dict):
            made[name] = added(first or {}, second or {})
        else:
            made[name] = (first or 0) + (second or 0)
    return made


def line_of(fact: Fact) -> Line:
    """Return a recorded line; what this version does not know is left out, what is missing is empty."""
    given: dict[str, Any] = {name: fact.get(name, "") for name in _TEXTS}
    given |= {"estimated": False, "cut": False, "forgotten": False, "heard_ms": None, "audio_ms": None}
    given |= {name: value for name, value in fact.items() if name in _LINE and name != "images"}
    names = {each.name for each in fields(LineImage)}
    images = [{name: value for name, value in each.items() if name in names} for each in fact.get("images") or ()]
    return Line(**given, images=tuple(LineImage(**{**each, "url": each.get("thumbnail", "")}) for each in images))
