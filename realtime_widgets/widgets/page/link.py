"""`PageLink`: a link that opens a widget in a browser tab of its own, and where that tab is to be reached."""

from __future__ import annotations

import asyncio
import os
import webbrowser
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import ipywidgets
import traitlets

from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.errors import ConfigurationError
from realtime_widgets.lane.frames import PAGE
from realtime_widgets.widgets import messages as msg
from realtime_widgets.widgets.base import RealtimeWidget, bundle
from realtime_widgets.widgets.page.mirror import WidgetMirror

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from realtime_widgets.lane.server import LaneServer

#: Most tokens that a view gets at once: one for the link, one for the picture that a phone reads.
MOST_TOKENS = 2


class PageLink(RealtimeWidget):
    """A link that opens the console in a browser tab of its own, for where a notebook's page has no microphone.

    The link counts once and for ten minutes; the widget makes fresh ones while it is shown. Through a Jupyter
    server over https it also shows a code that a phone reads, which is then the microphone; the phone's browser
    has to be logged in to that server.

    Parameters
    ----------
    root
        The widget that the tab shows.
    address
        Where a proxy of yours shows the kernel's port, such as ``"https://example.org/talk/"``; None finds out.

    Raises
    ------
    ConfigurationError
        If the address is none of http or https.
    """

    _esm = bundle("page_link.js")
    root = traitlets.Instance(ipywidgets.Widget)
    #: Why it is shown, if it came by itself.
    reason = traitlets.Unicode().tag(sync=True)

    def __init__(self, root: RealtimeWidget, address: str | None = None, reason: str = "") -> None:
        given = urlsplit(address or "http://unused")
        if given.scheme not in ("http", "https") or not given.netloc:
            raise ConfigurationError(f"address has to begin with https:// or http://, not {address!r}")
        self._address = address
        self._mirror = WidgetMirror(root)
        self._offering: set[asyncio.Task[None]] = set()
        super().__init__(root=root, reason=reason)
        self._listen(msg.AskLinks, self._asked)

    def __repr__(self) -> str:
        """Say what it is, for where no front end shows it."""
        return "a link to this talk in a browser tab of its own; run the cell to have it, or call new_url()"

    def new_url(self, opened: Callable[[], object] = lambda: None) -> str:
        """Return a fresh address of the page, for one tab and ten minutes; whoever has it can talk.

        Parameters
        ----------
        opened
            Called on the I/O thread when a tab was opened by it.

        Raises
        ------
        OSError
            If no port of this machine can be had.
        """
        server, token = shared_engine().submit(self._mirror.link(opened)).result()
        address = self._public(server) or f"http://127.0.0.1:{server.port}{PAGE}"
        return f"{address}#{token}"

    def open_browser(self) -> bool:
        """Open the page in the default browser of the kernel's machine; return whether there is one."""
        return webbrowser.open(self.new_url())

    def _asked(self, ask: msg.AskLinks, _buffers: list[Any]) -> None:
        shared_engine().call(self._offer, ask)

    def _offer(self, ask: msg.AskLinks) -> None:
        task = asyncio.ensure_future(self._answer(ask.view_id, min(ask.count, MOST_TOKENS)))
        self._offering.add(task)
        task.add_done_callback(self._offering.discard)

    async def _answer(self, view_id: str, count: int) -> None:
        def opened() -> None:
            self._command(msg.LinkOpened(view_id))

        try:
            links = [await self._mirror.link(opened) for _ in range(max(count, 1))]
        except OSError as error:
            return self._show_misfit(f"There is no page of its own: no port of this machine can be had ({error}).")
        server = links[0][0]
        tokens = [token for _, token in links]
        self._command(msg.Links(view_id, tokens, server.lane_id, server.port, self._public(server)))

    def _public(self, server: LaneServer) -> str:
        """Return where a proxy that is known shows the page; empty if none is."""
        address = self._address or forwarded(server.port, os.environ)
        if not address:
            return ""
        server.origins.add(urlsplit(address).hostname or "")
        return address.rstrip("/") + PAGE


def forwarded(port: int, environment: Mapping[str, str]) -> str:
    """Return where the proxy that the environment names shows a port of this machine; empty if it names none.

    ``VSCODE_PROXY_URI`` is set by code-server and VS Code's web server, with ``{{port}}`` in it; the other two by
    GitHub's Codespaces.
    """
    if "{{port}}" in (uri := environment.get("VSCODE_PROXY_URI", "")):
        return uri.replace("{{port}}", str(port))
    name = environment.get("CODESPACE_NAME", "")
    domain = environment.get("GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN", "")
    return f"https://{name}-{port}.{domain}/" if name and domain else ""
