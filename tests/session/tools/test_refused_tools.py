"""A tool that the service refuses is left out alone: the talk, its other tools and its connections go on."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jupyter_client.manager import start_new_kernel

import realtime_widgets
from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.core.reconnect.policy import ReconnectPolicy
from realtime_widgets.errors import ConfigurationError
from realtime_widgets.tools import HostedMcp
from realtime_widgets.tools.tool import Tool
from realtime_widgets.widgets.console.status import SessionStatus
from tests.session.tools.choosy import REASON, ChoosyServer, Naming
from tests.session.watching import notices, until
from tests.tools.mcp.test_servers import TODAY

if TYPE_CHECKING:
    from realtime_widgets import RealtimeSession
    from tests.conftest import Open

NAMED: list[Naming] = ["param", "name", "nothing"]


def double(x: int) -> int:
    """Double a number."""
    return 2 * x


def bad(x: int) -> int:
    """Be refused."""
    return x


def triple(x: int) -> int:
    """Triple a number."""
    return 3 * x


def numbered(count: int) -> list[Any]:
    """Many tools, with the names f0, f1 and so on."""
    return [Tool.of(double, name=f"f{number}") for number in range(count)]


async def settled(session: RealtimeSession) -> None:
    await asyncio.wrap_future(shared_engine().submit(session.runtime.tools_told(60)))


@pytest.mark.parametrize("naming", NAMED)
async def test_at_the_start_the_others_stay_and_the_session_says_so(
    connect: Open, naming: Naming, capsys: pytest.CaptureFixture[str]
) -> None:
    async with ChoosyServer("bad", naming=naming) as server:
        session = connect(server.url, tools=[double, bad, triple])
        assert (await session.ask("Hi")).question == "Hi"
        assert server.known == ["double", "triple"]
        assert list(session.tools.refused) == ["bad"]
        assert "bad(x)" in repr(session.tools)
        assert "[not accepted by the service: Invalid schema" in repr(session.tools)
        assert "[not accepted by the service: Invalid schema" in session.tools._repr_html_()
        [notice] = notices(session)
        assert notice.startswith(
            "The service does not accept the tool bad; the model does not know it: Invalid schema"
        )
        assert SessionStatus(session).status["tools"] == ["double", "triple"]


@pytest.mark.parametrize("naming", [*NAMED, "param without event id"])
async def test_in_a_running_talk_its_cell_says_so_until_it_is_written_anew(
    connect: Open, naming: Naming, capsys: pytest.CaptureFixture[str]
) -> None:
    async with ChoosyServer("bad", naming=naming) as server:
        session = connect(server.url, tools=[double])
        await session.start()
        session.tool(bad)
        session.tool(triple)
        await settled(session)
        await until(session, lambda: bool(session.tools.refused))
        assert server.known == ["double", "triple"]
        printed = ""
        while "\n" not in printed:
            printed += capsys.readouterr().out
        assert printed.startswith("The service does not accept the tool bad; the model does not know it: Invalid")
        server.refuses.clear()
        session.tool(bad)  # its cell again
        await settled(session)
        assert server.known == ["double", "bad", "triple"]
        assert not session.tools.refused
        assert session.state == "listening"


REGISTER = """
@session.tool
def bad(x: int) -> int:
    "Be refused."
    return x
"""


async def test_in_a_notebook_it_stands_under_the_cell_of_the_tool() -> None:
    def told(url: str) -> tuple[str, str]:
        """Return the id of the cell that the refusal names, and that of the tool's cell."""
        root = str(Path(realtime_widgets.__file__).parent.parent)
        manager, client = start_new_kernel(env=os.environ | {"PYTHONPATH": root})
        try:
            client.execute(
                f"from realtime_widgets import RealtimeSession\nsession = RealtimeSession(endpoint={url!r})"
            )
            client.execute("await session.start()")
            cell = client.execute(REGISTER)
            client.execute("import asyncio; await asyncio.sleep(0)")
            while True:
                message = client.get_iopub_msg(timeout=60)
                if "does not accept the tool bad" in str(message["content"].get("text")):
                    return message["parent_header"]["msg_id"], cell
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)

    async with ChoosyServer("bad") as server:
        named, cell = await asyncio.to_thread(told, server.url)
        assert named == cell


