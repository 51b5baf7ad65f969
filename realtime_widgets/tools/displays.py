"""What a tool displays, kept on its call's card: IPython's ``display`` and the plots shown with it.

While a call runs, a function stands over the ``publish`` of IPython's display publisher. Like the proxies of
the printed streams it looks at each use whether it is inside a call.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.tools.capture import PrintedText


class _Publish:
    """A display publisher's ``publish``: inside a call to that call's card, elsewhere to the one below it."""

    def __init__(self, below: Callable[..., Any], current: Callable[[], PrintedText | None]) -> None:
        self._below = below
        self._current = current

    def __call__(self, data: Any, *arguments: Any, **options: Any) -> Any:
        call = self._current()
        return self._below(data, *arguments, **options) if call is None else call.show(data)


_lock = threading.Lock()
_active = 0
_covered: list[Any] = []


def install(current: Callable[[], PrintedText | None]) -> None:
    """Put the function in place; `current` gives the call that code runs in."""
    global _active  # noqa: PLW0603 - one count for the one display publisher of the process
    with _lock:
        _active += 1
        publisher = _publisher()
        if publisher is not None and all(publisher is not each for each in _covered):
            publisher.__dict__["publish"] = _Publish(publisher.publish, current)
            _covered.append(publisher)  # IPython's own capture puts another one in its place for a while


def uninstall() -> None:
    """Take the function away with the last call."""
    global _active  # noqa: PLW0603
    with _lock:
        _active -= 1
        while _covered and not _active:
            publisher = _covered.pop()
            if isinstance(publisher.__dict__.get("publish"), _Publish):
                del publisher.__dict__["publish"]


def _publisher() -> Any:
    module = sys.modules.get("IPython.core.interactiveshell")
    shell_class = getattr(module, "InteractiveShell", None)
    shell = shell_class.instance() if shell_class is not None and shell_class.initialized() else None
    return getattr(shell, "display_pub", None)
