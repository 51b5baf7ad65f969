"""Media streams of ipywebrtc on both sides: those that a widget takes, and what a session's player plays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.installing import install
from realtime_widgets.widgets.base import RealtimeWidget, bundle
from realtime_widgets.widgets.sound.port import port_id_of

if TYPE_CHECKING:
    from realtime_widgets.widgets.base import HearingSession


def stream_id(source: Any) -> str:
    """Return the id by which a page finds a stream.

    Raises
    ------
    ConfigurationError
        If it is no stream of ipywebrtc, or was closed.
    """
    media_stream = _ipywebrtc().MediaStream
    if not isinstance(source, media_stream):
        raise ConfigurationError(
            "source= takes a stream of ipywebrtc, such as VideoStream.from_file('talk.mp4'), "
            f"not {type(source).__name__}"
        )
    if not source.model_id:
        raise ConfigurationError("this stream was closed: make a new one")
    return str(source.model_id)


def player_stream(session: HearingSession) -> Any:
    """Return what a session's player plays, as a `MediaStream` of ipywebrtc for its recorders.

    Raises
    ------
    ConfigurationError
        If ipywebrtc is not installed.
    """
    ipywebrtc = _ipywebrtc()

    class PlayerStream(RealtimeWidget, ipywebrtc.MediaStream):  # type: ignore[misc, name-defined]
        """What a session's player plays."""

        _esm = bundle("player_stream.js")
        _model_name = RealtimeWidget._model_name
        _model_module = RealtimeWidget._model_module
        _model_module_version = RealtimeWidget._model_module_version
        _view_name = RealtimeWidget._view_name
        _view_module = RealtimeWidget._view_module
        _view_module_version = RealtimeWidget._view_module_version
        port_id = traitlets.Unicode().tag(sync=True)
        own_id = traitlets.Unicode().tag(sync=True)

    stream = PlayerStream(port_id=port_id_of(session))
    stream.own_id = stream.model_id
    return stream


def _ipywebrtc() -> Any:
    try:
        import ipywebrtc
    except ImportError:
        raise ConfigurationError(
            f"streams need ipywebrtc: {install('ipywebrtc')}, and restart JupyterLab"
        ) from None
    return ipywebrtc
