"""The header of the console: state, endpoint, model, voice, tools, and what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets

from realtime_widgets.engine import shared_engine
from realtime_widgets.widgets.base import RealtimeWidget, Refresher, bundle

if TYPE_CHECKING:
    from realtime_widgets.session import RealtimeSession

#: What the state's name does not say by itself.
_DETAILS = {
    "idle": "click the microphone, or type",
    "preparing": "the local endpoint is loading its speech models",
}


class SessionStatus(RealtimeWidget):
    """Shows what a session is doing and whom it talks to.

    Parameters
    ----------
    session : RealtimeSession
        Which session.
    """

    _esm = bundle("status.js")
    status: traitlets.Dict[str, Any] = traitlets.Dict(read_only=True).tag(sync=True)

    def __init__(self, session: RealtimeSession) -> None:
        self._session = session
        self._runtime = session.runtime
        super().__init__()
        self._runtime.observe(Refresher(self._refresh))
        shared_engine().run(self._refresh)

    def _detail(self, state: str) -> str:
        reasons = {"closed": self._runtime.closed_reason, "reconnecting": self._runtime.lost_reason}
        if state == "connecting" and self._runtime.endpoint.awaits_key:
            return "waits for the API key: put it into its field"
        return reasons.get(state) or _DETAILS.get(state, "")

    def _refresh(self) -> None:
        runtime = self._runtime
        state, endpoint = runtime.state, runtime.endpoint
        effective = runtime.core.settings
        voice = effective.get("audio", {}).get("output", {}).get("voice") or runtime.settings.voice or ""
        self.set_trait(
            "status",
            {
                "state": state,
                "detail": self._detail(state),
                "endpoint": endpoint.name,
                "model": str(effective.get("model") or endpoint.model),
                "voice": str(voice),
                "tools": list(self._session.tools),
                "usage": runtime.accounts.status,
                "problem": runtime.closed_reason if state == "closed" and not runtime.closed_by_person else "",
            },
        )
