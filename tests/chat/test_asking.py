"""One question at a time: refused, repeated, interrupted, from cells that are busy."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets import AudioChat, ConfigurationError, ResponseFailedError, SessionClosedError
from tests.chat.chats import PCM, chat_with, count
from tests.chat.rest_server import calling, refusal, rest_server_on_its_own_thread, spoken, written

if TYPE_CHECKING:
    from aiohttp import web

    from tests.chat.rest_server import RestServer


async def test_a_question_that_failed_can_be_asked_again(server: RestServer, keep: Any) -> None:
    server.completions(refusal(400, "Too long.", "context_length_exceeded"), written("Yes."))
    chat = keep(chat_with(server, spoken=False))
    with pytest.raises(ResponseFailedError, match=r"Too long\.") as failure:
        await chat.ask("Is it?")
    assert failure.value.code == "context_length_exceeded"
    await chat.ask("Is it?")
    assert [message["content"] for message in server.asked[1]["messages"]] == ["Be brief.", "Is it?"]


async def test_questions_of_two_cells_are_answered_one_after_the_other(server: RestServer, keep: Any) -> None:
    server.completions(written("One."), written("Two."))
    chat = keep(chat_with(server, spoken=False))
    await asyncio.gather(chat.ask("First?"), chat.ask("Second?"))
    assert [message["content"] for message in chat.messages] == ["First?", "One.", "Second?", "Two."]


async def test_a_closed_chat_takes_no_question(server: RestServer) -> None:
    async with chat_with(server) as chat:
        pass
    with pytest.raises(SessionClosedError):
        await chat.ask("Hello?")


async def test_a_reply_in_a_notebook_is_a_card_that_holds_no_sound(server: RestServer, keep: Any) -> None:
    server.completions(spoken("It rains.", PCM))
    chat = keep(chat_with(server))
    reply = await chat.ask("Weather?")
    data, metadata = reply._repr_mimebundle_()
    assert data["text/plain"] == "It rains."
    assert set(data) == {"text/plain", "application/vnd.jupyter.widget-view+json"}
    assert len(json.dumps([data, metadata])) < 500
    assert "sound" not in json.dumps(chat.messages)


@pytest.mark.parametrize("question", [{}, {"text": "a", "audio": b"b"}, {"text": " "}, {"text": "a", "rate": 1}])
async def test_a_question_is_one_text_or_one_sound(question: dict[str, Any]) -> None:
    async with AudioChat(endpoint="http://127.0.0.1:9/v1") as chat:
        with pytest.raises(ConfigurationError):
            await chat.ask(**question)


async def test_a_busy_cell_delays_no_answer(keep: Any) -> None:
    answered = threading.Event()

    async def last(request: web.Request) -> web.StreamResponse:
        response = await written("Two.")(request)
        answered.set()
        return response

    with rest_server_on_its_own_thread() as server:
        server.completions(calling(("call_1", "count", "{}")), last)
        chat = keep(chat_with(server, tools=[count], spoken=False))
        task = asyncio.create_task(chat.ask("Count."))
        await asyncio.sleep(0)  # the question is on its way
        assert answered.wait(20)  # meanwhile this loop does nothing else: both rounds are gone through
        assert (await task).text == "Two."


async def test_an_interrupted_cell_gives_up_its_question_and_its_calls(server: RestServer, keep: Any) -> None:
    begun = asyncio.Event()
    server.completions(calling(("call_1", "wait", "{}")), written("Hello."))
    chat = keep(chat_with(server, spoken=False))

    @chat.tool
    async def wait() -> None:
        """Wait for ever."""
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(chat.ask("Wait."))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    reply = await chat.ask("Hello?")
    assert reply.text == "Hello."
    assert [call.phase for call in chat.calls.values()] == ["ended"]
    assert "stopped" in (chat.calls["call_1"].result.error or "")
