"""The player: what is being said, its volume, a stop button."""

from __future__ import annotations

from typing import TYPE_CHECKING

import traitlets

from realtime_widgets.engine import shared_engine
from realtime_widgets.widgets.base import RealtimeWidget, Refresher, bundle
from realtime_widgets.widgets.ports import port_of

if TYPE_CHECKING:
    from realtime_widgets.session import RealtimeSession
    from realtime_widgets.widgets import messages as msg

#: Characters of the answer shown beside the player.
SHOWN = 120


class AudioPlayer(RealtimeWidget):
    """Plays a session's answers in the browser.

    Parameters
    ----------
    session : RealtimeSession
        Whose answers.

    Attributes
    ----------
    volume : float
        0 to 1.
    now_playing : str
        Words of the answer that is being heard, empty in silence.
    """

    _esm = bundle("player.js")
    port_id = traitlets.Unicode().tag(sync=True)
    volume = traitlets.Float(1.0, min=0.0, max=1.0).tag(sync=True)
    now_playing = traitlets.Unicode("", read_only=True).tag(sync=True)

    def __init__(self, session: RealtimeSession) -> None:
        self._session = session
        self._runtime = session.runtime
        self._port = port_of(session)
        super().__init__(port_id=self._port.port_id)
        self._runtime.observe(Refresher(self._refresh))

    def stop(self) -> None:
        """Stop what is being said; the model is told what was heard of it."""
        self._session.interrupt()

    @property
    def stats(self) -> msg.Playback | None:
        """The page's last word: underruns, drops; queue, start-up buffer and left-out silence in milliseconds."""
        return shared_engine().run(lambda: self._port.playback)

    def _refresh(self) -> None:
        core = self._runtime.core
        playing = core.ledger.playing
        item = core.conversation.items.get(playing[0].item_id) if playing else None
        text = item.text if item else ""
        self.set_trait("now_playing", text if len(text) <= SHOWN else text[: SHOWN - 1] + "…")
