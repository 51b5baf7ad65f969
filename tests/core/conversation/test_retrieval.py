"""Items as the service has them, with their sound."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from realtime_widgets.errors import ItemNotFoundError, SessionClosedError
from realtime_widgets.testing import ScriptedServer, Talk, cut, emit, expect, reconnect, stall
from tests.session.watching import notices

if TYPE_CHECKING:
    from tests.conftest import Open

PCM = np.array([0, 16384, -32768], "<i2").tobytes()


def item(item_id: str, *content: dict[str, Any], role: str = "assistant") -> dict[str, Any]:
    fields = {"object": "realtime.item", "type": "message", "status": "completed"}
    return {"id": item_id, "role": role, "content": list(content), **fields}


def spoken(item_id: str, words: str) -> dict[str, Any]:
    sound = {"type": "output_audio", "audio": base64.b64encode(PCM).decode(), "transcript": words}
    return item(item_id, sound)


def asked_for(item_id: str) -> Any:
    return expect("conversation.item.retrieve", item_id=item_id)


async def test_an_item_with_its_sound(connect: Open) -> None:
    talk = Talk()
    steps = [*talk.start(), asked_for("a1"), emit("conversation.item.retrieved", item=spoken("a1", "Noon."))]
    async with ScriptedServer(steps) as server:
        found = await connect(server).retrieve("a1")
        assert (found.id, found.kind, found.role, found.status) == ("a1", "message", "assistant", "completed")
        assert (found.text, found.rate) == ("Noon.", 24_000)
        np.testing.assert_array_equal(found.audio, np.array([0, 0.5, -1], np.float32))
        assert found.data["content"][0]["type"] == "output_audio"
        assert "AAAA" not in repr(found)


async def test_a_call_and_its_output_have_words_and_no_sound(connect: Open) -> None:
    call = {"id": "f1", "type": "function_call", "status": "completed", "name": "f", "arguments": '{"x": 1}'}
    output = {"id": "o1", "type": "function_call_output", "call_id": "c", "output": "42"}
    steps = [
        *Talk().start(),
        *(asked_for("f1"), emit("conversation.item.retrieved", item=call)),
        *(asked_for("o1"), emit("conversation.item.retrieved", item=output)),
    ]
    async with ScriptedServer(steps) as server:
        session = connect(server)
        found = [await session.retrieve("f1"), await session.retrieve("o1")]
        assert [(each.kind, each.text, each.audio.size) for each in found] == [
            ("function_call", '{"x": 1}', 0),
            ("function_call_output", "42", 0),
        ]


async def test_several_at_once_and_the_same_one_twice(connect: Open) -> None:
    came = [emit("conversation.item.retrieved", item=spoken(each, f"I am {each}.")) for each in ("b", "a", "a")]
    steps = [*Talk().start(), asked_for("a"), asked_for("b"), asked_for("a"), *came]
    async with ScriptedServer(steps) as server:
        session = connect(server)
        found = await asyncio.gather(*(session.retrieve(each) for each in ("a", "b", "a")))
        assert [each.text for each in found] == ["I am a.", "I am b.", "I am a."]


async def test_an_unknown_item_is_the_callers_error_and_no_notice(connect: Open) -> None:
    def refusal(matched: Any) -> dict[str, Any]:
        return {
            "type": "invalid_request_error",
            "code": "item_retrieve_invalid_item_id",
            "message": "no such item",
            "event_id": matched[-1]["event_id"],
        }

    steps = [*Talk().start(), asked_for("gone"), emit("error", error=refusal)]
    async with ScriptedServer(steps) as server:
        session = connect(server)
        with pytest.raises(ItemNotFoundError, match="the service has no item 'gone': no such item"):
            await session.retrieve("gone")
        assert notices(session) == []
        assert session.state == "listening"


async def test_a_server_that_does_not_say_which_event_its_error_is_about(connect: Open) -> None:
    refusal = {"type": "invalid_request_error", "code": "invalid_value", "param": "item_id", "message": "unknown"}
    steps = [*Talk().start(), asked_for("gone"), emit("error", error=refusal)]
    async with ScriptedServer(steps) as server:
        session = connect(server, capabilities={"event_id_echo": False})
        with pytest.raises(ItemNotFoundError, match="no item 'gone': unknown"):
            await session.retrieve("gone")


async def test_a_server_that_never_answers_is_waited_for_no_longer_than_said(connect: Open) -> None:
    async with ScriptedServer([*Talk().start(), asked_for("a1"), stall()]) as server:
        session = connect(server)
        with pytest.raises(ItemNotFoundError, match=r"did not send the item 'a1' within 0.05 s"):
            await session.retrieve("a1", limit=0.05)
        server.resume()


async def test_sound_that_cannot_be_decoded_is_told(connect: Open) -> None:
    broken = item("a1", {"type": "output_audio", "audio": "%%%", "transcript": "x"})
    async with ScriptedServer(
        [*Talk().start(), asked_for("a1"), emit("conversation.item.retrieved", item=broken)]
    ) as server:
        with pytest.raises(ItemNotFoundError, match="cannot be decoded"):
            await connect(server).retrieve("a1")


async def test_a_lost_connection_and_a_closed_session_end_the_wait(connect: Open) -> None:
    steps = [*Talk().start(), asked_for("a1"), cut(), reconnect(), *Talk().start(), asked_for("a1"), stall()]
    async with ScriptedServer(steps) as server:
        session = connect(server)
        with pytest.raises(ItemNotFoundError, match="the connection was lost before the item 'a1' came"):
            await session.retrieve("a1")
        waiting = asyncio.create_task(session.retrieve("a1"))
        await server.stalled()
        await session.close()
        with pytest.raises(SessionClosedError, match="this session is over"):
            await waiting
