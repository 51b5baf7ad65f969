"""The microphone: a button in the page that opens it, a level meter, and what to do if it cannot open."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
import traitlets

from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.runtime.transport import load_network
from realtime_widgets.widgets.base import RealtimeWidget, bundle
from realtime_widgets.widgets.sound.keys import KEYS, checked_keys
from realtime_widgets.widgets.sound.port import port_of, port_reference
from realtime_widgets.widgets.sound.streams import stream_id

if TYPE_CHECKING:
    from realtime_widgets.runtime.session_runtime import SessionRuntime
    from realtime_widgets.widgets import messages as msg
    from realtime_widgets.widgets.base import HearingSession


#: Minutes after which a microphone switches itself off: nobody spoke, or its tab was hidden.
IDLE_OFF_MIN, HIDDEN_OFF_MIN = 10.0, 10.0


class Microphone(RealtimeWidget):
    """Opens the microphone of the browser (not of the kernel's machine) for a session.

    Parameters
    ----------
    session : RealtimeSession or Captions
        The session that hears it.
    idle_off : float or None, default 10
        Minutes without speech after which it switches itself off; None is never. Not in push-to-talk.
    hidden_off : float or None, default 10
        Minutes in a hidden tab after which it switches itself off; None is never. Not in push-to-talk.
    source : MediaStream of ipywebrtc, optional
        What is heard in place of a microphone, such as a `VideoStream`, an `AudioStream`, a `CameraStream` or a
        `WidgetStream`; it is opened by the same click.

    Attributes
    ----------
    state : str
        ``"off"``, ``"opening"``, ``"on"`` or ``"error"``.
    problem : dict
        ``code``, ``message`` and ``cure`` if it could not open, empty otherwise.
    settings : dict
        What the browser granted: echo cancellation, noise suppression, gain control, sample rate.
    muted : bool
        Whether it stays on and sends nothing. The user changes it too, with the button or the key M.
    shortcuts : dict
        Keys that work from anywhere in the notebook: ``"hold"`` to talk while it is held (push-to-talk),
        ``"talk"``, ``"mute"`` and ``"stop"``; Alt+Shift with H, T, M and S by default. Set some of them, such as
        ``shortcuts = {"hold": "F9", "stop": None}``; None is no key. JupyterLab's own three are set in its
        settings.
    idle_off, hidden_off : float or None
        Minutes, as above; a new value counts from now on.
    source : MediaStream of ipywebrtc or None
        As above; a new one is heard from the next click on.

    Raises
    ------
    ConfigurationError
        If the source is no stream.
    """

    _esm = bundle("microphone.js")
    port = port_reference()
    port_id = traitlets.Unicode().tag(sync=True)
    mode = traitlets.Unicode("open").tag(sync=True)
    muted = traitlets.Bool(False).tag(sync=True)
    shortcuts: traitlets.Dict[str, str] = traitlets.Dict(KEYS).tag(sync=True)
    source_id = traitlets.Unicode().tag(sync=True)
    idle_off = traitlets.Float(None, allow_none=True).tag(sync=True)
    hidden_off = traitlets.Float(None, allow_none=True).tag(sync=True)
    state = traitlets.Unicode("off", read_only=True)
    problem: traitlets.Dict[str, str] = traitlets.Dict(read_only=True)
    settings: traitlets.Dict[str, object] = traitlets.Dict(read_only=True)

    def __init__(
        self,
        session: HearingSession,
        *,
        idle_off: float | None = IDLE_OFF_MIN,
        hidden_off: float | None = HIDDEN_OFF_MIN,
        source: Any = None,
    ) -> None:
        self._source: Any = None
        self._port = port_of(session)
        manual = not session.runtime.settings.hands_free
        super().__init__(
            port=self._port,
            port_id=self._port.port_id,
            mode="push_to_talk" if manual else "open",
            idle_off=idle_off,
            hidden_off=hidden_off,
        )
        if source is not None:
            self.source = source
        shared_engine().call(self._limit)
        self.observe(lambda _change: shared_engine().call(self._limit, True), ["idle_off", "hidden_off"])
        self._port.on_microphone.append(self._reported)
        session.runtime.observe(partial(self._follow_mode, session.runtime), "state")
        shared_engine().call(load_network)  # so that nothing has to be loaded on the first click

    @property
    def source(self) -> Any:
        """What is heard in place of a microphone: a stream of ipywebrtc; None for the microphone."""
        return self._source

    @source.setter
    def source(self, source: Any) -> None:
        self.source_id = "" if source is None else stream_id(source)
        self._source = source

    def stop(self) -> None:
        """Close the microphone; only a click in the page opens it."""
        shared_engine().call(self._port.close_microphone)

    @traitlets.validate("shortcuts")
    def _shortcuts(self, proposal: Any) -> dict[str, str]:
        return checked_keys(proposal.value, self.shortcuts)

    @traitlets.validate("idle_off", "hidden_off")
    def _positive(self, proposal: Any) -> float | None:
        minutes: float | None = proposal.value
        if minutes is not None and not 0 < minutes < math.inf:
            raise traitlets.TraitError(
                f"{proposal.trait.name} has to be a number of minutes above 0, or None for never, not {minutes!r}"
            )
        return minutes

    def _limit(self, tell: bool = False) -> None:
        port, idle, hidden = self._port, self.idle_off, self.hidden_off
        port.idle_off_s = None if idle is None else idle * 60
        port.hidden_off_s = None if hidden is None else hidden * 60
        if tell:
            port.configure("open" if self.mode == "open" else "push_to_talk")

    def _follow_mode(self, runtime: SessionRuntime) -> None:
        mode: msg.InputMode = "open" if runtime.settings.hands_free else "push_to_talk"
        if mode != self.mode:
            self.mode = mode
            self._port.configure(mode)

    def _reported(self, report: msg.MicrophoneReport) -> None:
        self.set_trait("state", report.state)
        self.set_trait("problem", msgspec.to_builtins(report.problem) if report.problem else {})
        if report.settings is not msgspec.UNSET:
            self.set_trait("settings", report.settings)
