"""What an MCP server is given to know, variables and headers, shows nowhere, though it fails or quotes it."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets.errors import ConfigurationError, RealtimeWidgetsError
from realtime_widgets.testing import Call, ScriptedServer, Talk
from tests.session.watching import notices
from tests.tools.mcp.test_servers import over_http
from tests.tracebacks import key, leaks

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets import RealtimeSession
    from tests.conftest import Open

HERE = Path(__file__).parent
NOWHERE = "http://127.0.0.1:9"
DIES = [sys.executable, "-c", "import os, sys; sys.exit('no entry with ' + os.environ['DOCS_TOKEN'])"]

FAILING: dict[str, Callable[[RealtimeSession], Any]] = {
    "ends at once": lambda session: session.mcp.add(DIES, env={"DOCS_TOKEN": key()}),
    "is no program": lambda session: session.mcp.add("no-such-program", env={"DOCS_TOKEN": key()}),
    "is not there": lambda session: session.mcp.add(
        f"{NOWHERE}/mcp?key={key()}", headers={"Authorization": f"Bearer {key()}"}
    ),
    "env= for an address": lambda session: session.mcp.add(f"{NOWHERE}/mcp", env={"DOCS_TOKEN": key()}),
    "headers= for a command": lambda session: session.mcp.add("tool", headers={"Authorization": key()}),
    "a port that is none": lambda session: session.mcp.add(f"http://host:{key()}/mcp"),
    "a number": lambda session: session.mcp.add("tool", env={"DOCS_TOKEN": key(), "PORT": 1}),  # type: ignore[dict-item]
    "an option": lambda session: session.mcp.add("tool", env={"DOCS_TOKEN": key()}, run_in="main"),
    "a limit": lambda session: session.mcp.add("tool", env={"DOCS_TOKEN": key()}, time_limit=-1),
}


@pytest.mark.parametrize("how", FAILING)
async def test_a_server_that_cannot_be_used_shows_no_secret_though_locals_are_shown(
    connect: Open, how: str
) -> None:
    session = connect(f"{NOWHERE}/v1")
    with pytest.raises(RealtimeWidgetsError) as failed:
        await FAILING[how](session)
    assert leaks(failed.value, *notices(session), repr(session.mcp)) == []


async def test_a_session_that_is_over_shows_no_secret_of_a_server(connect: Open) -> None:
    session = connect(f"{NOWHERE}/v1")
    await session.close()
    with pytest.raises(ConfigurationError, match="over") as failed:
        await session.mcp.add("tool", env={"DOCS_TOKEN": key()})
    assert leaks(failed.value) == []


async def test_a_tool_that_quotes_its_token_is_masked_for_the_model_the_card_and_the_journal(
    connect: Open, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.INFO)
    talk = Talk()
    quoted = [Call("variable", {"name": "DOCS_TOKEN"}), Call("variable", {"name": "DOCS_FOLDER"})]
    script = [*talk.start(), *talk.function_call_turn("Go", [*quoted, Call("fail", {})], "Done.")]
    async with ScriptedServer(script) as server:
        session = connect(server)
        folder = "/data/of/project-2024"
        program = [sys.executable, str(HERE / "server_that_quotes.py")]
        await session.mcp.add(program, env={"DOCS_TOKEN": key(), "DOCS_FOLDER": folder})
        reply = await session.ask("Go")
        told = json.dumps(server.received_of("conversation.item.create"), ensure_ascii=False)
        assert "DOCS_TOKEN is …" in told
        assert "no entry with …" in told
        assert f"DOCS_FOLDER is {folder}" in told  # not all that a server is told is secret
        session.journal.save(tmp_path / "talk.jsonl")
        shown = [told, (tmp_path / "talk.jsonl").read_text(), caplog.text, session.conversation.to_markdown()]
        assert leaks(*shown, repr(reply), *map(repr, reply.tool_calls)) == []


async def test_what_libraries_log_of_a_server_shows_no_secret(
    connect: Open, caplog: pytest.LogCaptureFixture
) -> None:
    session = connect(f"{NOWHERE}/v1")
    with over_http([]) as url:
        caplog.set_level(logging.WARNING, "mcp.server")  # the other side, which sees all
        caplog.set_level(logging.DEBUG)
        await session.mcp.add(f"{url}?key={key()}", headers={"Authorization": f"Bearer {key()}"})
        await session.mcp.close()
    assert "HTTP Request: POST" in caplog.text
    assert leaks(caplog.text) == []
