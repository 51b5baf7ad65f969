"""`DockBar`: a session beside the code, in JupyterLab's side panel or a split, or as a bar over the notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import traitlets

from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.widgets import messages as msg
from realtime_widgets.widgets.base import RealtimeWidget, Refresher, SessionReference, bundle
from realtime_widgets.widgets.sound.port import port_id_of

if TYPE_CHECKING:
    from realtime_widgets.widgets.base import ShownSession

#: Characters of the last words that it shows.
SHOWN = 160


class DockBar(RealtimeWidget):
    """A second view of a session beside the code: the console in JupyterLab, elsewhere a bar over the notebook.

    It shows itself in every page that has the session's widgets, and goes with the session's end.

    Parameters
    ----------
    session : RealtimeSession
        The session to show.
    console_id : str
        Id of the console's model, which JupyterLab shows in its side panel.

    Attributes
    ----------
    shown : bool
        Whether it is there; the user can close it too.
    place : str
        Where JupyterLab shows the console: in its side ``"panel"``, or in a ``"split"`` beside the notebook.
    words : str
        The last words that were said.
    """

    _esm = bundle("dock.js")
    port_id = traitlets.Unicode().tag(sync=True)
    shown = traitlets.Bool(False).tag(sync=True)
    place = traitlets.Enum(list(get_args(msg.DockPlace)), "panel").tag(sync=True)
    words = traitlets.Unicode("", read_only=True).tag(sync=True)
    console_id = traitlets.Unicode("").tag(sync=True)

    def __init__(self, session: ShownSession, console_id: str) -> None:
        self._session = SessionReference(session)
        super().__init__(port_id=port_id_of(session), console_id=console_id)
        self._listen(msg.DockReport, self._obey)
        session.runtime.observe(Refresher(session, self._refresh), "state", "conversation")
        shared_engine().run(self._refresh, session)

    def _obey(self, report: msg.DockReport, buffers: list[Any]) -> None:
        self.shown = False

    def _refresh(self, session: ShownSession) -> None:
        runtime = session.runtime
        said = [item for item in runtime.core.conversation if item.kind == "message" and item.text]
        text = " ".join(said[-1].text.split()) if said else ""
        self.set_trait("words", text if len(text) <= SHOWN else f"…{text[1 - SHOWN :]}")
        if runtime.state == "closed":
            self.shown = False
