"""How talks end: the session before the question, the script before the session, this side or the other one."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from realtime_widgets.audio.samples import read_sound
from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.errors import ConnectionFailedError, SessionClosedError
from realtime_widgets.protocol.wire import connection as wire
from realtime_widgets.testing import ScriptedServer, Talk, cut, stall, tone
from tests.session.servers import server_on_its_own_thread
from tests.session.watching import HEARD, SOUND, hears

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.conftest import Open


@pytest.mark.parametrize("how", ["ask", "talk"])
async def test_a_session_that_ends_before_its_first_turn_says_why(connect: Open, how: str) -> None:
    async with ScriptedServer([*Talk().start(), HEARD, cut()]) as server:
        session = connect(server, reconnect=False)
        speaking = session.ask(audio=SOUND, rate=24000) if how == "ask" else session.talk(SOUND, rate=24000)
        with pytest.raises(SessionClosedError, match="was lost"):
            await speaking


async def test_what_was_heard_before_the_end_is_written(connect: Open, tmp_path: Path) -> None:
    talk = Talk()
    turn = talk.spoken_turn("Tell me a story", "Once upon a time", tone(20_000))
    done = next(index for index, step in enumerate(turn) if "response.done" in str(step))
    async with ScriptedServer([*talk.start(), HEARD, *turn[:done], stall(), cut()]) as server:
        session = connect(server, reconnect=False)
        talking = asyncio.create_task(session.talk(SOUND, rate=24000, out=tmp_path / "heard.wav"))
        await server.stalled()
        await hears(session, 2400)
        server.resume()
        with pytest.raises(SessionClosedError, match="was lost"):
            await talking
    samples, rate = read_sound(tmp_path / "heard.wav")
    assert 0.1 <= len(samples) / rate < 20


async def test_a_question_to_a_session_that_ended_as_it_began_is_not_waited_for(connect: Open) -> None:
    async with ScriptedServer([*Talk().start(), cut()]) as server:
        session = connect(server, reconnect=False)
        with pytest.raises(ConnectionFailedError, match="was lost"):  # before or after it was sent
            await session.ask("Hi")


@contextlib.asynccontextmanager
async def black_hole() -> AsyncIterator[tuple[str, asyncio.Event]]:
    """A server that shakes hands and does not say a word after that; its address, and whether it was spoken to."""
    held: list[asyncio.StreamWriter] = []
    spoken_to = asyncio.Event()

    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
        key = next(value for name, value in fields.items() if name.lower() == "sec-websocket-key")
        digest = hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n"
        )
        await reader.read(1)
        spoken_to.set()

    server = await asyncio.start_server(swallow, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", spoken_to
        for writer in held:
            writer.close()


@pytest.mark.parametrize("clogged", [False, True], ids=["silent", "with a full buffer"])
async def test_closing_does_not_wait_for_a_side_that_is_gone(
    connect: Open, monkeypatch: pytest.MonkeyPatch, clogged: bool
) -> None:
    monkeypatch.setattr(wire, "CLOSE_TIMEOUT_S", 0.05)
    async with black_hole() as (url, spoken_to):
        session = connect(url, dialect="ga")
        starting = asyncio.create_task(session.start())
        await spoken_to.wait()
        if clogged:
            transport = session.runtime._transport
            assert transport is not None
            shared_engine().call(transport._connection._websocket.transport.write, bytes(64 * 2**20))
        async with asyncio.timeout(8):  # the library alone waits for 10 s, or for ever
            await session.close()
        with pytest.raises(SessionClosedError, match="it was closed"):
            await starting


async def test_a_connection_that_we_give_up_is_not_laid_to_the_other_side(
    connect: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "PING_TIMEOUT_S", 0.05)
    async with black_hole() as (url, _):
        with pytest.raises(ConnectionFailedError, match=r"was given up: it has not answered for 0.05") as caught:
            await connect(url, dialect="ga", reconnect=False).start()
    assert "closed the connection" not in str(caught.value)


async def test_a_frame_that_we_refuse_is_not_laid_to_the_other_side(
    connect: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "MAX_FRAME_BYTES", 100)
    async with ScriptedServer(Talk().start()[:1]) as server:
        with pytest.raises(ConnectionFailedError, match=r"was closed from here \(code 1009"):
            await connect(server, reconnect=False).start()


def script(code: str, *arguments: str) -> tuple[int, str, str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        env=environment,
    )
    return done.returncode, done.stdout, done.stderr


LEAVES = """
import sys, threading
from realtime_widgets import RealtimeSession
from realtime_widgets.events import StateChanged

session = RealtimeSession(endpoint="local")
"""


@pytest.mark.parametrize(
    "end",
    [
        "import asyncio; asyncio.run(session.start())",
        "session.say('Hi')",
        "session.say('Hi'); threading.Event().wait(0.3)",
        "import asyncio, atexit; asyncio.run(session.start()); atexit.register(session.close_sync)",
    ],
    ids=["while its models load", "before it starts", "while it starts", "with a handler of its own"],
)
def test_a_script_that_ends_without_closing_has_the_last_word(end: str) -> None:
    assert script(LEAVES + end + "\nprint('Done.')") == (0, "Done.\n", "")


ASKS_LATER = """
import sys, threading
from realtime_widgets import RealtimeSession

session = RealtimeSession(endpoint=sys.argv[1])

def ask():
    threading.main_thread().join()
    print(session.ask_sync("Hi").text)

threading.Thread(target=ask).start()
"""


def test_a_thread_may_ask_after_the_scripts_last_line() -> None:
    talk = Talk()
    with server_on_its_own_thread([*talk.start(), *talk.text_turn("Hi", "Hello!")]) as server:
        # A name, which is looked up in a thread.
        told = script(ASKS_LATER, server.url.replace("127.0.0.1", "localhost"))
    assert told == (0, "Hello!\n", "")


FORKS = """
import asyncio, os, sys
from realtime_widgets import RealtimeSession

session = RealtimeSession(endpoint=sys.argv[1])
print(session.ask_sync("Hi").text, flush=True)
if (child := os.fork()) == 0:
    uses = {
        "ask": lambda: session.ask_sync("Hi"),
        "say": lambda: session.say("Hi"),
        "usage": lambda: session.usage,
        "events": session.events,
        "calls": lambda: session.calls,
        "mcp": lambda: asyncio.run(session.mcp.add("server")),
        "close": session.close_sync,
    }
    for name, use in uses.items():
        try:
            use()
        except Exception as error:
            print(name, type(error).__name__, "make a new RealtimeSession" in str(error))
    print(RealtimeSession(endpoint=sys.argv[2]).ask_sync("Hi").text)
    sys.stdout.flush()
    os._exit(0)
os.waitpid(child, 0)
session.close_sync()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="only Unix forks")
def test_a_forked_process_is_told_to_make_a_session_of_its_own() -> None:
    parent, child = Talk(), Talk()
    with (
        server_on_its_own_thread([*parent.start(), *parent.text_turn("Hi", "Hello!")]) as first,
        server_on_its_own_thread([*child.start(), *child.text_turn("Hi", "Me too!")]) as second,
    ):
        code, out, err = script(FORKS, first.url, second.url)
    uses = ("ask", "say", "usage", "events", "calls", "mcp", "close")
    refused = [f"{name} ConfigurationError True" for name in uses]
    assert (code, out.splitlines(), err) == (0, ["Hello!", *refused, "Me too!"], "")
