"""The view of a lesson: large words for the class, prepared questions, the floor, and the limits."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import msgspec
import traitlets

from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.core.conversation.message import user_message
from realtime_widgets.core.usage.cost import dollars
from realtime_widgets.errors import RealtimeWidgetsError
from realtime_widgets.widgets import messages as msg
from realtime_widgets.widgets.base import (
    RealtimeWidget,
    Refresher,
    SessionReference,
    bundle,
    log_to_handlers_only,
)
from realtime_widgets.widgets.sound.port import port_of, port_reference

if TYPE_CHECKING:
    from realtime_widgets.runtime.session_runtime import SessionRuntime
    from realtime_widgets.teaching.lesson import Lesson
    from realtime_widgets.widgets.base import ShownSession

#: What was said last that the class sees.
LINES = 4
_CLASS = "The class"
#: Begin of the ids of items that tell the model who has the floor.
_FLOOR = "floor_"


class LessonView(RealtimeWidget):
    """Shows a lesson: what is said in letters that are read from the last row, and what the teacher needs below.

    Parameters
    ----------
    session : RealtimeSession
        The session of the lesson.
    plan : Lesson
        Its plan.

    Attributes
    ----------
    lines : list of dict
        What was said last.
    used : dict
        ``money`` and ``time`` in words, and the ``share`` of the limits that is used up, 0 to 1.
    problem : str
        What went wrong last; empty if nothing did, or more was said since.
    """

    _esm = bundle("lesson.js")
    port = port_reference()
    port_id = traitlets.Unicode().tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)
    questions: traitlets.List[dict[str, str]] = traitlets.List().tag(sync=True)
    lines: traitlets.List[dict[str, Any]] = traitlets.List(read_only=True).tag(sync=True)
    used: traitlets.Dict[str, Any] = traitlets.Dict(read_only=True).tag(sync=True)
    calls = traitlets.Int(0, read_only=True).tag(sync=True)
    problem = traitlets.Unicode(read_only=True).tag(sync=True)
    talk_state = traitlets.Unicode("idle", read_only=True).tag(sync=True)

    def __init__(self, session: ShownSession, plan: Lesson) -> None:
        self._session = SessionReference(session)
        self._plan = plan
        self._engine = shared_engine()
        self._floor = ""
        #: Who said each item of the class, as far as that is known.
        self._speakers: dict[str, str] = {}
        log_to_handlers_only()
        super().__init__(
            port=port_of(session),
            port_id=port_of(session).port_id,
            title=plan.title,
            questions=[{"text": each.text, "note": each.note} for each in plan.questions],
        )
        port_of(session).configure("open" if session.runtime.settings.hands_free else "push_to_talk")
        self._listen(msg.LessonReport, self._obey)
        session.runtime.observe(Refresher(session, self._refresh), "state", "conversation", "calls", "money")
        self._engine.run(self._refresh, session)
        self._engine.call(session.runtime.warm_up)

    def _ipython_display_(self) -> None:
        raise NotImplementedError  # IPython then takes the view itself

    def _obey(self, report: msg.LessonReport, buffers: list[Any]) -> None:
        session = self._session.get()
        if session is None:
            return
        try:
            self._do(session, report)
        except RealtimeWidgetsError as error:
            self._engine.call(session.runtime.problem, str(error))

    def _do(self, session: ShownSession, report: msg.LessonReport) -> None:
        match report:
            case msg.AskPrepared(number=number) if 0 <= number < len(self._plan.questions):
                session.say(self._plan.questions[number].text)
            case msg.StopAnswer():
                session.interrupt()
            case msg.GiveFloor(name=name):
                self._engine.call(self._give_floor, name)
                if name and self._plan.tell_speaker:
                    told = user_message(f"{name} has the floor now.")
                    session.send_message(
                        replace(told, item={"id": f"{_FLOOR}{uuid.uuid4().hex[:20]}", **told.item})
                    )

    def _give_floor(self, name: str) -> None:
        self._floor = name

    def _refresh(self, session: ShownSession) -> None:
        runtime = session.runtime
        self.set_trait("lines", [msgspec.to_builtins(line) for line in self._lines(runtime)[-LINES:]])
        self.set_trait("used", _used(runtime))
        self.set_trait("calls", len(runtime.tools))
        self.set_trait("problem", _problem(runtime))
        self.set_trait("talk_state", runtime.state)

    def _lines(self, runtime: SessionRuntime) -> list[msg.LessonLine]:
        lines: list[msg.LessonLine] = []
        for item in runtime.core.conversation:
            if item.kind != "message" or item.role not in ("user", "assistant") or item.id.startswith(_FLOOR):
                continue
            who = ""
            if item.role == "user":
                who = self._speakers.setdefault(item.id, self._floor if item.spoken else "") or _CLASS
            if item.text:
                lines.append(msg.LessonLine(item.id, who, item.text, item.state == "in_progress"))
        return lines


def _used(runtime: SessionRuntime) -> dict[str, Any]:
    limits, usage = runtime.accounts.limits, runtime.accounts.usage
    minutes = runtime.accounts.minutes
    money, most_money, most_minutes = usage.money or 0.0, limits.get("money"), limits.get("minutes")
    shares = [used / limit for _, used, limit in runtime.accounts.budget_use]
    return {
        "money": f"{dollars(money)} of {dollars(most_money)}" if most_money else dollars(money),
        "time": f"{minutes:.0f} of {most_minutes:g} min" if most_minutes else f"{minutes:.0f} min",
        "share": round(min(1.0, max(shares, default=0.0)), 3),
    }


def _problem(runtime: SessionRuntime) -> str:
    """Return the last thing that went wrong, unless more was said since."""
    order, notices = runtime.core.conversation.order, runtime.core.notices
    last = order[-1] if order else None
    problems = [notice.text for notice in notices if notice.kind == "error" and notice.after_item_id == last]
    return problems[-1] if problems else (runtime.ending or "")


_views: WeakKeyDictionary[ShownSession, LessonView] = WeakKeyDictionary()


def lesson_view_of(session: ShownSession, plan: Lesson) -> LessonView:
    """Return the view of a lesson, which is made at the first call."""
    view = _views.get(session)
    if view is None:
        view = _views[session] = LessonView(session, plan)
    view.reopen()
    return view
