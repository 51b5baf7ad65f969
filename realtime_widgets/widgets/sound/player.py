"""The player: the answer that is being spoken, its volume, a stop button."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets

from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.errors import ConfigurationError
from realtime_widgets.widgets.base import RealtimeWidget, Refresher, SessionReference, bundle
from realtime_widgets.widgets.sound.port import port_of, port_reference
from realtime_widgets.widgets.sound.streams import player_stream

if TYPE_CHECKING:
    from realtime_widgets.widgets import messages as msg
    from realtime_widgets.widgets.base import ShownSession

#: Characters of the answer shown beside the player.
SHOWN = 120


class AudioPlayer(RealtimeWidget):
    """Plays a session's answers in the browser.

    Parameters
    ----------
    session : RealtimeSession
        The session whose answers it plays.

    Attributes
    ----------
    volume : float
        0 to 1.
    now_playing : str
        Words of the answer that is playing, empty in silence.
    """

    _esm = bundle("player.js")
    port = port_reference()
    port_id = traitlets.Unicode().tag(sync=True)
    volume = traitlets.Float(1.0, min=0.0, max=1.0).tag(sync=True)
    now_playing = traitlets.Unicode("", read_only=True).tag(sync=True)

    def __init__(self, session: ShownSession) -> None:
        self._session = SessionReference(session)
        self._port = port_of(session)
        self._stream: Any = None
        super().__init__(port=self._port, port_id=self._port.port_id)
        session.runtime.observe(Refresher(session, self._refresh), "state", "conversation")

    @property
    def stream(self) -> Any:
        """What it plays, as a `MediaStream` of ipywebrtc, such as for its `AudioRecorder`.

        Raises
        ------
        ConfigurationError
            If ipywebrtc is not installed, or the session is over.
        """
        if self._stream is None:
            session = self._session.get()
            if session is None:
                raise ConfigurationError("the session of this player is over")
            self._stream = player_stream(session)
        return self._stream

    def stop(self) -> None:
        """Stop the current answer; it is truncated at what was heard, so the model knows how much that was."""
        if session := self._session.get():
            session.interrupt()

    @property
    def stats(self) -> msg.Playback | None:
        """The page's last report, or None.

        Its attributes are counts since the page was loaded (`underruns`, `dropped`) and lengths in milliseconds
        (`queued_ms`, `startup_ms`, `skipped_ms`).
        """
        return shared_engine().run(lambda: self._port.playback)

    def _refresh(self, session: ShownSession) -> None:
        core = session.runtime.core
        playing = core.ledger.playing
        item = core.conversation.items.get(playing[0].item_id) if playing else None
        text = item.text if item else ""
        self.set_trait("now_playing", text if len(text) <= SHOWN else text[: SHOWN - 1] + "…")
