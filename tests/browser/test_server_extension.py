"""The Jupyter server extension works in a fresh JupyterLab in which nobody configured anything."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from devtools.browser.jupyter import JupyterServer
from devtools.browser.lab import Lab

if TYPE_CHECKING:
    from playwright.async_api import Playwright

pytestmark = pytest.mark.browser

#: An extension of the test's own that tells of the open kernel connections.
_PROBE = """
import json, socket
from tornado.web import RequestHandler
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection as Connection

class Probe(RequestHandler):
    def get(self):
        sockets = [each.websocket_handler.ws_connection.stream.socket for each in Connection._open_sockets]
        self.finish(json.dumps([each.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for each in sockets]))

def _load_jupyter_server_extension(server):
    server.web_app.add_handlers(".*", [("/probe", Probe)])
"""


async def test_kernel_connections_of_a_fresh_jupyterlab_send_without_delay(
    tmp_path: Path, playwright: Playwright
) -> None:
    folder = tmp_path / "config" / "jupyter_server_config.d"
    folder.mkdir(parents=True)
    (folder / "probe.json").write_text(json.dumps({"ServerApp": {"jpserver_extensions": {"probe": True}}}))
    (tmp_path / "probe.py").write_text(_PROBE)
    server = JupyterServer(tmp_path, {"PYTHONPATH": f"{tmp_path}:{Path(__file__).parents[2]}"})
    server.start()
    lab = Lab(server, playwright, "nodelay", tmp_path / "artifacts")
    try:
        page = await lab.open(["1 + 1"])
        await page.run_cell(0)
        options = await asyncio.to_thread(server.get, "/probe")
    finally:
        await lab.close()
        server.stop()
    assert options
    assert all(options)
