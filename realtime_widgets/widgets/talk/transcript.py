"""The transcript: both sides as they come, tool calls as cards, a line to type in."""

from __future__ import annotations

import time
import uuid
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
import traitlets

from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.core.conversation.history import earlier_talk
from realtime_widgets.core.conversation.message import user_message
from realtime_widgets.errors import RealtimeWidgetsError
from realtime_widgets.widgets import messages as msg
from realtime_widgets.widgets.base import RealtimeWidget, Refresher, SessionReference, bundle, log_to_handlers_only
from realtime_widgets.widgets.saved.form import saved_talk
from realtime_widgets.widgets.saved.output import SavedOutput, in_notebook
from realtime_widgets.widgets.sound.port import port_id_of
from realtime_widgets.widgets.talk.entries import add_by_hand, make_entries, timed

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Mapping

    from realtime_widgets.runtime.session_runtime import SessionRuntime
    from realtime_widgets.widgets.base import ShownSession
    from realtime_widgets.widgets.saved.form import SavedForm

#: How long nothing must change before the lines are saved with the notebook, in seconds.
SAVE_AFTER_S = 1.0
#: What stands in the field to type in: of a session that talks, of one that is over, and of one that was replaced.
_INVITES = "Type a message …"
_CLOSED = "This session is over: start it again above to go on"
_EARLIER = "This is an earlier session: yours is below"


