"""The sound takes the direct lane by itself, past the kernel's messages, and the comm when that is cut."""

from __future__ import annotations

import asyncio
from http.cookiejar import CookieJar
from typing import TYPE_CHECKING
from urllib.request import HTTPCookieProcessor, build_opener

import pytest
import pytest_asyncio
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from devtools.endpoints.echo import EchoEndpoint
from devtools.sound.sound import microphone_wav, tone
from realtime_widgets.lane.frames import pack
from realtime_widgets.lane.server import LaneServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from devtools.browser.jupyter import JupyterServer
    from devtools.browser.lab import Lab
    from devtools.browser.page import LabPage

pytestmark = pytest.mark.browser

_BURST_EVERY_S = 1.0
#: Cuts the connections of all lanes, as a proxy that is restarted would.
_CUT = """
from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.lane.server import lane_server
engine = shared_engine()
engine.run(engine.submit(lane_server(engine)).result().cut)
"""
#: One C call that holds the interpreter.
_HOLD = """
import time
n = 400_000
while True:
    before = time.perf_counter()
    sorted(range(n, 0, -1), key=float)
    held = time.perf_counter() - before
    if held > 1:
        break
    n = int(n * min(4, 1.2 / held))
print(held)
"""


def _bursts(path: Path) -> Path:
    return microphone_wav(path, [(1 + i * _BURST_EVERY_S, tone(0.1, level=0.5)) for i in range(240)], seconds=130)


#: The page's port.
_PORT = "[...globalThis[Symbol.for('realtime_widgets.ports')].ports.values()][0]"


async def _watch_lane(page: LabPage) -> None:
    """Note over what the sound goes, from now on."""
    await page.page.evaluate(
        f"() => {{ const port = {_PORT}; const ways = (window.ways = []);"
        "const look = () => { const way = port.state.laneMs === null ? 'comm' : 'lane';"
        "if (ways.at(-1) !== way) ways.push(way); }; look(); port.subscribe(look); }"
    )


async def _ways(page: LabPage, *expected: str) -> None:
    await page.page.wait_for_function("(ways) => window.ways.join() === ways", arg=",".join(expected))


async def test_sound_takes_the_lane_and_goes_on_when_it_is_cut(lab: Lab, tmp_path: Path) -> None:
    async with EchoEndpoint() as endpoint:
        page = await lab.open(
            [
                "from realtime_widgets import RealtimeSession\n"
                f'session = RealtimeSession(endpoint="{endpoint.url}", api_key="test")\n'
                "await session.start()\nsession",
                _CUT,
                _HOLD,
            ],
            microphone=_bursts(tmp_path / "bursts.wav"),
        )
        await page.run_cell(0)
        await page.page.wait_for_function(f"() => {_PORT}.state.laneMs !== null")
        await _watch_lane(page)
        await page.click("button[aria-label*='microphone']")
        speaker = await page.tap_speaker()
        await speaker.wait_for_sound()
        await page.watch_kernel_sign()
        await speaker.wait_for_silence()
        await speaker.wait_for_sound()
        assert "busy" not in await page.kernel_signs()
        await page.run_cell(1)
        await _ways(page, "lane", "comm", "lane")
        await speaker.wait_for_silence()
        await speaker.wait_for_sound()
        await page.run_cell(2)
        await speaker.wait_for_silence()
        await speaker.wait_for_sound()
        statistics = await page.evaluate_in_kernel(
            "__import__('realtime_widgets.widgets.sound.port', fromlist=['']).port_of(session).statistics.lost"
        )
        assert statistics == 0
        [stats] = await page.port_stats()
    assert stats["dropped"] == 0


@pytest_asyncio.fixture
async def relayed(jupyter_server: JupyterServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """Serve a lane, and yield the address of the server's relay to it."""
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(jupyter_server.folder / "runtime"))
    server = LaneServer()
    await server.start()
    yield f"{jupyter_server.url.replace('http', 'ws', 1)}/realtime-widgets/lane/{server.lane_id}"
    await server.close()


@pytest.mark.parametrize("headers", [{}, {"Authorization": "token of-somebody-else"}])
async def test_the_relay_lets_in_nobody_who_could_not_use_a_kernel(relayed: str, headers: dict[str, str]) -> None:
    with pytest.raises(InvalidStatus, match="403"):
        async with connect(relayed, additional_headers=headers):
            pass


async def test_a_hostile_page_in_the_browser_of_a_user_is_refused(
    jupyter_server: JupyterServer, relayed: str
) -> None:
    def log_in() -> str:
        jar = CookieJar()
        opener = build_opener(HTTPCookieProcessor(jar))
        opener.open(f"{jupyter_server.url}/lab?token={jupyter_server.token}").close()
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)

    # A browser sends the user's cookie whichever page asks, and says which page it is.
    cookie = {"Cookie": await asyncio.to_thread(log_in)}
    with pytest.raises(InvalidStatus, match="403"):
        async with connect(relayed, additional_headers=cookie, origin="https://evil.example"):
            pass
    async with connect(relayed, additional_headers=cookie, origin=jupyter_server.url):
        pass


async def test_the_relay_says_that_there_is_no_such_kernel(jupyter_server: JupyterServer, relayed: str) -> None:
    headers = {"Authorization": f"token {jupyter_server.token}"}
    with pytest.raises(InvalidStatus, match="404"):
        async with connect(relayed[:-4] + "0000", additional_headers=headers):
            pass
    async with connect(relayed, additional_headers=headers) as page:
        await page.send(pack(b'{"token": "guessed"}'))
        with pytest.raises(ConnectionClosed):
            await page.recv()
