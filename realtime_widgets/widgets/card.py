"""`Card`: several widgets of one session as one widget, which brings the session's audio port along."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets
import traitlets

from realtime_widgets.widgets.base import RealtimeWidget, bundle
from realtime_widgets.widgets.sound.port import port_reference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realtime_widgets.widgets.sound.port import AudioPort


def _references() -> Any:
    """Return a trait with widgets, of which the page gets the models' ids."""
    trait: Any = traitlets.List(traitlets.Instance(ipywidgets.Widget))
    return trait.tag(sync=True, **ipywidgets.widget_serialization)


class Card(RealtimeWidget):
    """Show widgets as one card: some below each other, and at its foot some beside each other.

    It is one widget and no box of ipywidgets: front ends such as marimo show no boxes, and several make only the
    models that what they show refers to. So it refers to its parts and to the port.

    Parameters
    ----------
    parts
        The widgets, from top to bottom.
    controls
        The widgets at the foot, from left to right.
    port
        The session's audio port; None if its sound is elsewhere.

    Attributes
    ----------
    height : str or None
        Height as in CSS (``"30rem"``, ``"80vh"``); None is as high as the window allows. A new value counts at
        once.
    """

    _esm = bundle("card.js")
    parts = _references()
    controls = _references()
    port = port_reference()
    height = traitlets.Unicode(None, allow_none=True).tag(sync=True)

    def __init__(self, parts: Sequence[Any], controls: Sequence[Any], port: AudioPort | None) -> None:
        super().__init__(parts=list(parts), controls=list(controls), port=port)

    def reopen(self) -> None:
        """Open the comms of all its widgets again that the front end has closed; see `RealtimeWidget.reopen`."""
        for widget in [self.port, *self.parts, *self.controls]:
            if isinstance(widget, RealtimeWidget):
                widget.reopen()
        super().reopen()
