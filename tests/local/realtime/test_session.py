"""The order of events over a real WebSocket: text, speech, push to talk, tools, interruption, cancel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pybase64

from tests.local.stand_ins import LONG, silence, tone

if TYPE_CHECKING:
    from tests.local.conftest import Client, Endpoint

ADDED = ["response.output_item.added", "conversation.item.added", "response.content_part.added"]
CLOSED = ["response.content_part.done", "conversation.item.done", "response.output_item.done", "response.done"]
AUDIO_DONE = ["response.output_audio.done", "response.output_audio_transcript.done"]
ITEM = ["conversation.item.added", "conversation.item.done"]
COMMITTED = ["input_audio_buffer.speech_stopped", "input_audio_buffer.committed", *ITEM]
SERVER_VAD = {"type": "server_vad"}


def transcribed() -> dict[str, object]:
    return {"input": {"transcription": {"model": "gpt-4o-transcribe"}}}


def without_deltas(types: list[str]) -> list[str]:
    return [kind for kind in types if not kind.endswith(".delta")]


async def test_text_turn(client: Client) -> None:
    await client.say("hi", output_modalities=["text"])
    done = await client.until("response.done")

    assert client.types(1) == [
        *ITEM,
        "response.created",
        *ADDED,
        "response.output_text.delta",
        "response.output_text.done",
        *CLOSED,
    ]
    deltas = [event["delta"] for event in client.of("response.output_text.delta")]
    assert "".join(deltas) == "You said: hi." == client.of("response.output_text.done")[0]["text"]
    assert done["response"]["output"][0]["content"] == [{"type": "output_text", "text": "You said: hi."}]
    assert done["response"]["status"] == "completed"


async def test_spoken_turn(client: Client) -> None:
    await client.configure(audio=transcribed())
    await client.append(silence(0.5) + tone(1.0) + silence(0.6))
    await client.until("response.done")

    assert without_deltas(client.types(2)) == [
        "input_audio_buffer.speech_started",
        *COMMITTED,
        "conversation.item.input_audio_transcription.completed",
        "response.created",
        *ADDED,
        *AUDIO_DONE,
        *CLOSED,
    ]
    started = client.of("input_audio_buffer.speech_started")[0]
    stopped = client.of("input_audio_buffer.speech_stopped")[0]
    assert abs(started["audio_start_ms"] - 200) < 40  # 300 ms before the tone
    assert abs(stopped["audio_end_ms"] - 1800) < 50  # 300 ms after it
    committed = client.of("input_audio_buffer.committed")[0]
    assert started["item_id"] == stopped["item_id"] == committed["item_id"]
    user = client.of("conversation.item.done")[0]["item"]
    assert user["content"] == [{"type": "input_audio", "transcript": None}]
    completed = client.of("conversation.item.input_audio_transcription.completed")[0]
    assert completed["transcript"] == "hello there"
    assert completed["usage"]["input_token_details"]["audio_tokens"] == 17
    answer = client.of("response.output_audio_transcript.done")[0]
    assert answer["transcript"] == "You said: hello there."


async def test_sound_and_words_of_an_answer_are_interleaved_and_complete(client: Client) -> None:
    await client.say("good morning")
    await client.until("response.done")

    kinds = [e["type"].split(".")[1] for e in client.events if e["type"].endswith(".delta")]
    assert kinds[:4] == ["output_audio_transcript", "output_audio"] * 2
    sound = b"".join(pybase64.b64decode(e["delta"]) for e in client.of("response.output_audio.delta"))
    assert sound == tone(0.5, 300)
    words = "".join(e["delta"] for e in client.of("response.output_audio_transcript.delta"))
    assert words == "You said: good morning."


async def test_push_to_talk(client: Client, endpoint: Endpoint) -> None:
    await client.configure(audio={"input": {"turn_detection": None}})
    await client.append(tone(0.4))
    await client.send("input_audio_buffer.commit")
    await client.send("response.create")
    await client.until("response.done")

    assert without_deltas(client.types(2)) == [
        "input_audio_buffer.committed",
        *ITEM,
        "response.created",
        *ADDED,
        *AUDIO_DONE,
        *CLOSED,
    ]
    assert endpoint.brain.requests[0].items[0]["content"][0]["transcript"] == "hello there"


async def test_tool_call_and_its_result(client: Client, endpoint: Endpoint) -> None:
    tools = [{"type": "function", "name": "weather", "parameters": {"type": "object"}}]
    await client.configure(tools=tools, output_modalities=["text"])
    await client.say("tool")
    done = await client.until("response.done")

    call = ["response.output_item.added", "conversation.item.added", "response.function_call_arguments.delta"]
    call_done = [
        "response.function_call_arguments.done",
        "conversation.item.done",
        "response.output_item.done",
    ]
    assert client.types(5) == [
        *ADDED,
        "response.output_text.delta",
        *call,
        *call,
        "response.output_text.done",
        *CLOSED[:3],
        *call_done,
        *call_done,
        "response.done",
    ]
    message, weather, clock = done["response"]["output"]
    assert message["content"][0]["text"] == "I will look."
    assert weather["arguments"] == '{"city": "Oslo", "days": 3, "unit": "celsius"}'
    deltas = client.of("response.function_call_arguments.delta")
    assert "".join(e["delta"] for e in deltas if e["output_index"] == 1) == weather["arguments"]
    assert {e["name"] for e in client.of("response.function_call_arguments.done")} == {"weather", "clock"}
    assert endpoint.brain.requests[0].tools == tools

    for item, output in ((weather, "rain"), (clock, "noon")):
        result = {"type": "function_call_output", "call_id": item["call_id"], "output": output}
        await client.send("conversation.item.create", item=result)
    await client.send("response.create")
    done = await client.until("response.done")
    assert done["response"]["output"][0]["content"][0]["text"] == "The result is noon."
    kinds = [item["type"] for item in endpoint.brain.requests[1].items]
    assert kinds == ["message", "message", *["function_call"] * 2, *["function_call_output"] * 2]


async def test_speech_interrupts_an_answer(client: Client, endpoint: Endpoint) -> None:
    endpoint.synthesiser.gate.clear()  # the second sentence is never made
    await client.say("long")
    delta = await client.until("response.output_audio.delta")
    await client.append(tone(0.5))
    started = await client.until("input_audio_buffer.speech_started")
    before = len(client.events)
    done = await client.until("response.done")

    assert without_deltas(client.types(before)) == [*AUDIO_DONE, *CLOSED]
    response = done["response"]
    assert response["status"] == "cancelled"
    assert response["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
    assert response["output"][0]["status"] == "incomplete"
    assert response["usage"]["output_token_details"]["audio_tokens"] == 10

    item_id = delta["item_id"]
    await client.send("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=250)
    await client.until("conversation.item.truncated", item_id=item_id, audio_end_ms=250)
    endpoint.synthesiser.gate.set()
    await client.append(silence(0.5))
    committed = await client.until("input_audio_buffer.committed")
    assert committed["item_id"] == started["item_id"]
    assert committed["previous_item_id"] == item_id
    second = await client.until("response.done")
    assert second["response"]["status"] == "completed"
    late = [e for e in client.events[before:] if e.get("response_id") == response["id"]]
    assert late[-1]["type"] == "response.output_item.done"
    # Half of the sentence's sound was heard: the answer is thought of with half of its words.
    heard = endpoint.brain.requests[-1].items[1]["content"][0]["transcript"]
    assert LONG[0].startswith(heard)
    assert heard == "Sentence number 0"


async def test_an_answer_may_be_told_not_to_be_interrupted(client: Client, endpoint: Endpoint) -> None:
    await client.configure(audio={"input": {"turn_detection": SERVER_VAD | {"interrupt_response": False}}})
    endpoint.synthesiser.gate.clear()
    await client.say("long")
    created = await client.until("response.created")
    await client.append(tone(0.5) + silence(0.5))
    error = (await client.until("error"))["error"]
    assert error["code"] == "conversation_already_has_active_response"
    endpoint.synthesiser.gate.set()
    done = await client.until("response.done")
    assert done["response"]["id"] == created["response"]["id"]
    assert done["response"]["status"] == "completed"


async def test_client_cancels_an_answer(client: Client, endpoint: Endpoint) -> None:
    endpoint.synthesiser.gate.clear()
    await client.say("long")
    await client.until("response.output_audio.delta")
    await client.send("response.cancel")
    before = len(client.events)
    done = await client.until("response.done")

    assert without_deltas(client.types(before)) == [*AUDIO_DONE, *CLOSED]
    assert done["response"]["status_details"] == {"type": "cancelled", "reason": "client_cancelled"}
    endpoint.synthesiser.gate.set()
    assert await client.settled() == []
    await client.say("again", output_modalities=["text"])
    assert (await client.until("response.done"))["response"]["status"] == "completed"


async def test_speech_without_an_answer_if_none_is_wanted(client: Client) -> None:
    await client.configure(audio={"input": {"turn_detection": SERVER_VAD | {"create_response": False}}})
    await client.append(tone(0.5) + silence(0.5))
    await client.until("conversation.item.done")
    assert await client.settled() == []


async def test_sound_without_words_becomes_an_item_and_no_answer(client: Client) -> None:
    await client.configure(audio=transcribed())
    await client.append(tone(0.5, 4000) + silence(0.5))
    completed = await client.until("conversation.item.input_audio_transcription.completed")
    assert completed["transcript"] == ""
    assert await client.settled() == []
    await client.send("conversation.item.retrieve", item_id=completed["item_id"])
    item = (await client.until("conversation.item.retrieved"))["item"]
    assert item["content"][0]["transcript"] == ""


async def test_a_language_nobody_knows_fails_the_transcription_in_plain_words(
    client: Client, endpoint: Endpoint
) -> None:
    await client.configure(audio={"input": {"transcription": {"model": "whisper-1", "language": "tlh"}}})
    await client.append(tone(0.5) + silence(0.5))
    failed = await client.until("conversation.item.input_audio_transcription.failed")
    assert failed["error"]["message"] == "no language 'tlh'; choose 'en'"
    assert await client.settled() == []


async def test_recognition_begins_in_the_pause(client: Client, endpoint: Endpoint) -> None:
    await client.append(tone(1.0) + silence(0.5))
    await client.until("response.done")
    [seconds] = endpoint.recogniser.heard_seconds  # once, and on less than was committed
    assert 1.0 < seconds < 1.1


async def test_a_pause_within_a_sentence_keeps_one_turn(client: Client, endpoint: Endpoint) -> None:
    await client.append(tone(0.5) + silence(0.2) + tone(0.5) + silence(0.5))
    await client.until("response.done")
    assert len(client.of("input_audio_buffer.committed")) == 1
    assert endpoint.brain.requests[0].items[0]["content"][0]["transcript"] == "hello there"


async def test_who_speaks_on_before_being_understood_gets_one_answer(client: Client, endpoint: Endpoint) -> None:
    endpoint.recogniser.gate.clear()
    await client.append(tone(0.5) + silence(0.5) + tone(0.5) + silence(0.5))
    await client.until("conversation.item.done")
    await client.until("conversation.item.done")
    endpoint.recogniser.gate.set()
    await client.until("response.done")
    assert await client.settled() == []
    assert len(client.of("response.created")) == 1
    heard = [item["content"][0]["transcript"] for item in endpoint.brain.requests[0].items]
    assert heard == ["hello there", "hello there"]


async def test_a_cough_after_a_sentence_does_not_take_its_answer_away(client: Client, endpoint: Endpoint) -> None:
    endpoint.recogniser.gate.clear()
    await client.append(tone(0.5) + silence(0.5) + tone(0.3, 4000) + silence(0.5))
    await client.until("conversation.item.done")
    await client.until("conversation.item.done")
    endpoint.recogniser.gate.set()
    await client.until("response.done")
    heard = [item["content"][0]["transcript"] for item in endpoint.brain.requests[0].items]
    assert heard == ["hello there"]


async def test_an_answer_that_a_cough_cut_is_made_again(client: Client, endpoint: Endpoint) -> None:
    endpoint.synthesiser.free = 0
    endpoint.synthesiser.gate.clear()
    await client.append(tone(0.5) + silence(0.5))
    first = await client.until("response.content_part.added")
    await client.append(tone(0.3, 4000) + silence(0.5))
    cancelled = (await client.until("response.done"))["response"]
    assert cancelled["id"] == first["response_id"]
    endpoint.synthesiser.gate.set()
    completed = (await client.until("response.done"))["response"]
    assert completed["status"] == "completed"
    assert completed["output"][0]["content"][0]["transcript"] == "You said: hello there."


async def test_commit_by_hand_ends_the_turn_under_way(client: Client) -> None:
    await client.append(tone(0.5))
    started = await client.until("input_audio_buffer.speech_started")
    await client.send("input_audio_buffer.commit")
    committed = await client.until("input_audio_buffer.committed")
    assert committed["item_id"] == started["item_id"]
    await client.append(silence(0.5) + tone(0.5))
    again = await client.until("input_audio_buffer.speech_started")
    assert again["item_id"] != started["item_id"]
    assert again["audio_start_ms"] > 650


async def test_turn_detection_can_be_switched_in_the_middle(client: Client) -> None:
    await client.configure(audio={"input": {"turn_detection": None}})
    await client.append(tone(0.5) + silence(0.5))
    assert await client.settled() == []
    await client.configure(audio={"input": {"turn_detection": {"type": "semantic_vad", "eagerness": "high"}}})
    await client.append(silence(0.5) + tone(0.5) + silence(0.5))
    started = await client.until("input_audio_buffer.speech_started")
    assert abs(started["audio_start_ms"] - 1200) < 40
    assert (await client.until("response.done"))["response"]["status"] == "completed"


async def test_out_of_band_response_runs_beside_the_conversation(client: Client, endpoint: Endpoint) -> None:
    endpoint.synthesiser.gate.clear()
    await client.say("long")
    await client.until("response.output_audio.delta")
    given = [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "aside"}]}]
    options = {
        "conversation": "none",
        "metadata": {"purpose": "aside"},
        "output_modalities": ["text"],
        "input": given,
        "instructions": "Be brief.",
    }
    before = len(client.events)
    await client.send("response.create", response=options)
    created = await client.until("response.created")
    done = await client.until("response.done")

    assert done["response"]["id"] == created["response"]["id"]
    assert done["response"]["conversation_id"] is None
    assert done["response"]["metadata"] == {"purpose": "aside"}
    assert done["response"]["output"][0]["content"][0]["text"] == "You said: aside."
    assert not [e for e in client.events[before:] if e["type"].startswith("conversation.item")]
    request = endpoint.brain.requests[-1]
    assert request.instructions == "Be brief."
    assert request.metadata == {"purpose": "aside"}
    await client.send("response.cancel")
    await client.until("response.done")
    await client.send("conversation.item.retrieve", item_id=done["response"]["output"][0]["id"])
    assert (await client.until("error"))["error"]["code"] == "item_retrieve_invalid_item_id"


async def test_an_answer_that_fails_says_why(client: Client) -> None:
    await client.say("fail")
    response = (await client.until("response.done"))["response"]
    assert response["status"] == "failed"
    assert response["status_details"]["error"]["code"] == "server_error"
    assert "the brain broke" in response["status_details"]["error"]["message"]
    await client.say("hi", output_modalities=["text"])
    assert (await client.until("response.done"))["response"]["status"] == "completed"


async def test_answer_stops_at_the_limit_of_output_tokens(client: Client) -> None:
    await client.say("long", max_output_tokens=25, output_modalities=["text"])
    response = (await client.until("response.done"))["response"]
    assert response["status"] == "incomplete"
    assert response["status_details"] == {"type": "incomplete", "reason": "max_output_tokens"}
    assert response["usage"]["output_tokens"] in (25, 26, 27)
    assert response["max_output_tokens"] == 25


async def test_usage_counts_the_repeated_prefix_as_cached(client: Client) -> None:
    await client.configure(instructions="Answer in one short sentence, please.", output_modalities=["text"])
    await client.say("first question")
    first = (await client.until("response.done"))["response"]["usage"]
    await client.say("second question")
    second = (await client.until("response.done"))["response"]["usage"]

    assert first["input_token_details"]["cached_tokens"] == 0
    assert second["input_token_details"]["cached_tokens"] == first["input_tokens"]
    assert second["input_tokens"] > first["input_tokens"] + first["output_tokens"]
    assert first["total_tokens"] == first["input_tokens"] + first["output_tokens"]


async def test_two_sessions_do_not_meet(endpoint: Endpoint) -> None:
    one, two = await endpoint.connect(), await endpoint.connect()
    endpoint.synthesiser.free = 1000
    await one.configure(instructions="one")
    await one.say("for one")
    await two.append(tone(0.5) + silence(0.5))
    await two.until("response.done")
    await one.until("response.done")
    assert one.of("response.output_audio_transcript.done")[0]["transcript"] == "You said: for one."
    assert two.of("response.output_audio_transcript.done")[0]["transcript"] == "You said: hello there."
    assert sorted(request.instructions for request in endpoint.brain.requests) == ["", "one"]
