"""The transcript: both sides as they come, tool calls as cards, a line to type in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets

from realtime_widgets.engine import shared_engine
from realtime_widgets.errors import RealtimeWidgetsError
from realtime_widgets.widgets.base import RealtimeWidget, Refresher, bundle
from realtime_widgets.widgets.entries import make_entries

if TYPE_CHECKING:
    import asyncio

    from realtime_widgets.session import RealtimeSession
    from realtime_widgets.widgets.messages import Entry

#: How long nothing may change before the lines are saved with the notebook, in seconds.
SAVE_AFTER_S = 1.0


class Transcript(RealtimeWidget):
    """What both sides said, in the order of the conversation.

    Parameters
    ----------
    session : RealtimeSession
        Whose talk.

    Attributes
    ----------
    entries : list of dict
        The lines, saved with the notebook; no sound.
    can_say : bool
        Whether a message can be typed.
    """

    _esm = bundle("transcript.js")
    entries: traitlets.List[Entry] = traitlets.List(read_only=True).tag(sync=True)
    placeholder = traitlets.Unicode("Type a message …").tag(sync=True)
    can_say = traitlets.Bool(True).tag(sync=True)

    def __init__(self, session: RealtimeSession) -> None:
        self._session = session
        self._runtime = session.runtime
        self._engine = shared_engine()
        self._shown: dict[str, tuple[Entry, str | None]] = {}
        self._saving: asyncio.TimerHandle | None = None
        super().__init__()
        self.on_msg(self._on_message)
        refresher = Refresher(self._refresh)
        self._runtime.observe(refresher)
        self._engine.run(self._refresh)

    def _on_message(self, widget: Any, content: dict[str, Any], buffers: list[Any]) -> None:
        match content:
            case {"type": "say", "text": text}:
                try:
                    self._session.say(str(text))
                except RealtimeWidgetsError as error:
                    self._engine.call(self._runtime.problem, str(error))
            case {
                "type": "decide",
                "call_id": str(call_id),
                "decision": "approve" | "deny" | "cancel" as decision,
            }:
                self._engine.call(self._runtime.decide, decision, call_id)

    def _refresh(self) -> None:
        closed = self._runtime.state == "closed"
        entries = make_entries(self._runtime.core, self._runtime.tools, closed)
        shown: dict[str, tuple[Entry, str | None]] = {}
        after: str | None = None
        changed = False
        for entry in entries:
            shown[entry["id"]] = (entry, after)
            if self._shown.get(entry["id"]) != (entry, after):
                self.send({"type": "upsert", "entry": entry, "after": after})
                changed = True
            after = entry["id"]
        for entry_id in self._shown.keys() - shown.keys():
            self.send({"type": "remove", "id": entry_id})
            changed = True
        self._shown = shown
        if self.can_say == closed:
            self.can_say = not closed
        if changed:
            self._save_later()

    def _save_later(self) -> None:
        if self._saving is not None:
            self._saving.cancel()
        self._saving = self._engine.loop.call_later(SAVE_AFTER_S, self._save)

    def _save(self) -> None:
        self._saving = None
        self.set_trait("entries", [entry for entry, _ in self._shown.values()])
