"""What is sent of the conversation with every question, and shown of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from realtime_widgets import ConnectionFailedError
from tests.chat.chats import PCM, chat_with, count
from tests.chat.rest_server import calling, refusal, spoken, whole, written

if TYPE_CHECKING:
    from tests.chat.rest_server import RestServer


async def test_earlier_speech_stands_by_its_id_while_the_service_knows_it(server: RestServer, keep: Any) -> None:
    server.completions(
        spoken("One.", PCM, "audio_a"), spoken("Two.", PCM, "audio_b", expires_at=1.0), spoken("3", PCM)
    )
    chat = keep(chat_with(server))
    for question in ("First?", "Second?", "Third?"):
        await chat.ask(question)
    _, _, first, _, second, _ = server.asked[2]["messages"]
    assert first == {"role": "assistant", "content": None, "audio": {"id": "audio_a"}}
    assert second == {"role": "assistant", "content": "Two."}  # its sound has expired


async def test_speech_that_the_service_forgot_early_is_sent_as_words(server: RestServer, keep: Any) -> None:
    server.completions(
        spoken("One.", PCM, "audio_a"), refusal(400, "No audio with id 'audio_a' found."), spoken("Two.", PCM)
    )
    chat = keep(chat_with(server))
    await chat.ask("First?")
    reply = await chat.ask("Second?")
    assert reply.text == "Two."
    assert server.asked[2]["messages"][2] == {"role": "assistant", "content": "One."}


async def test_what_tools_did_is_remembered_when_the_answer_fails(server: RestServer, keep: Any) -> None:
    server.completions(calling(("call_1", "count", "{}")), whole({"oops": 1}, 500), written("One."))
    chat = keep(chat_with(server, tools=[count], spoken=False))
    with pytest.raises(ConnectionFailedError, match="HTTP 500"):
        await chat.ask("Count.")
    await chat.ask("And?")
    assert [message["role"] for message in server.asked[2]["messages"]] == [
        "system",
        "user",
        "assistant",
        "tool",
        "user",
    ]


async def test_the_messages_show_spoken_questions_without_their_sound(server: RestServer, keep: Any) -> None:
    server.completions(written("Hm."))
    chat = keep(chat_with(server, spoken=False))
    await chat.ask(audio=np.zeros(24_000), rate=24_000)
    assert chat.messages[0]["content"].endswith("bytes of sound]")
    chat.clear()
    assert chat.messages == []