class Transcript(RealtimeWidget):
    """What both sides said, in the order of the conversation.

    Parameters
    ----------
    session : RealtimeSession
        The session to show.

    Attributes
    ----------
    entries : list of dict
        The lines, which are saved with the notebook; they contain no sound.
    can_say : bool
        Whether the session accepts typed messages.
    """

    _esm = bundle("transcript.js")
    port_id = traitlets.Unicode().tag(sync=True)
    entries: traitlets.List[dict[str, Any]] = traitlets.List(read_only=True).tag(sync=True)
    placeholder = traitlets.Unicode(_INVITES).tag(sync=True)
    can_say = traitlets.Bool(True).tag(sync=True)
    saved_as = traitlets.Unicode(read_only=True).tag(sync=True)
    #: Called when the user wants to see the panel with time, events and money; None if there is none.
    on_panel: Callable[[msg.ShowPanel], object] | None = None

    def __init__(self, session: ShownSession) -> None:
        self._session = SessionReference(session)
        self._engine = shared_engine()
        self._shown: dict[str, tuple[msg.Entry, str | None]] = {}
        self._saving: asyncio.TimerHandle | None = None
        #: What the user waited for each answer, and its turn, by the id of its first item.
        self._delays: dict[str, tuple[float, int]] = {}
        self._turns_seen = 0
        #: When each entry was first shown, in seconds since 1970.
        self._times: dict[str, float] = {}
        #: When each call that asks counts as refused, on the session's clock; replaced, never changed.
        self._deadlines: dict[str, float] = {}
        log_to_handlers_only()
        super().__init__(port_id=port_id_of(session))
        self._saved = SavedOutput(self.saved_as)
        self._listen(msg.TranscriptReport, self._obey)
        session.runtime.observe(Refresher(session, self._refresh), "state", "conversation", "calls")
        write = partial(self._saved.changed, partial(self._form, session))
        session.runtime.observe(write, "conversation", "calls")
        self._engine.run(self._refresh, session)

    @traitlets.default("saved_as")
    def _new_name(self) -> str:
        return f"rw-saved-{uuid.uuid4().hex}"

    def show(self, widget: Any) -> None:
        """Display a widget with this transcript in it, and beside it the talk as the notebook's file keeps it."""
        if not in_notebook():
            raise NotImplementedError  # IPython then prints the widget's text
        session = self._session.get()
        form = self._form(session) if session else self._saved.published
        self._saved.show(widget, form or saved_talk([], "", self.saved_as))

    def _ipython_display_(self) -> None:
        self.show(self)

    def _form(self, session: ShownSession) -> SavedForm:
        entries, model = self._engine.run(_talk_of, session.runtime)
        return saved_talk(entries, model, self.saved_as)

    def _obey(self, report: msg.TranscriptReport, buffers: list[Any]) -> None:
        session = self._session.get()
        if session is None:
            return
        match report:
            case msg.Say():
                self._say(session, report.text)
            case msg.SayImages():
                self._trying(session, self._say_images, session, report.text, buffers)
            case msg.PlayEntry():
                self._engine.call(_play_again, session.runtime, report.id)
            case msg.DeleteEntry():
                self._trying(session, self._engine.run, session.runtime.delete_item, report.id)
            case msg.EditEntry():
                self._trying(session, self._engine.run, session.runtime.edit_item, report.id, report.text)
            case msg.RunAgain():
                by_hand = session.runtime.by_hand
                self._trying(session, self._engine.run, by_hand.run, report.name, report.arguments, report.call_id)
            case msg.GiveResult():
                self._trying(session, self._engine.run, session.runtime.give_result, report.number)
            case msg.NeedMath():
                self._command(msg.MathModule(), [bundle("math.js").read_bytes()])
            case msg.NewTalk():
                session.start_again(keep_talk=False)
            case msg.Continue(said):
                talk = earlier_talk([{"role": each.role, "content": each.text} for each in said])
                self._engine.call(session.runtime.begin_with, talk)
            case msg.ShowPanel():
                if self.on_panel is not None:
                    self.on_panel(report)
            case msg.Decide():
                self._engine.call(session.runtime.decide, report.decision, report.call_id)

    def _say(self, session: ShownSession, text: str) -> None:
        """Answer the call that asks, if the words do and may; otherwise send them as a message."""
        if self._engine.run(session.runtime.consent.typed, text):
            return
        self._trying(session, session.say, text)

    @staticmethod
    def _say_images(session: ShownSession, text: str, images: list[Any]) -> None:
        session.runtime.endpoint.capabilities.check_images()
        session.send_message(user_message(text, [bytes(image) for image in images]), answer=True)

    def _trying(self, session: ShownSession, action: Callable[..., object], *arguments: Any) -> None:
        """Do what the user wants; what is wrong with it is told as a problem."""
        try:
            action(*arguments)
        except RealtimeWidgetsError as error:
            self._engine.call(session.runtime.problem, str(error))

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> Any:
        """Return the state for a page; the cards of calls that ask say how many seconds are left now."""
        state = super().get_state(key, drop_defaults)
        session = self._session.get()
        if "entries" in state and self._deadlines and session is not None:
            now, deadlines = session.runtime.clock.time(), self._deadlines
            left = {call_id: max(0.0, deadline - now) for call_id, deadline in deadlines.items()}
            state["entries"] = [_saved_with_time(entry, left) for entry in state["entries"]]
        return state

    def _refresh(self, session: ShownSession) -> None:
        runtime = session.runtime
        closed = runtime.state == "closed"
        entries = make_entries(runtime.core, runtime.tools, closed)
        entries += [
            msg.Entry(f"unsent-{number}", "user", text, source="text", state="in_progress")
            for number, text in enumerate(runtime.unsent)
        ]
        self._note_delays(runtime)
        shown: dict[str, tuple[msg.Entry, str | None]] = {}
        after: str | None = None
        changed = False
        left = runtime.consent.seconds_left()
        now = runtime.clock.time()
        self._deadlines = {call_id: now + seconds for call_id, seconds in left.items()}
        sounds = runtime.sounds
        for each in entries:
            entry = self._with_delay(each)
            if isinstance(entry.tool, msg.ToolCard):
                add_by_hand(entry.tool, runtime.by_hand)
            entry.at = self._times.setdefault(entry.id, round(time.time(), 1))
            entry.sound, entry.sound_gone = sounds.has(entry.id), sounds.gone(entry.id)
            shown[entry.id] = (entry, after)
            if self._shown.get(entry.id) != (entry, after):
                self._command(msg.Upsert(timed(entry, left), after))
                changed = True
            after = entry.id
        for entry_id in self._shown.keys() - shown.keys():
            self._command(msg.Remove(entry_id))
            changed = True
        self._shown = shown
        self.can_say = not (closed or runtime.successor)
        self.placeholder = _CLOSED if closed else _EARLIER if runtime.successor else _INVITES
        if changed:
            self._save_later()

    def _note_delays(self, runtime: SessionRuntime) -> None:
        turns, self._turns_seen = runtime.timeline.changed_since(self._turns_seen)
        for turn in turns:
            if turn.item_ids and turn.delay is not None:
                self._delays[turn.item_ids[0]] = round(turn.delay, 2), turn.number

    def _with_delay(self, entry: msg.Entry) -> msg.Entry:
        delay, turn = self._delays.get(entry.id, (None, None))
        return entry if turn is None else msgspec.structs.replace(entry, delay=delay, turn=turn)

    def _save_later(self) -> None:
        if self._saving is not None:
            self._saving.cancel()
        self._saving = self._engine.loop.call_later(SAVE_AFTER_S, self._save)

    def _save(self) -> None:
        self._saving = None
        self.set_trait("entries", [msgspec.to_builtins(entry) for entry, _ in self._shown.values()])


def _play_again(runtime: SessionRuntime, item_id: str) -> None:
    """Play the sound of an item again, at the session's player."""
    if pcm := runtime.sounds.of(item_id):
        runtime.perform(runtime.core.make_way())
        runtime.perform(runtime.core.play_clip(pcm)[1])
    else:
        kept = f"only the last {runtime.sounds.minutes:g} minutes are" if runtime.sounds.minutes else "none is"
        runtime.tell(f"The sound of this is not kept any more: {kept}.")


def _saved_with_time(entry: dict[str, Any], left: Mapping[str, float]) -> dict[str, Any]:
    """Return a saved entry as `timed` does."""
    card = entry.get("tool") or {}
    if card.get("state") == "approval" and card["call_id"] in left:
        return {**entry, "tool": {**card, "seconds_left": round(left[card["call_id"]], 1)}}
    return entry


def _talk_of(runtime: SessionRuntime) -> tuple[list[msg.Entry], str]:
    """Return the lines of a talk, and the name of its model."""
    model = runtime.core.settings.get("model") or runtime.endpoint.model
    return make_entries(runtime.core, runtime.tools, runtime.state == "closed"), str(model)
