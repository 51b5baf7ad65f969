"""A widget in a tab of its own, as the tab's socket has it."""

from __future__ import annotations

import asyncio
import json
import threading
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from realtime_widgets import RealtimeSession
from realtime_widgets.errors import ConfigurationError
from realtime_widgets.lane.frames import pack, unpack
from realtime_widgets.widgets import console_of
from realtime_widgets.widgets.messages import MicrophoneProblem, MicrophoneReport
from realtime_widgets.widgets.page.link import PageLink, forwarded
from realtime_widgets.widgets.page.mirror import WidgetMirror
from realtime_widgets.widgets.sound.port import port_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from realtime_widgets.widgets import RealtimeConsole


class Tab:
    """A page that has joined."""

    def __init__(self, socket: ClientConnection, welcome: dict[str, Any]) -> None:
        self.socket, self.welcome = socket, welcome
        self.models = {model["model_id"]: model for model in welcome["models"]}

    async def send(self, model_id: str, data: dict[str, Any]) -> None:
        """Send a message of a model."""
        frame = {"type": "model_message", "model_id": model_id, "data": data, "buffers": []}
        await self.socket.send(pack(json.dumps(frame).encode()))

    async def until(self, **wanted: Any) -> dict[str, Any]:
        """Return the next message of a model whose data have these values."""
        while True:
            message = _read(await self.socket.recv())
            data = message.get("data", {})
            if all(data.get(name) == value for name, value in wanted.items()):
                return message


def _get(url: str) -> tuple[str, bytes]:
    with urllib.request.urlopen(url) as file:
        return file.headers["Content-Security-Policy"], file.read()


def _read(frame: str | bytes) -> dict[str, Any]:
    assert isinstance(frame, bytes)
    message: dict[str, Any] = json.loads(unpack(frame)[0])
    return message


async def _join(url: str, token: str) -> Tab:
    port = urlsplit(url).port
    socket = await connect(f"ws://127.0.0.1:{port}/lane", max_size=2**26)
    await socket.send(pack(json.dumps({"type": "page_join", "token": token}).encode()))
    return Tab(socket, _read(await socket.recv()))


@pytest_asyncio.fixture
async def session() -> AsyncIterator[RealtimeSession]:
    """A session that is not connected."""
    session = RealtimeSession(api_key="test-key-that-no-page-gets")
    yield session
    await session.close()


@pytest.fixture
def link(session: RealtimeSession) -> PageLink:
    """A link to its console."""
    return session.page()


async def test_a_tab_gets_the_whole_console_and_no_secret(link: PageLink) -> None:
    url, _, token = link.new_url().partition("#")
    tab = await _join(url, token)
    console: Any = link.root
    root = tab.models[tab.welcome["root"]]
    shown = [name.removeprefix("IPY_MODEL_") for name in [*root["state"]["parts"], *root["state"]["controls"]]]
    assert console.transcript.model_id in shown
    assert set(shown) < set(tab.models)
    assert "test-key-that-no-page-gets" not in json.dumps(tab.welcome)
    for name in ("", "page.js", "widgets.css", root["module"]):
        policy, body = await asyncio.to_thread(_get, f"{url}{name}")
        assert "default-src 'self'" in policy
        assert body
    with pytest.raises(urllib.error.HTTPError, match="404"):
        await asyncio.to_thread(_get, f"{url}../port.json")
    await tab.socket.close()


async def test_changes_go_both_ways(link: PageLink) -> None:
    url, _, token = link.new_url().partition("#")
    tab = await _join(url, token)
    console: RealtimeConsole = link.root
    console.height = "20rem"
    assert (await tab.until(method="update"))["data"]["state"] == {"height": "20rem"}
    assert console.microphone is not None
    changed = threading.Event()
    console.microphone.observe(lambda _change: changed.set(), "muted")
    await tab.send(console.microphone.model_id, {"method": "update", "state": {"muted": True}, "buffer_paths": []})
    await tab.until(method="echo_update", state={"muted": True})
    assert changed.wait(20)
    # What comes into sight later is shown too.
    console.show_panel("money")
    assert console.insight is not None
    while True:
        message = _read(await tab.socket.recv())
        if message["type"] == "page_models":
            break
    assert console.insight.model_id in [model["model_id"] for model in message["models"]]
    await tab.socket.close()


