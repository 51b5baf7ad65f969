"""A Jupyter server extension: a relay for the direct lane, and kernel connections that send at once (TCP_NODELAY).

The relay (`lane_relay.py`) lets sound pass between page and kernel beside the kernel's messages. Tornado leaves
the operating system's delay on, by which a block of sound waits for the browser's acknowledgement of the kernel's
busy status before it. The package's data files enable the extension;
``jupyter server extension disable realtime_widgets.jupyter.server_extension`` switches it off.
"""

from __future__ import annotations

from typing import Any

NAME = __name__
_SETTING = "kernel_websocket_connection_class"


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": NAME}]


def _load_jupyter_server_extension(server: Any) -> None:
    settings = server.web_app.settings
    settings[_SETTING] = sending_at_once(settings[_SETTING])
    from realtime_widgets.jupyter.lane_relay import add_relay

    add_relay(server.web_app)


def sending_at_once(connection_class: type[Any]) -> type[Any]:
    """Return a subclass of the server's kernel connection class, whichever it is, that sends without delay."""

    def connect(self: Any) -> Any:
        self.websocket_handler.set_nodelay(True)
        return connection_class.connect(self)

    return type(connection_class.__name__, (connection_class,), {"connect": connect})
