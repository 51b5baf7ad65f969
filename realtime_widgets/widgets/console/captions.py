"""Captions: what is said in large letters as it is written down, with the microphone that hears it."""

from __future__ import annotations

import math
import uuid
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakKeyDictionary

import msgspec
import traitlets

from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.core.captions.core import CaptionCore
from realtime_widgets.core.captions.subtitles import clock_time
from realtime_widgets.widgets import messages as msg
from realtime_widgets.widgets.base import (
    HearingSession,
    RealtimeWidget,
    Refresher,
    SessionReference,
    bundle,
    log_to_handlers_only,
)
from realtime_widgets.widgets.card import Card
from realtime_widgets.widgets.console.status import SessionStatus
from realtime_widgets.widgets.saved.form import saved_captions
from realtime_widgets.widgets.saved.output import SavedOutput, in_notebook
from realtime_widgets.widgets.sound.microphone import IDLE_OFF_MIN, Microphone
from realtime_widgets.widgets.sound.port import port_id_of, port_of

if TYPE_CHECKING:
    import asyncio

    from realtime_widgets.core.captions.segments import Segment
    from realtime_widgets.runtime.session_runtime import SessionRuntime
    from realtime_widgets.widgets.saved.form import SavedForm

#: How long after a change the words are saved with the notebook, in seconds: speech may go on without a pause.
SAVE_AFTER_S = 3.0
#: Size of the letters in CSS pixels, and the sizes that can be set.
FONT_SIZE, FONT_SIZES = 28.0, (10.0, 200.0)


class CaptionedSession(HearingSession, Protocol):
    """What the widget needs of captions."""

    @property
    def font_size(self) -> float:
        """Size of the letters in CSS pixels, to begin with."""


class CaptionText(RealtimeWidget):
    """The words of captions, the newest kept in view.

    Parameters
    ----------
    session : Captions
        The captions to show.

    Attributes
    ----------
    entries : list of dict
        What was said, which is saved with the notebook.
    font_size : float
        Size of the letters in CSS pixels, 10 to 200; the user changes it too.
    high_contrast : bool
        Whether the letters are white on black, whatever the theme; the user changes it too.
    problem : str
        What went wrong last; empty if nothing did, or more was said since.
    """

    _esm = bundle("captions.js")
    port_id = traitlets.Unicode().tag(sync=True)
    entries: traitlets.List[dict[str, Any]] = traitlets.List(read_only=True).tag(sync=True)
    font_size = traitlets.Float(FONT_SIZE).tag(sync=True)
    high_contrast = traitlets.Bool(False).tag(sync=True)
    problem = traitlets.Unicode(read_only=True).tag(sync=True)
    saved_as = traitlets.Unicode(read_only=True).tag(sync=True)

    def __init__(self, session: CaptionedSession) -> None:
        self._session = SessionReference(session)
        self._engine = shared_engine()
        self._shown: dict[str, tuple[msg.Caption, str | None]] = {}
        self._saving: asyncio.TimerHandle | None = None
        log_to_handlers_only()
        super().__init__(port_id=port_id_of(session), font_size=session.font_size)
        self._saved = SavedOutput(self.saved_as)
        session.runtime.observe(Refresher(session, self._refresh), "state", "conversation")
        session.runtime.observe(partial(self._saved.changed, partial(self._form, session)), "conversation")
        self._engine.run(self._refresh, session)

    @traitlets.default("saved_as")
    def _new_name(self) -> str:
        return f"rw-saved-{uuid.uuid4().hex}"

    @traitlets.validate("font_size")
    def _readable(self, proposal: Any) -> float:
        low, high = FONT_SIZES
        size: float = proposal.value
        if not math.isfinite(size) or not low <= size <= high:
            raise traitlets.TraitError(f"font_size has to be {low:g} to {high:g} pixels, not {size!r}")
        return size

    def show(self, widget: Any) -> None:
        """Display a widget with these captions in it, and beside it the words as the file keeps them."""
        if not in_notebook():
            raise NotImplementedError  # IPython then prints the widget's text
        session = self._session.get()
        form = self._form(session) if session else self._saved.published
        self._saved.show(widget, form or saved_captions([], "", self.saved_as))

    def _ipython_display_(self) -> None:
        self.show(self)

    def _form(self, session: HearingSession) -> SavedForm:
        segments = self._engine.run(_segments_of, session.runtime)
        return saved_captions(segments, session.runtime.endpoint.model, self.saved_as)

    def _refresh(self, session: HearingSession) -> None:
        shown: dict[str, tuple[msg.Caption, str | None]] = {}
        after: str | None = None
        changed = False
        for segment in _segments_of(session.runtime):
            start = round(segment.start, 2)
            entry = msg.Caption(segment.id, start, clock_time(start), segment.text, segment.final, segment.speaker)
            shown[entry.id] = (entry, after)
            if self._shown.get(entry.id) != (entry, after):
                self._command(msg.UpsertCaption(entry, after))
                changed = True
            after = entry.id
        for entry_id in self._shown.keys() - shown.keys():
            self._command(msg.Remove(entry_id))
            changed = True
        self._shown = shown
        self.set_trait("problem", _problem(session.runtime))
        if changed:
            self._save_later()

    def _save_later(self) -> None:
        if self._saving is None:
            self._saving = self._engine.loop.call_later(SAVE_AFTER_S, self._save)

    def _save(self) -> None:
        self._saving = None
        self.set_trait("entries", [msgspec.to_builtins(entry) for entry, _ in self._shown.values()])


class CaptionConsole(Card):
    """Status, words and microphone of captions; `Captions` show themselves as this.

    Parameters
    ----------
    session : Captions
        The captions to show.

    Attributes
    ----------
    status, text, microphone
        The parts, each a separate widget.
    """

    def __init__(self, session: CaptionedSession) -> None:
        self._session = SessionReference(session)
        self.status = SessionStatus(session)
        self.text = CaptionText(session)
        # Somebody who has a lecture written down looks at another tab; silence still switches it off.
        self.microphone = Microphone(session, idle_off=IDLE_OFF_MIN, hidden_off=None)
        super().__init__([self.status, self.text], [self.microphone], port_of(session))
        shared_engine().call(session.runtime.warm_up)

    @property
    def session(self) -> CaptionedSession | None:
        """The captions that it shows; None if they are over and nobody else holds them."""
        return self._session.get()

    def _ipython_display_(self) -> None:
        self.text.show(self)


_consoles: WeakKeyDictionary[CaptionedSession, CaptionConsole] = WeakKeyDictionary()


def caption_console_of(session: CaptionedSession) -> CaptionConsole:
    """Return the console of captions, which is made at the first call."""
    console = _consoles.get(session)
    if console is None:
        console = _consoles[session] = CaptionConsole(session)
    console.reopen()
    return console


def _problem(runtime: SessionRuntime) -> str:
    """Return the last thing that went wrong, unless more was said since."""
    order, notices = runtime.core.conversation.order, runtime.core.notices
    last = order[-1] if order else None
    problems = [notice.text for notice in notices if notice.kind == "error" and notice.after_item_id == last]
    return problems[-1] if problems else ""


def _segments_of(runtime: SessionRuntime) -> list[Segment]:
    core = runtime.core
    assert isinstance(core, CaptionCore)
    return core.segments
