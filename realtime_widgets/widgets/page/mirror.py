"""A widget and all that it shows, mirrored to plain browser tabs: their state, changes and messages, both ways.

A tab is one more front end of the same widgets. What it sends is handled as a front end's messages are, on a
thread of their own, so that no running cell holds it up.
"""

from __future__ import annotations

import logging
import queue
import secrets
import threading
from typing import TYPE_CHECKING, Any

import ipywidgets
import msgspec
from ipywidgets.widgets.widget import _remove_buffers

from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.lane.server import lane_server
from realtime_widgets.widgets import messages as msg
from realtime_widgets.widgets.base import RealtimeWidget, as_client
from realtime_widgets.widgets.page.files import find, publish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from realtime_widgets.lane.server import LaneConnection, LaneServer

#: How long a link that nobody has opened is good for, in seconds.
LINK_S = 600.0
#: How long a page that was cut off may come back, in seconds.
RETURN_S = 12 * 3600.0

log = logging.getLogger(__name__)


class WidgetMirror:
    """Shows a widget in plain tabs.

    Parameters
    ----------
    root
        The widget. What it refers to is mirrored too, as far as it is the package's own.
    """

    def __init__(self, root: RealtimeWidget) -> None:
        self._root = root
        self._engine = shared_engine()
        self._pages: set[_Page] = set()
        self._widgets: dict[str, RealtimeWidget] = {}
        self._lock = threading.RLock()
        self._handling: queue.SimpleQueue[Callable[[], None]] | None = None

    async def link(self, opened: Callable[[], object]) -> tuple[LaneServer, str]:
        """Return the server, and a token that lets one page in; `opened` is called when it has; on the I/O thread.

        Raises
        ------
        OSError
            If no port of loopback can be had.
        """
        server = await lane_server(self._engine)
        server.find_file = find

        def joined(connection: LaneConnection) -> _Page:
            opened()
            return self._join(server, connection)

        return server, server.offer(joined, LINK_S)

    def _join(self, server: LaneServer, connection: LaneConnection) -> _Page:
        def again(later: LaneConnection) -> _Page:
            return self._join(server, later)

        page = _Page(self, connection)
        key = server.offer(again, RETURN_S, often=True)
        with self._lock:
            self._follow(self._root)
            self._pages.add(page)
            models = [_model(widget) for widget in self._widgets.values()]
        page.send(*_packed(msg.PageWelcome(key, self._root.model_id, [model for model, _ in models]), models))
        return page

    def leave(self, page: _Page) -> None:
        """Forget a page whose connection is gone; without pages nothing is mirrored."""
        with self._lock:
            self._pages.discard(page)
            if self._pages:
                return
            for widget in self._widgets.values():
                widget.mirrors = tuple(mirror for mirror in widget.mirrors if mirror != self._sent)
            self._widgets.clear()

    def handle(self, client: str, model_id: str, data: dict[str, Any], buffers: list[bytes]) -> None:
        """Handle a page's message for one of the widgets as the kernel's comm would, on the mirror's thread."""
        widget = self._widgets.get(model_id)
        if widget is None or widget.comm is None:
            return log.warning("a page speaks to a widget that it was not shown")
        handling = self._handling

        def run() -> None:
            with as_client(client):
                widget._handle_msg({"content": {"data": data}, "buffers": [memoryview(each) for each in buffers]})

        if handling is None:
            handling = self._handling = queue.SimpleQueue()
            threading.Thread(target=_work, args=(handling,), name="realtime-widgets-page", daemon=True).start()
        handling.put(run)

    def _follow(self, widget: RealtimeWidget) -> list[RealtimeWidget]:
        """Mirror a widget and what it refers to; return those that were not mirrored before."""
        new: list[RealtimeWidget] = []
        waiting = [widget]
        while waiting:
            each = waiting.pop()
            if each.model_id is None or each.model_id in self._widgets:
                continue
            self._widgets[each.model_id] = each
            each.mirrors = (*each.mirrors, self._sent)
            new.append(each)
            waiting += [other for other in _references(each) if isinstance(other, RealtimeWidget)]
        return new

    def _sent(self, widget: RealtimeWidget, message: dict[str, Any], buffers: list[Any]) -> None:
        """Pass on what a widget has sent to its front ends, on whichever thread it does so."""
        with self._lock:
            if not self._pages:
                return
            if new := self._follow_references(widget, message):
                models = [_model(each) for each in new]
                self._spread(*_packed(msg.PageModels([model for model, _ in models]), models))
            parts = [bytes(each) for each in buffers]
            lengths = [len(part) for part in parts]
            header = msg.ModelMessage(str(widget.model_id), message, lengths)
            self._spread(msgspec.json.encode(header, enc_hook=str), b"".join(parts))

    def _follow_references(self, widget: RealtimeWidget, message: dict[str, Any]) -> list[RealtimeWidget]:
        if message.get("method") != "update":
            return []
        changed = set(message.get("state", ()))
        others = [other for other in _references(widget, changed) if isinstance(other, RealtimeWidget)]
        return [new for other in others for new in self._follow(other)]

    def _spread(self, header: bytes, payload: bytes) -> None:
        for page in self._pages:
            self._engine.call(page.send, header, payload)


