"""Talk with a voice model from a notebook."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from realtime_widgets.budget import Budget
from realtime_widgets.errors import (
    AudioError,
    ConfigurationError,
    ConnectionFailedError,
    LocalEndpointError,
    RealtimeWidgetsError,
    ResponseFailedError,
    SessionClosedError,
    ToolArgumentsError,
    ToolDefinitionError,
    ToolStoppedError,
)
from realtime_widgets.prices import Price, PriceTable
from realtime_widgets.protocol.endpoints import Endpoint
from realtime_widgets.reply import Reply
from realtime_widgets.session import RealtimeSession
from realtime_widgets.tools import progress
from realtime_widgets.turn_detection import SemanticVad, ServerVad
from realtime_widgets.usage import Usage

if TYPE_CHECKING:
    from realtime_widgets.widgets import AudioPlayer, Microphone, RealtimeConsole, Transcript

__version__ = version("realtime-widgets")

__all__ = [
    "AudioError",
    "AudioPlayer",
    "Budget",
    "ConfigurationError",
    "ConnectionFailedError",
    "Endpoint",
    "LocalEndpointError",
    "Microphone",
    "Price",
    "PriceTable",
    "RealtimeConsole",
    "RealtimeSession",
    "RealtimeWidgetsError",
    "Reply",
    "ResponseFailedError",
    "SemanticVad",
    "ServerVad",
    "SessionClosedError",
    "ToolArgumentsError",
    "ToolDefinitionError",
    "ToolStoppedError",
    "Transcript",
    "Usage",
    "__version__",
    "progress",
]

_WIDGETS = ("AudioPlayer", "Microphone", "RealtimeConsole", "Transcript")


def __getattr__(name: str) -> Any:
    if name in _WIDGETS:
        from realtime_widgets import widgets

        return getattr(widgets, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _session_view(session: RealtimeSession) -> Any:
    from realtime_widgets.widgets import console_of

    return console_of(session)._repr_mimebundle_()


def _reply_view(reply: Reply, session: RealtimeSession | None) -> Any:
    from realtime_widgets.widgets import reply_view

    return reply_view(reply, session)._repr_mimebundle_()


# The session and the reply know no widgets; a notebook's view of them is given to them here.
RealtimeSession.view = staticmethod(_session_view)
Reply.view = staticmethod(_reply_view)
