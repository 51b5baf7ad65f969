"""A key that a person gives when asked: where it goes, and where it never is."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from typing import TYPE_CHECKING

import pexpect
import pytest

from devtools.endpoints.guarded import guarded
from realtime_widgets import KeyPrompt, RealtimeSession
from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.errors import ConfigurationError
from realtime_widgets.testing import ScriptedServer, Talk
from realtime_widgets.widgets.console.status import SessionStatus
from tests.session.watching import reaches
from tests.widgets.page import typed

if TYPE_CHECKING:
    from tests.conftest import Open

KEY = "sk-never-to-be-seen-7431"


def everything_of(prompt: KeyPrompt) -> str:
    return f"{prompt!r} {prompt.get_state()} {prompt._repr_mimebundle_()} {prompt.trait_values()}"


async def test_a_session_waits_for_the_key_that_is_put_into_the_field(
    connect: Open, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "websockets")  # the other side, which sees all
    caplog.set_level(logging.DEBUG)
    talk, prompt = Talk(), KeyPrompt("our server")
    async with (
        ScriptedServer([*talk.start(), *talk.text_turn("Hi", "Hello")]) as server,
        guarded(server.url.replace("http", "ws") + "/realtime", KEY) as url,
    ):
        session = connect(url, api_key=prompt)
        status = SessionStatus(session)
        asking = asyncio.create_task(session.ask("Hi"))
        await reaches(session, "connecting")
        shared_engine().run(status._refresh, session)
        assert status.status["detail"] == "waits for the API key: put it into its field"
        assert prompt.given is False
        assert typed(prompt, KEY) == []
        assert (await asking).text == "Hello"
        assert prompt.given is True
        shown = [everything_of(prompt), repr(session), repr(session.endpoint), str(vars(session))]
        shown += [caplog.text, str([record.event for record in session.journal]), str(status.status)]
        assert not any(KEY in each for each in shown)


@pytest.mark.parametrize("late", [False, True])
async def test_a_refused_key_is_told_and_another_one_asked_for(connect: Open, late: bool) -> None:
    talk, prompt = Talk(), KeyPrompt()
    async with (
        ScriptedServer([*talk.start(), *talk.text_turn("Hi", "Hello")]) as server,
        guarded(server.url.replace("http", "ws") + "/realtime", KEY, late=late) as url,
    ):
        session = connect(url, api_key=prompt)
        told: asyncio.Queue[str] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        prompt.observe(lambda change: loop.call_soon_threadsafe(told.put_nowait, change["new"]), "problem")
        typed(prompt, "sk-wrong")
        asking = asyncio.create_task(session.ask("Hi"))
        problem = await told.get()
        assert "refused this key" in problem
        assert "sk-wrong" not in problem
        typed(prompt, KEY)
        assert (await asking).text == "Hello"
        assert prompt.problem == ""


async def test_a_session_can_be_closed_while_it_waits_for_the_key(connect: Open) -> None:
    prompt = KeyPrompt()
    session = connect("http://127.0.0.1:9/v1", api_key=prompt)
    session.say("Hi")
    await reaches(session, "connecting")
    await session.close()
    assert session.state == "closed"
    typed(prompt, KEY)
    assert prompt.given is True  # for the next session


def test_nobody_is_asked_for_a_key_that_is_not_needed() -> None:
    session = RealtimeSession(endpoint="local", api_key="ask")
    assert session.endpoint.token_provider is None


def test_the_error_of_a_missing_key_says_how_to_be_asked() -> None:
    with pytest.raises(ConfigurationError, match='api_key="ask" asks for it'):
        RealtimeSession(endpoint="openai")


def test_in_a_terminal_the_key_is_asked_for_and_not_shown() -> None:
    code = (
        "from realtime_widgets import RealtimeSession\n"
        "session = RealtimeSession(api_key='ask')\n"
        "print(session, len(session.endpoint.headers()['Authorization']))"
    )
    terminal = pexpect.spawn(sys.executable, ["-c", code], env=os.environ | {"TERM": "dumb"}, encoding="utf-8")
    terminal.expect_exact("API key for OpenAI: ")
    terminal.waitnoecho()
    terminal.sendline(KEY)
    terminal.expect(pexpect.EOF)
    assert f"endpoint OpenAI, tools: none> {len('Bearer ' + KEY)}" in terminal.before
    assert KEY not in terminal.before
