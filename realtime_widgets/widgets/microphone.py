"""The microphone: a button in the page that opens it, a level meter, and the cure where it cannot open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import traitlets

from realtime_widgets.engine import shared_engine
from realtime_widgets.link import load_network
from realtime_widgets.widgets.base import RealtimeWidget, bundle
from realtime_widgets.widgets.ports import port_of

if TYPE_CHECKING:
    from realtime_widgets.session import RealtimeSession
    from realtime_widgets.widgets import messages as msg


class Microphone(RealtimeWidget):
    """Opens the microphone of the browser (not of the kernel's machine) for a session.

    Parameters
    ----------
    session : RealtimeSession
        Who is spoken to.

    Attributes
    ----------
    state : str
        ``"off"``, ``"opening"``, ``"on"`` or ``"error"``.
    problem : dict
        ``code``, ``message`` and ``cure`` where it could not open, empty otherwise.
    settings : dict
        What the browser granted: echo cancellation, noise suppression, gain control, sample rate.
    """

    _esm = bundle("microphone.js")
    port_id = traitlets.Unicode().tag(sync=True)
    mode = traitlets.Unicode("open").tag(sync=True)
    state = traitlets.Unicode("off", read_only=True)
    problem: traitlets.Dict[str, str] = traitlets.Dict(read_only=True)
    settings: traitlets.Dict[str, object] = traitlets.Dict(read_only=True)

    def __init__(self, session: RealtimeSession) -> None:
        self._port = port_of(session)
        manual = session.runtime.settings.turn_detection is None
        super().__init__(port_id=self._port.port_id, mode="push_to_talk" if manual else "open")
        self._port.on_microphone.append(self._reported)
        self._runtime = session.runtime
        self._runtime.observe(self._follow_mode)
        shared_engine().call(load_network)  # so that nothing is to be loaded when somebody clicks

    def stop(self) -> None:
        """Close the microphone; only a click in the page opens it."""
        shared_engine().call(self._port.close_microphone)

    def _follow_mode(self) -> None:
        mode: msg.InputMode = "open" if self._runtime.settings.turn_detection else "push_to_talk"
        if mode != self.mode:
            self.mode = mode
            self._port.configure(mode)

    def _reported(self, report: msg.MicrophoneReport) -> None:
        self.set_trait("state", report["state"])
        self.set_trait("problem", dict(report.get("problem") or {}))
        if "settings" in report:
            self.set_trait("settings", report["settings"])