async def test_a_link_counts_once_and_its_key_brings_the_tab_back(link: PageLink) -> None:
    url, _, token = link.new_url().partition("#")
    tab = await _join(url, token)
    await tab.socket.close()
    with pytest.raises(ConnectionClosed, match="no right"):
        await _join(url, token)
    for _ in range(2):
        again = await _join(url, tab.welcome["key"])
        assert again.welcome["root"] == tab.welcome["root"]
        await again.socket.close()
    with pytest.raises(ConnectionClosed, match="no right"):
        await _join(url, "a" * 32)


async def test_a_frame_that_lies_about_its_buffers_ends_the_connection(link: PageLink) -> None:
    url, _, token = link.new_url().partition("#")
    tab = await _join(url, token)
    frame = {"type": "model_message", "model_id": link.root.model_id, "data": {}, "buffers": [5]}
    await tab.socket.send(pack(json.dumps(frame).encode()))
    with pytest.raises(ConnectionClosed):
        while True:
            await tab.socket.recv()


async def test_a_page_of_another_host_is_let_in_only_if_the_address_was_named(session: RealtimeSession) -> None:
    port = urlsplit(session.page().new_url()).port
    address = f"ws://127.0.0.1:{port}/lane"
    with pytest.raises(InvalidStatus, match="403"):
        await connect(address, origin="https://talk.example.org")  # type: ignore[arg-type]
    url = session.page("https://talk.example.org/x/").new_url()
    assert url.startswith("https://talk.example.org/x/page/#")
    async with connect(address, origin="https://talk.example.org"):  # type: ignore[arg-type]
        pass


def test_the_console_offers_the_link_where_its_page_may_have_no_microphone(session: RealtimeSession) -> None:
    console = console_of(session)
    before = list(console.parts)
    for code, offered in (("denied", False), ("policy", True), ("policy", True)):
        report = MicrophoneReport("page", "error", problem=MicrophoneProblem(code, "No.", "Go elsewhere."))
        for listener in port_of(session).on_microphone:
            listener(report)
        assert [isinstance(part, PageLink) for part in console.parts[len(before) :]] == [True] * offered
    for listener in port_of(session).on_microphone:
        listener(MicrophoneReport("other-page", "on"))
    assert list(console.parts) == before


def test_a_wrong_address_is_named(session: RealtimeSession) -> None:
    with pytest.raises(ConfigurationError, match=r"talk\.example\.org"):
        session.page("talk.example.org")


@pytest.mark.parametrize(
    ("environment", "address"),
    [
        ({"VSCODE_PROXY_URI": "https://code.example.org/proxy/{{port}}/"}, "https://code.example.org/proxy/8123/"),
        (
            {"CODESPACE_NAME": "ann", "GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN": "app.example.dev"},
            "https://ann-8123.app.example.dev/",
        ),
        ({"CODESPACE_NAME": "ann"}, ""),
        ({}, ""),
    ],
)
def test_the_proxies_that_environments_name(environment: dict[str, str], address: str) -> None:
    assert forwarded(8123, environment) == address


async def test_a_console_without_tabs_mirrors_nothing(link: PageLink, monkeypatch: pytest.MonkeyPatch) -> None:
    left = threading.Event()
    leave = WidgetMirror.leave

    def leave_and_tell(mirror: WidgetMirror, page: Any) -> None:
        leave(mirror, page)
        left.set()

    monkeypatch.setattr(WidgetMirror, "leave", leave_and_tell)
    url, _, token = link.new_url().partition("#")
    console: RealtimeConsole = link.root
    assert not console.mirrors
    tab = await _join(url, token)
    assert console.mirrors
    assert console.transcript.mirrors
    await tab.socket.close()
    assert await asyncio.to_thread(left.wait, 20)
    assert not console.mirrors
    assert not console.transcript.mirrors
    again = await _join(url, tab.welcome["key"])
    console.height = "21rem"
    assert (await again.until(method="update"))["data"]["state"] == {"height": "21rem"}
    await again.socket.close()
