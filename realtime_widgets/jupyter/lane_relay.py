"""The Jupyter server's relay of the direct lane: one WebSocket of a page, one to its kernel on this machine.

It checks the user and the origin as the server's kernel connections do, and looks at nothing that it relays. The
files of a kernel's page of its own are relayed too.
"""

from __future__ import annotations

import asyncio
from typing import Any

from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from jupyter_server.utils import url_path_join
from tornado import web
from tornado.httpclient import AsyncHTTPClient, HTTPClientError
from tornado.websocket import (
    WebSocketClientConnection,
    WebSocketClosedError,
    WebSocketError,
    WebSocketHandler,
    websocket_connect,
)

from realtime_widgets.lane.directory import find
from realtime_widgets.lane.frames import MAX_FRAME_BYTES, PAGE, PATH

#: How long the kernel may take to accept a connection, in seconds.
CONNECT_S = 5.0
ROUTE = "realtime-widgets/lane/([0-9a-f]{32})"
PAGE_ROUTE = "realtime-widgets/page/([0-9a-f]{32})/([a-z0-9_.]*)"
#: How the kernel closes a connection whose token is none.
REFUSED = 1008
#: Headers of a page's file that are the kernel's to set.
PAGE_HEADERS = ("Content-Type", "Content-Security-Policy", "Referrer-Policy", "Cache-Control")


def add_relay(web_app: Any) -> None:
    """Serve lanes below the server's base URL."""
    base = web_app.settings["base_url"]
    routes = [(url_path_join(base, ROUTE), LaneRelay), (url_path_join(base, PAGE_ROUTE), PageRelay)]
    web_app.add_handlers(".*$", routes)


async def _port_of(handler: JupyterHandler, lane_id: str) -> int:
    """Return the port of a lane, for a user who may run code; anything else is refused."""
    if not await ensure_async(
        handler.authorizer.is_authorized(handler, handler.current_user, "execute", "kernels")
    ):
        raise web.HTTPError(403)
    port = find(lane_id)
    if port is None:
        raise web.HTTPError(404, reason="there is no such kernel any more")
    return port


class PageRelay(JupyterHandler):
    """Hands on the files of the page that a kernel serves; who is not logged in is asked to."""

    auth_resource = "kernels"

    @web.authenticated
    async def get(self, lane_id: str, name: str) -> None:
        """Fetch a file from the kernel, so that the page is of the kernel's version and not of the server's."""
        port = await _port_of(self, lane_id)
        try:
            file = await AsyncHTTPClient().fetch(
                f"http://127.0.0.1:{port}{PAGE}{name}", connect_timeout=CONNECT_S, follow_redirects=False
            )
        except HTTPClientError as error:
            raise web.HTTPError(404 if error.code == 404 else 502) from error
        except OSError as error:
            raise web.HTTPError(502, reason="the kernel does not answer") from error
        for header in PAGE_HEADERS:
            if value := file.headers.get(header):
                self.set_header(header, value)
        await self.finish(file.body)


class LaneRelay(WebSocketMixin, WebSocketHandler, JupyterHandler):
    """Relays frames both ways, each side as fast as the other takes them."""

    auth_resource = "kernels"
    _kernel: WebSocketClientConnection | None = None
    _pumping: asyncio.Task[None] | None = None

    def set_default_headers(self) -> None:
        """Set none: they make no sense for a WebSocket."""

    def get_compression_options(self) -> None:
        """Compress nothing: sound does not get smaller by it, and it takes time."""

    @property
    def max_message_size(self) -> int:
        """Largest frame, in bytes."""
        return MAX_FRAME_BYTES

    @ws_authenticated
    async def get(self, lane_id: str) -> None:
        """Connect to the kernel first, so that a page learns by a plain refusal that there is no lane."""
        port = await _port_of(self, lane_id)
        try:
            address = f"ws://127.0.0.1:{port}{PATH}"
            connecting = websocket_connect(address, max_message_size=MAX_FRAME_BYTES)
            self._kernel = await asyncio.wait_for(connecting, CONNECT_S)
        except (OSError, TimeoutError, WebSocketError, HTTPClientError) as error:
            raise web.HTTPError(502, reason="the kernel's lane does not answer") from error
        await super().get(lane_id)

    async def open(self, *_: str) -> None:
        """Begin to relay."""
        super().open()
        self.set_nodelay(True)
        self._pumping = asyncio.create_task(self._pump())

    async def on_message(self, frame: str | bytes) -> None:
        """Relay a frame of the page; the next one is read when the kernel's socket has taken it."""
        if self._kernel is not None and isinstance(frame, bytes):
            try:
                await self._kernel.write_message(frame, binary=True)
            except WebSocketClosedError:
                self.close()

    def on_close(self) -> None:
        """End the kernel's side."""
        if self._pumping is not None:
            self._pumping.cancel()
        if self._kernel is not None:
            self._kernel.close()
        super().on_close()

    async def _pump(self) -> None:
        assert self._kernel is not None
        try:
            while (frame := await self._kernel.read_message()) is not None:
                await self.write_message(frame, binary=True)
        except WebSocketClosedError:
            return
        code = self._kernel.close_code
        # A refusal is handed on, so that the page does not try again; other codes may be none that can be sent.
        self.close(code if code == REFUSED else None, self._kernel.close_reason if code == REFUSED else None)