class _Page:
    """One tab's connection; the `LaneUser` of the server. On the I/O thread only."""

    def __init__(self, mirror: WidgetMirror, connection: LaneConnection) -> None:
        self._mirror, self._connection = mirror, connection
        self._client = secrets.token_hex(8)

    def arrived(self, header: bytes, payload: bytes) -> None:
        """Handle a frame; raises ValueError if it cannot be read."""
        message = msgspec.json.decode(header, type=msg.PageFrame)
        if isinstance(message, msg.PageJoin):
            return
        if any(length < 0 for length in message.buffers) or sum(message.buffers) != len(payload):
            raise ValueError("the buffers of a page's message are not as long as it says")
        buffers, at = [], 0
        for length in message.buffers:
            buffers.append(payload[at : at + length])
            at += length
        self._mirror.handle(self._client, message.model_id, message.data, buffers)

    def closed(self) -> None:
        """Note that the connection is gone."""
        self._mirror.leave(self)

    def send(self, header: bytes, payload: bytes) -> None:
        """Send a frame."""
        self._connection.send(header, payload)


def _work(handling: queue.SimpleQueue[Callable[[], None]]) -> None:
    while True:
        task = handling.get()
        try:
            task()
        except Exception:  # the next message is handled all the same, as a kernel does
            log.exception("a message of a page could not be handled")


def _references(widget: RealtimeWidget, names: set[str] | None = None) -> Iterator[Any]:
    """Yield the widgets that a widget's synchronised traits refer to; only those of `names`, if given."""
    for name in widget.keys:
        if names is None or name in names:
            value = getattr(widget, name)
            found = value if isinstance(value, list | tuple) else [value]
            yield from (each for each in found if isinstance(each, ipywidgets.Widget))


def _model(widget: RealtimeWidget) -> tuple[msg.PageModel, list[bytes]]:
    """Return a widget's state as a page makes its model from it, its code by name, and the buffers."""
    state = widget.get_state()
    module, style = publish(state.pop("_esm"), "js"), publish(state.pop("_css"), "css")
    state, paths, buffers = _remove_buffers(state)
    parts = [bytes(each) for each in buffers]
    lengths = [len(part) for part in parts]
    return msg.PageModel(str(widget.model_id), module, style, state, paths, lengths), parts


def _packed(message: msg.Message, models: list[tuple[msg.PageModel, list[bytes]]]) -> tuple[bytes, bytes]:
    return msgspec.json.encode(message, enc_hook=str), b"".join(part for _, parts in models for part in parts)
