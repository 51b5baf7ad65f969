"""What a notebook shows for objects that know no widgets: the widgets are loaded when one is shown."""

from __future__ import annotations

from importlib import import_module
from typing import Any

#: What in `realtime_widgets.widgets` makes the view, by class.
_MAKERS = {"RealtimeSession": "console_of", "Reply": "reply_view"}


def notebook_view(shown: object, *context: Any) -> Any:
    """Return the MIME bundle of a widget that shows `shown`.

    Parameters
    ----------
    shown
        A session or a reply.
    *context
        What the view needs beside it: the session of a reply, or None.
    """
    widgets = import_module("realtime_widgets.widgets")
    make = getattr(widgets, _MAKERS[type(shown).__name__])
    return make(shown, *context)._repr_mimebundle_()