async def test_an_old_version_goes_with_the_refused_new_one(connect: Open) -> None:
    def renamed(y: int) -> int:
        """Be refused, otherwise than before."""
        return y

    async with ChoosyServer() as server:
        session = connect(server.url, tools=[double, bad])
        await session.start()
        server.refuses = {"bad"}
        session.tools.add(renamed, name="bad")
        await settled(session)
        assert server.known == ["double"]


@pytest.mark.parametrize("naming", NAMED)
async def test_several_among_many_are_found(connect: Open, naming: Naming) -> None:
    async with ChoosyServer("f3", "f40", "f77", naming=naming) as server:
        session = connect(server.url, tools=numbered(100))
        await session.start()
        assert server.known == [f"f{number}" for number in range(100) if number not in (3, 40, 77)]
        assert server.updates == 4 if naming != "nothing" else server.updates < 64


async def test_more_tools_than_the_service_allows_end_no_talk(connect: Open) -> None:
    async with ChoosyServer(most=128) as server:
        session = connect(server.url, tools=numbered(130))
        await session.ask("Hi")
        assert server.known == [f"f{number}" for number in range(128)]
        assert session.tools.refused == {"f128": "Too many tools.", "f129": "Too many tools."}


@pytest.mark.parametrize("naming", NAMED)
async def test_other_settings_that_are_refused_are_not_blamed_on_the_tools(connect: Open, naming: Naming) -> None:
    async with ChoosyServer(naming=naming) as server:
        session = connect(server.url, "There are no instructions.", tools=[double, triple])
        with pytest.raises(ConfigurationError, match="refused the session's settings: These instructions are not"):
            await session.start()
        assert not session.tools.refused
        assert server.updates <= 2


@pytest.mark.parametrize("naming", NAMED)
async def test_a_reconnect_goes_on_without_a_tool_that_is_refused_now(connect: Open, naming: Naming) -> None:
    async with ChoosyServer(naming=naming) as server:
        session = connect(server.url, tools=[double, bad])
        session.runtime.reconnector.policy = ReconnectPolicy(first_delay_s=0.01)
        await session.ask("Hi")
        server.refuses = {"bad"}
        server.cut()
        await until(session, lambda: bool(session.tools.refused))
        assert (await session.ask("Still there?")).question == "Still there?"
        assert server.known == ["double"]
        assert server.connections == 2


async def test_a_hand_over_goes_on_without_a_tool_that_is_refused_now(connect: Open) -> None:
    async with ChoosyServer() as server:
        server.expires_at = time.time() + 2.0
        session = connect(server.url, tools=[double, bad])
        await session.ask("Hi")
        server.refuses = {"bad"}
        await until(session, lambda: bool(session.tools.refused))
        await session.ask("Still there?")
        assert server.known == ["double"]
        assert any("before the session's time was over" in text for text in notices(session))


async def test_a_server_that_the_service_would_call_is_left_out_alone(connect: Open) -> None:
    async with ChoosyServer("docs", naming="param") as server:
        hosted = HostedMcp("docs", "https://docs.example/mcp", authorization="sesame")
        session = connect(server.url, tools=[double, hosted])
        await session.start()
        assert server.known == ["double"]
        assert session.tools.refused == {"docs": REASON}
        assert "sesame" not in repr(session.tools) + "".join(notices(session))


async def test_adding_an_mcp_server_tells_of_the_tools_that_are_refused(connect: Open) -> None:
    async with ChoosyServer("add", naming="name") as server:
        session = connect(server.url)
        await session.start()
        today = await session.mcp.add(TODAY, name="today", allow=["add", "divide"])
        assert today.tools == {"divide": "divide"}
        assert list(today.refused) == ["add"]
        assert today.state == "ready"
        assert "ready, tools: divide; not accepted by the service: add (Invalid schema" in repr(today)
        assert server.known == ["divide"]


async def test_an_mcp_server_of_which_the_model_knows_no_tool_is_not_ready(
    connect: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime_widgets.session.session.TOOLS_TOLD_S", 0.1)
    async with ChoosyServer("add") as server:
        session = connect(server.url)
        await session.start()
        today = await session.mcp.add(TODAY, name="today", allow=["add"])
        await settled(session)
        assert today.state == "refused"
        assert "refused, tools: none" in repr(today)
        assert server.known == []
        server.held = True
        session.say("Tell me more.")
        await until(session, lambda: session.state == "thinking" and bool(server.service.active))
        later = await session.mcp.add(TODAY, name="later", allow=["divide"])
        assert later.state == "waiting"
        server.held = False
        await until(session, lambda: session.state == "listening")
        await settled(session)
        assert later.state == "ready"
