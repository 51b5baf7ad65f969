"""What the endpoint refuses, in the service's words, while the session goes on."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.stand_ins import tone

if TYPE_CHECKING:
    from tests.local.conftest import Client, Endpoint


def user(text: str = "x", **fields: Any) -> dict[str, Any]:
    content = [{"type": "input_text", "text": text}]
    return {"type": "message", "role": "user", "content": content, **fields}


def session(**fields: Any) -> dict[str, Any]:
    return {"type": "session.update", "session": {"type": "realtime", **fields}}


def vad(**fields: Any) -> dict[str, Any]:
    return session(audio={"input": {"turn_detection": {"type": "server_vad", **fields}}})


def create(item: Any, **fields: Any) -> dict[str, Any]:
    return {"type": "conversation.item.create", "item": item, **fields}


def respond(**fields: Any) -> dict[str, Any]:
    return {"type": "response.create", "response": fields}


INVALID, MISSING, UNKNOWN = "invalid_value", "missing_required_parameter", "unknown_parameter"
REFUSED = [
    ({"type": "session.start"}, INVALID, "type"),
    ({"type": 5}, INVALID, "type"),
    ({"type": None}, INVALID, "type"),
    ({}, MISSING, "type"),
    ({"type": "response.cancel"}, "response_cancel_not_active", "response_id"),
    ({"type": "response.cancel", "response_id": "resp_x"}, "response_cancel_not_active", "response_id"),
    ({"type": "response.cancel", "response_id": 5}, INVALID, "response_id"),
    ({"type": "output_audio_buffer.clear"}, INVALID, "type"),
    ({"type": "input_audio_buffer.commit"}, "input_audio_buffer_commit_empty", None),
    ({"type": "input_audio_buffer.commit", "when": "now"}, UNKNOWN, "when"),
    ({"type": "input_audio_buffer.append"}, MISSING, "audio"),
    ({"type": "input_audio_buffer.append", "audio": [1]}, INVALID, "audio"),
    ({"type": "input_audio_buffer.append", "audio": "not base64!"}, INVALID, "audio"),
    # The session's configuration
    ({"type": "session.update"}, MISSING, "session"),
    ({"type": "session.update", "session": []}, INVALID, "session"),
    ({"type": "session.update", "session": {"instructions": "x"}}, MISSING, "session.type"),
    ({"type": "session.update", "session": {"type": "transcription"}}, INVALID, "session.type"),
    ({"type": "session.update", "session": {"type": "translation"}}, INVALID, "session.type"),
    (session(reasoning={"effort": "heroic"}), INVALID, "session.reasoning.effort"),
    (session(truncation="never"), INVALID, "session.truncation"),
    (session(truncation={"type": "retention_ratio"}), MISSING, "session.truncation.retention_ratio"),
    (session(tracing="on"), INVALID, "session.tracing"),
    (session(include=["everything"]), INVALID, "session.include[0]"),
    (session(instructions="a b " * 20_000), INVALID, "session.instructions"),
    (
        session(audio={"input": {"noise_reduction": {"strength": 0.5}}}),
        INVALID,
        "session.audio.input.noise_reduction.type",
    ),
    (
        session(audio={"input": {"noise_reduction": {"type": "underwater"}}}),
        INVALID,
        "session.audio.input.noise_reduction.type",
    ),
    (
        session(audio={"input": {"transcription": {"model": "whisper-1", "delay": "low"}}}),
        INVALID,
        "session.audio.input.transcription.delay",
    ),
    (
        session(audio={"input": {"transcription": {"model": "whisper-1", "keywords": ["x"]}}}),
        INVALID,
        "session.audio.input.transcription.keywords",
    ),
    (
        session(audio={"input": {"transcription": {"model": "gpt-4o-transcribe-diarize", "prompt": "x"}}}),
        INVALID,
        "session.audio.input.transcription.prompt",
    ),
    (session(modalities=["text"]), UNKNOWN, "session.modalities"),
    (session(temperature=0.8), UNKNOWN, "session.temperature"),
    (session(output_modalities=["text", "audio"]), INVALID, "session.output_modalities"),
    (session(output_modalities=["smell"]), INVALID, "session.output_modalities[0]"),
    (session(instructions=7), INVALID, "session.instructions"),
    (session(max_output_tokens=0), INVALID, "session.max_output_tokens"),
    (session(max_output_tokens="lots"), INVALID, "session.max_output_tokens"),
    (session(prompt={"id": "pmpt_1"}), INVALID, "session.prompt"),
    (session(audio={"voice": "marin"}), UNKNOWN, "session.audio.voice"),
    (session(audio={"output": {"voice": "bob"}}), INVALID, "session.audio.output.voice"),
    (session(audio={"output": {"voice": {"id": "voice_1"}}}), INVALID, "session.audio.output.voice"),
    (session(audio={"output": {"speed": 2}}), INVALID, "session.audio.output.speed"),
    (session(audio={"input": {"format": {"type": "audio/opus"}}}), INVALID, "session.audio.input.format.type"),
    (
        session(audio={"input": {"format": {"type": "audio/pcm", "rate": 16000}}}),
        INVALID,
        "session.audio.input.format.rate",
    ),
    (vad(threshold=1.5), INVALID, "session.audio.input.turn_detection.threshold"),
    (vad(silence_duration_ms="long"), INVALID, "session.audio.input.turn_detection.silence_duration_ms"),
    (vad(eagerness="high"), UNKNOWN, "session.audio.input.turn_detection.eagerness"),
    (vad(idle_timeout_ms=4999), INVALID, "session.audio.input.turn_detection.idle_timeout_ms"),
    (vad(idle_timeout_ms=30_001), INVALID, "session.audio.input.turn_detection.idle_timeout_ms"),
    (
        session(audio={"input": {"turn_detection": {"type": "semantic_vad", "idle_timeout_ms": 6000}}}),
        UNKNOWN,
        "session.audio.input.turn_detection.idle_timeout_ms",
    ),
    (
        session(audio={"input": {"turn_detection": {"threshold": 0.5}}}),
        MISSING,
        "session.audio.input.turn_detection.type",
    ),
    (session(tools=[{"type": "function"}]), MISSING, "session.tools[0].name"),
    (session(tools=[{"type": "function", "name": "a b"}]), INVALID, "session.tools[0].name"),
    (session(tools=[{"type": "mcp"}]), MISSING, "session.tools[0].server_label"),
    (session(tool_choice="always"), INVALID, "session.tool_choice"),
    # Items
    (create("x"), INVALID, "item"),
    (create({"role": "user", "content": []}), MISSING, "item.type"),
    (create({"type": "poem"}), INVALID, "item.type"),
    (create({"type": "message", "content": []}), MISSING, "item.role"),
    (create({"type": "message", "role": "robot", "content": []}), INVALID, "item.role"),
    (create({"type": "message", "role": "user"}), MISSING, "item.content"),
    (create({"type": "message", "role": "user", "content": []}), INVALID, "item.content"),
    (create(user(mood="good")), UNKNOWN, "item.mood"),
    (create(user(id="i" * 33)), "string_above_max_length", "item.id"),
    (
        create({"type": "message", "role": "user", "content": [{"type": "output_text", "text": "x"}]}),
        INVALID,
        "item.content[0].type",
    ),
    (
        create({"type": "message", "role": "user", "content": [{"type": "input_audio", "audio": "?"}]}),
        INVALID,
        "item.content[0].audio",
    ),
    (
        create(
            {
                "type": "message",
                "role": "user",
                "content": [{"type": "input_image", "image_url": "data:image/png;base64,AAAA"}],
            }
        ),
        INVALID,
        "item.content[0].image_url",
    ),
    (
        create({"type": "message", "role": "assistant", "content": [{"type": "output_audio", "audio": "AAAA"}]}),
        INVALID,
        "item.content[0].type",
    ),
    (
        create({"type": "function_call_output", "call_id": "call_x", "output": "1"}),
        "invalid_tool_call_id",
        "item.call_id",
    ),
    (create(user(), previous_item_id="item_x"), INVALID, "previous_item_id"),
    (
        {"type": "conversation.item.retrieve", "item_id": "item_x"},
        "item_retrieve_invalid_item_id",
        "item_id",
    ),
    ({"type": "conversation.item.delete", "item_id": "item_x"}, "item_delete_invalid_item_id", "item_id"),
    ({"type": "conversation.item.delete"}, MISSING, "item_id"),
    (
        {
            "type": "conversation.item.truncate",
            "item_id": "item_x",
            "content_index": 0,
            "audio_end_ms": 0,
        },
        "item_truncate_invalid_item_id",
        "item_id",
    ),
    (
        {
            "type": "conversation.item.truncate",
            "item_id": "item_x",
            "content_index": 0,
            "audio_end_ms": 1.5,
        },
        INVALID,
        "audio_end_ms",
    ),
    # Responses
    ({"type": "response.create", "response": "now"}, INVALID, "response"),
    (respond(conversation="other"), INVALID, "response.conversation"),
    (respond(modalities=["text"]), UNKNOWN, "response.modalities"),
    (respond(metadata={"k": "v" * 513}), "string_above_max_length", "response.metadata[...]"),
    (respond(metadata={str(n): "v" for n in range(17)}), INVALID, "response.metadata"),
    (respond(input=[{"type": "item_reference", "id": "item_x"}]), "invalid_value", "item_id"),
    (respond(input=[{"type": "message"}]), MISSING, "response.input[0].role"),
    (respond(audio={"output": {"voice": "bob"}}), INVALID, "response.audio.output.voice"),
    (respond(tool_choice={"type": "function", "name": "nobody"}), INVALID, "response.tool_choice"),
    (
        respond(tool_choice={"type": "mcp", "server_label": "x"}),
        INVALID,
        "response.tool_choice",
    ),
    (respond(prompt={"id": "pmpt_1"}), INVALID, "response.prompt"),
    (respond(reasoning={"effort": "heroic"}), INVALID, "response.reasoning.effort"),
]


@pytest.mark.parametrize(("event", "code", "param"), REFUSED)
async def test_refusal(client: Client, event: dict[str, Any], code: str, param: str | None) -> None:
    await client.socket.send_json({"event_id": "mine", **event})
    error = await client.refused()
    assert (error["code"], error["param"]) == (code, param)
    assert error["type"] == "invalid_request_error"
    assert error["event_id"] == "mine"
    assert error["message"]
    # Nothing was changed, and the session lives.
    await client.say("hi", output_modalities=["text"])
    assert (await client.until("response.done"))["response"]["status"] == "completed"


async def test_only_one_response_at_a_time_in_the_conversation(client: Client, endpoint: Endpoint) -> None:
    endpoint.synthesiser.gate.clear()
    await client.say("long")
    await client.until("response.output_audio.delta")
    await client.send("response.create", event_id="second")
    error = (await client.until("error"))["error"]
    assert error["code"] == "conversation_already_has_active_response"
    assert error["event_id"] == "second"
    await client.send("response.cancel")
    assert (await client.until("response.done"))["response"]["status"] == "cancelled"


async def test_commit_needs_a_tenth_of_a_second(client: Client) -> None:
    await client.configure(audio={"input": {"turn_detection": None}})
    await client.append(tone(0.09))
    await client.send("input_audio_buffer.commit")
    error = await client.refused()
    assert error["code"] == "input_audio_buffer_commit_empty"
    assert "90.00ms" in error["message"]
    await client.append(tone(0.01))
    await client.send("input_audio_buffer.commit")
    await client.until("input_audio_buffer.committed")
    await client.append(tone(0.5))
    await client.send("input_audio_buffer.clear")
    await client.send("input_audio_buffer.commit")
    error = (await client.until("error"))["error"]
    assert error["code"] == "input_audio_buffer_commit_empty"


async def test_voice_is_fixed_once_it_was_heard(client: Client) -> None:
    await client.configure(audio={"output": {"voice": "cedar"}})
    await client.say("hi")
    await client.until("response.done")
    await client.configure(audio={"output": {"voice": "cedar"}})
    await client.socket.send_json(session(audio={"output": {"voice": "marin"}}))
    error = await client.refused()
    assert (error["code"], error["param"]) == ("cannot_update_voice", "session.audio.output.voice")
    await client.send("response.create", response={"audio": {"output": {"voice": "marin"}}})
    error = await client.refused()
    assert (error["code"], error["param"]) == ("cannot_update_voice", "response.audio.output.voice")


async def test_truncation_refuses_what_cannot_be_cut(client: Client) -> None:
    await client.say("hi")
    done = await client.until("response.done")
    answer = done["response"]["output"][0]["id"]
    question = client.of("conversation.item.added")[0]["item"]["id"]

    async def truncate(item_id: str, content_index: int, audio_end_ms: int) -> dict[str, Any]:
        fields = {"item_id": item_id, "content_index": content_index, "audio_end_ms": audio_end_ms}
        await client.send("conversation.item.truncate", **fields)
        return await client.refused()

    assert (await truncate(question, 0, 0))["code"] == "unsupported_content_type"
    assert (await truncate(answer, 1, 0))["param"] == "content_index"
    assert (await truncate(answer, 0, -1))["param"] == "audio_end_ms"
    error = await truncate(answer, 0, 501)
    assert error["code"] == "invalid_value"
    assert "already shorter than" in error["message"]
    await client.send("conversation.item.truncate", item_id=answer, content_index=0, audio_end_ms=500)
    assert (await client.receive())["type"] == "conversation.item.truncated"


async def test_truncated_answer_loses_sound_and_transcript(client: Client) -> None:
    await client.say("hi")
    answer = (await client.until("response.done"))["response"]["output"][0]["id"]
    await client.send("conversation.item.truncate", item_id=answer, content_index=0, audio_end_ms=100)
    await client.until("conversation.item.truncated")
    await client.send("conversation.item.retrieve", item_id=answer)
    [part] = (await client.until("conversation.item.retrieved"))["item"]["content"]
    assert part["transcript"] is None
    assert len(base64.b64decode(part["audio"])) == 4800


async def test_spoken_item_can_be_retrieved_with_its_sound(client: Client) -> None:
    await client.configure(audio={"input": {"turn_detection": None}})
    await client.append(tone(0.3))
    await client.send("input_audio_buffer.commit")
    item_id = (await client.until("input_audio_buffer.committed"))["item_id"]
    await client.send("conversation.item.retrieve", item_id=item_id)
    [part] = (await client.until("conversation.item.retrieved"))["item"]["content"]
    assert base64.b64decode(part["audio"]) == tone(0.3)


async def test_items_go_where_the_client_puts_them(client: Client, endpoint: Endpoint) -> None:
    for name, after in (("b", None), ("d", None), ("a", "root"), ("c", "b")):
        await client.socket.send_json(create(user(name, id=name), previous_item_id=after))
        done = await client.until("conversation.item.done")
        assert done["previous_item_id"] == {"b": None, "d": "b", "a": None, "c": "b"}[name]
    await client.socket.send_json(create(user("again", id="c")))
    assert (await client.refused())["param"] == "item.id"
    await client.send("conversation.item.delete", item_id="b")
    assert (await client.until("conversation.item.deleted"))["item_id"] == "b"
    await client.send("response.create")
    await client.until("response.done")
    assert [item["id"] for item in endpoint.brain.requests[0].items] == ["a", "c", "d"]


async def test_recordings_in_items_are_understood(client: Client, endpoint: Endpoint) -> None:
    audio = base64.b64encode(tone(1.0)).decode()
    item = {"type": "message", "role": "user", "content": [{"type": "input_audio", "audio": audio}]}
    await client.socket.send_json(create(item))
    await client.send("response.create", response={"output_modalities": ["text"]})
    done = await client.until("response.done")
    assert done["response"]["output"][0]["content"][0]["text"] == "You said: hello there."
    await client.send(
        "response.create", response={"conversation": "none", "input": [item], "output_modalities": ["text"]}
    )
    done = await client.until("response.done")
    assert done["response"]["output"][0]["content"][0]["text"] == "You said: hello there."


async def test_telephone_sound_both_ways(client: Client) -> None:
    ulaw = {"format": {"type": "audio/pcmu"}}
    await client.configure(audio={"input": ulaw, "output": ulaw})
    quiet = b"\xff" * 4000
    low = (bytes([0x10] * 8 + [0x90] * 8)) * 500
    await client.append(low + quiet, block_ms=20)
    stopped = await client.until("input_audio_buffer.speech_stopped")
    assert abs(stopped["audio_end_ms"] - 1300) < 50
    done = await client.until("response.done")
    assert done["response"]["audio"]["output"]["format"] == {"type": "audio/pcmu"}
    sound = b"".join(base64.b64decode(e["delta"]) for e in client.of("response.output_audio.delta"))
    assert abs(len(sound) - 4000) < 200
