"""The header of the console: state, endpoint, model, voice, tools, and what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import traitlets

from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.widgets import messages as msg
from realtime_widgets.widgets.base import RealtimeWidget, Refresher, SessionReference, bundle
from realtime_widgets.widgets.sound.port import port_id_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.runtime.session_runtime import SessionRuntime
    from realtime_widgets.widgets.base import HearingSession

#: What to add to the name of a state.
_DETAILS = {
    "idle": "click the microphone, or type",
    "preparing": "the local endpoint is loading its speech models",
}


class SessionStatus(RealtimeWidget):
    """Shows what a session is doing and whom it talks to.

    Parameters
    ----------
    session : RealtimeSession
        The session to show.
    """

    _esm = bundle("status.js")
    port_id = traitlets.Unicode().tag(sync=True)
    status: traitlets.Dict[str, Any] = traitlets.Dict(read_only=True).tag(sync=True)
    #: Called when the user wants to see the panel with time, events and money; None if there is none.
    on_panel: Callable[[msg.ShowPanel], object] | None = None
    #: Called when the user wants the console beside the code; None if it cannot be there.
    on_dock: Callable[[msg.DockPlace], object] | None = None

    def __init__(self, session: HearingSession) -> None:
        self._session = SessionReference(session)
        super().__init__(port_id=port_id_of(session))
        self._listen(msg.StatusReport, self._obey)
        session.runtime.observe(Refresher(session, self._refresh), "state", "money", "calls")
        shared_engine().run(self._refresh, session)

    def _obey(self, report: msg.StatusReport, buffers: list[Any]) -> None:
        session = self._session.get()
        if session is None:
            return
        match report:
            case msg.Restart():
                session.start_again(report.keep_talk)
            case msg.TalkHere():
                session.talk_here()
            case msg.ShowDock():
                if self.on_dock is not None:
                    self.on_dock(report.place)
            case msg.ShowPanel():
                if self.on_panel is not None:
                    self.on_panel(report)

    @staticmethod
    def _detail(runtime: SessionRuntime) -> str:
        state = runtime.state
        reasons = {"closed": runtime.closed_reason, "reconnecting": runtime.lost_reason}
        if state == "connecting" and runtime.endpoint.awaits_key:
            return "waits for the API key: put it into its field"
        if state == "idle" and runtime.endpoint.captions:
            return "click the microphone"
        return reasons.get(state) or _DETAILS.get(state, "")

    def _refresh(self, session: HearingSession) -> None:
        runtime = session.runtime
        state, endpoint = runtime.state, runtime.endpoint
        effective, refused = runtime.core.settings, session.tools.refused
        speech = runtime.core.speech
        voice = _voice(effective) or runtime.settings.voice or ""
        status = msg.Status(
            state=state,
            detail=self._detail(runtime),
            endpoint=endpoint.name,
            model=str(effective.get("model") or endpoint.model),
            voice=str(voice),
            tools=[name for name in session.tools if name not in refused],
            usage=runtime.accounts.status,
            problem=runtime.closed_reason if state == "closed" and not runtime.closed_by_person else "",
            consents=len(runtime.consent.waiting),
            successor=runtime.successor,
            can_restart=state == "closed" and not runtime.accounts.used_up,
            hearing=speech.speaking and not speech.stopped,
            panel=self.on_panel is not None,
        )
        self.set_trait("status", msgspec.to_builtins(status))


def _voice(settings: Any) -> object:
    """Return the voice of a session's settings, which a server may put as it likes."""
    for name in ("audio", "output", "voice"):
        settings = settings.get(name) if isinstance(settings, dict) else None
    return settings
