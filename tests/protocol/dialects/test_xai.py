"""xAI's dialect: transcripts that grow, places that it leaves out, and its usage."""

from __future__ import annotations

from realtime_widgets.protocol.wire.codec import Codec
from tests.core.wire import message
from tests.protocol.exchange import CAN_ALL, read


def test_a_growing_transcript_becomes_its_new_words() -> None:
    codec = Codec("xai", CAN_ALL)
    kind = "conversation.item.input_audio_transcription"
    said = ["How", "How late", "How late", "Now late", "How late is it"]
    events = [event for words in said for event in read(codec, f"{kind}.updated", item_id="u1", transcript=words)]
    assert [(event.type, event.delta, event.content_index) for event in events] == [
        (f"{kind}.delta", "How", 0),
        (f"{kind}.delta", " late", 0),
        (f"{kind}.delta", " is it", 0),
    ]
    [done] = read(codec, f"{kind}.completed", item_id="u1", transcript="Now late is it")
    assert done.transcript == "Now late is it"


def test_a_transcript_that_is_completed_at_a_pause_is_no_final_one() -> None:
    codec = Codec("xai", CAN_ALL)
    kind = "conversation.item.input_audio_transcription"
    [more] = read(codec, f"{kind}.completed", item_id="u1", transcript="Hello?", status="in_progress")
    assert (more.type, more.delta) == (f"{kind}.delta", "Hello?")
    assert read(codec, f"{kind}.completed", item_id="u1", transcript="Hello, I am", status="in_progress") == []
    [done] = read(codec, f"{kind}.completed", item_id="u1", transcript="Hello, I am Ada.", status="completed")
    assert (done.type, done.transcript) == (f"{kind}.completed", "Hello, I am Ada.")


def test_the_usage_beside_a_response_becomes_that_of_the_response() -> None:
    codec = Codec("xai", CAN_ALL)
    used = {"input_tokens": 7, "output_tokens": 113}
    [done] = read(codec, "response.done", response={"id": "r1", "usage": {}}, usage=used)
    assert done.response["usage"] == used


def test_places_that_xai_leaves_out_are_told_by_the_order_of_items() -> None:
    codec = Codec("xai", CAN_ALL)
    read(codec, "response.created", response={"id": "r1"})
    first, second = message("a1"), message("a2")
    read(codec, "response.output_item.added", response_id="r1", item=first)
    [other] = read(codec, "response.output_item.added", response_id="r1", item=second)
    [part] = read(codec, "response.content_part.added", response_id="r1", item_id="a2")
    [delta] = read(codec, "response.output_audio.delta", response_id="r1", item_id="a1", delta="")
    assert (other.output_index, part.output_index, part.part, delta.output_index) == (1, 1, {"type": "audio"}, 0)
    [done] = read(codec, "response.done", response={"id": "r1", "usage": {}})
    assert done.response["usage"] is None
