"""What all widgets share: their bundles, sends that stay off the running cell, throttled refreshing."""

from __future__ import annotations

import contextlib
import contextvars
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget

from realtime_widgets.engine import shared_engine
from realtime_widgets.errors import ConfigurationError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterator

STATIC = Path(__file__).parent.parent / "static"
#: Shortest time between two refreshes of a widget, in seconds.
REFRESH_S = 0.1
#: A widget waits this many times as long as its last refresh took: a long talk must not fill the I/O thread.
REFRESH_REST = 30


def bundle(name: str) -> Path:
    """Path of a file of the built front end.

    Raises
    ------
    ConfigurationError
        Where the front end was not built.
    """
    path = STATIC / name
    if not path.is_file():
        raise ConfigurationError(
            f"the front end is not built ({name} is missing): install the package with pip, "
            "or run `npm ci && npm run build` in js/"
        )
    return path


@contextlib.contextmanager
def without_shell_parent() -> Iterator[None]:
    """Send on a comm without tying its replies to the shell that runs now.

    ipykernel 7.4 sends a comm's later messages to the shell that last sent on that comm, so that one trait
    update from a cell makes them wait for running cells. A send with an empty parent stores nothing, and the
    front end's own subshell stays in charge. The variable is private to ipykernel: where it is not as
    expected (ipykernel 6 has no subshells), nothing is changed.
    """
    kernel_module = sys.modules.get("ipykernel.kernelbase")
    kernel_class = getattr(kernel_module, "Kernel", None)
    kernel = kernel_class.instance() if kernel_class is not None and kernel_class.initialized() else None
    variable = getattr(kernel, "_shell_parent", None)
    if not isinstance(variable, contextvars.ContextVar):
        yield
        return
    token = variable.set({})
    try:
        yield
    finally:
        variable.reset(token)


class RealtimeWidget(anywidget.AnyWidget):
    """Base of the package's widgets: its messages are handled while a cell runs."""

    _css = bundle("widgets.css")

    def open(self) -> None:
        """Open the comm."""
        with without_shell_parent():
            super().open()

    def _send(self, msg: Any, buffers: Any = None) -> None:
        with without_shell_parent():
            super()._send(msg, buffers=buffers)


class Refresher:
    """Calls a function on the I/O thread soon after something changed, less often where that takes long."""

    def __init__(self, refresh: Callable[[], None]) -> None:
        self._refresh = refresh
        self._timer: asyncio.TimerHandle | None = None
        self._rest = REFRESH_S

    def __call__(self) -> None:
        """Note a change; on the I/O thread."""
        if self._timer is None:
            self._timer = shared_engine().loop.call_later(self._rest, self._run)

    def _run(self) -> None:
        self._timer = None
        before = time.thread_time()
        self._refresh()
        self._rest = max(REFRESH_S, REFRESH_REST * (time.thread_time() - before))
