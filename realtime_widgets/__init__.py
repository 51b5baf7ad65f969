"""Talk with a voice model from a notebook."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from realtime_widgets.budget import Budget
    from realtime_widgets.chat import AudioChat
    from realtime_widgets.errors import (
        AudioError,
        ConfigurationError,
        ConnectionFailedError,
        ImageError,
        ItemNotFoundError,
        LocalEndpointError,
        McpServerError,
        RealtimeWidgetsError,
        ResponseFailedError,
        SessionClosedError,
        ToolArgumentsError,
        ToolDefinitionError,
        ToolStoppedError,
    )
    from realtime_widgets.pictures import estimate_image_tokens
    from realtime_widgets.pipeline import SpeechPipeline
    from realtime_widgets.prices import Price, PriceTable
    from realtime_widgets.protocol.endpoints import Endpoint
    from realtime_widgets.reply import Reply
    from realtime_widgets.session import RealtimeSession
    from realtime_widgets.tools import HostedMcp, progress
    from realtime_widgets.turn_detection import SemanticVad, ServerVad
    from realtime_widgets.usage import Usage
    from realtime_widgets.widgets import AudioPlayer, KeyPrompt, Microphone, RealtimeConsole, Transcript
    from realtime_widgets.widgets.recorder import Recorder

    __version__: str

__all__ = [
    "AudioChat",
    "AudioError",
    "AudioPlayer",
    "Budget",
    "ConfigurationError",
    "ConnectionFailedError",
    "Endpoint",
    "HostedMcp",
    "ImageError",
    "ItemNotFoundError",
    "KeyPrompt",
    "LocalEndpointError",
    "McpServerError",
    "Microphone",
    "Price",
    "PriceTable",
    "RealtimeConsole",
    "RealtimeSession",
    "RealtimeWidgetsError",
    "Recorder",
    "Reply",
    "ResponseFailedError",
    "SemanticVad",
    "ServerVad",
    "SessionClosedError",
    "SpeechPipeline",
    "ToolArgumentsError",
    "ToolDefinitionError",
    "ToolStoppedError",
    "Transcript",
    "Usage",
    "__version__",
    "estimate_image_tokens",
    "progress",
]

#: Modules of the public names: each is loaded with the first name that is used of it.
_NAMES_BY_MODULE = {
    "budget": ("Budget",),
    "chat": ("AudioChat",),
    "errors": (
        "AudioError",
        "ConfigurationError",
        "ConnectionFailedError",
        "ImageError",
        "ItemNotFoundError",
        "LocalEndpointError",
        "McpServerError",
        "RealtimeWidgetsError",
        "ResponseFailedError",
        "SessionClosedError",
        "ToolArgumentsError",
        "ToolDefinitionError",
        "ToolStoppedError",
    ),
    "pictures": ("estimate_image_tokens",),
    "pipeline": ("SpeechPipeline",),
    "prices": ("Price", "PriceTable"),
    "protocol.endpoints": ("Endpoint",),
    "reply": ("Reply",),
    "session": ("RealtimeSession",),
    "tools": ("HostedMcp", "progress"),
    "turn_detection": ("SemanticVad", "ServerVad"),
    "usage": ("Usage",),
    "widgets": ("AudioPlayer", "KeyPrompt", "Microphone", "RealtimeConsole", "Transcript"),
    "widgets.recorder": ("Recorder",),
}
_MODULES = {name: module for module, names in _NAMES_BY_MODULE.items() for name in names}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        value: Any = version("realtime-widgets")
    elif name in _MODULES:
        value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def load_ipython_extension(shell: Any) -> None:
    """Give a notebook the magics ``%%tool`` and ``%realtime``: what ``%load_ext realtime_widgets`` calls."""
    from realtime_widgets.magics import load

    load(shell)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
