from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.core.conversation.items import Conversation
from tests.core.wire import (
    added,
    audio,
    call,
    committed,
    created,
    done,
    event,
    finished,
    heard_words,
    message,
    output_added,
    output_done,
    speech_started,
    text,
    words,
)

SPOKEN = {"type": "input_audio", "transcript": None}


def folded(*events: object) -> Conversation:
    conversation = Conversation()
    for each in events:
        conversation.apply(each)  # type: ignore[arg-type]
    return conversation


@given(st.integers(1, 8).flatmap(lambda length: st.permutations(range(length))))
def test_order_follows_the_links_in_whatever_order_the_items_come(order: list[int]) -> None:
    """Invariant 3."""
    conversation = folded(*(added(message(f"i{n}", "user"), f"i{n - 1}" if n else None) for n in order))
    assert conversation.order == [f"i{n}" for n in range(len(order))]


@given(
    st.integers(2, 7).flatmap(
        lambda length: st.tuples(st.permutations(range(length)), st.permutations(range(length)))
    )
)
def test_order_holds_when_the_links_are_repeated_as_items_end(orders: tuple[list[int], list[int]]) -> None:
    """Invariant 3."""
    conversation = Conversation()
    for make, order in zip((added, done), orders, strict=True):
        for n in order:
            conversation.apply(make(message(f"i{n}", "user"), f"i{n - 1}" if n else None))
    assert conversation.order == [f"i{n}" for n in range(len(orders[0]))]


def test_items_without_links_stand_in_the_order_they_came() -> None:
    conversation = folded(added(message("u1", "user")), added(message("a1")), added(message("u2", "user")))
    assert conversation.order == ["u1", "a1", "u2"]


def test_root_puts_an_item_first() -> None:
    conversation = folded(added(message("u1", "user")), added(message("s1", "system"), "root"))
    assert conversation.order == ["s1", "u1"]


def test_a_repeated_link_leaves_what_was_put_in_between() -> None:
    conversation = folded(
        added(message("u1", "user")),
        added(message("a1"), "u1"),
        added(message("note", "system"), "u1"),
        done(message("a1", status="completed"), "u1"),
    )
    assert conversation.order == ["u1", "note", "a1"]


def test_a_call_of_the_cut_answer_stands_before_the_words_that_cut_it() -> None:
    conversation = folded(
        added(message("a1")),
        speech_started("u2"),
        added(call("f1", "c1"), "a1"),
        committed("u2", "f1"),
    )
    assert conversation.order == ["a1", "f1", "u2"]


def test_speech_has_its_place_before_its_words_are_known() -> None:
    conversation = folded(
        speech_started("u1"), created("r1"), output_added("r1", message("a1")), words("a1", "Hi")
    )
    assert conversation.order == ["u1", "a1"]
    user = conversation.items["u1"]
    assert (user.role, user.spoken, user.text, user.state) == ("user", True, "", "in_progress")
    conversation.apply(done(message("u1", "user", SPOKEN, status="completed")))
    assert user.state == "in_progress"
    conversation.apply(heard_words("u1", " Hello there \n"))
    assert (user.text, user.state) == ("Hello there", "completed")
    assert conversation.order == ["u1", "a1"]


def test_what_the_client_put_in_is_whole_without_a_word_of_its_end() -> None:
    """xAI and several other servers send no `conversation.item.done`."""
    output = {"id": "o1", "type": "function_call_output", "call_id": "c1", "output": "42"}
    typed = {"type": "input_text", "text": "Double 21"}
    conversation = folded(
        added(message("s1", "system", {"type": "input_text", "text": "Be brief."}, status="in_progress")),
        added(message("u1", "user", typed, status="in_progress"), "s1"),
        added(message("a1", "assistant", {"type": "output_text", "text": "Yes."}, status="completed"), "u1"),
        added(message("u2", "user", typed), "a1"),
        created("r1"),
        added(call("f1", "c1", arguments="{}"), "u2"),
        output_added("r1", call("f1", "c1", arguments="{}")),
        finished("r1"),
        added(output, "f1"),
        added(message("a2", status="in_progress"), "o1"),
    )
    assert [(item.id, item.state, item.settled) for item in conversation] == [
        ("s1", "completed", True),
        ("u1", "completed", True),
        ("a1", "completed", True),
        ("u2", "completed", True),
        ("f1", "completed", True),
        ("o1", "completed", True),
        ("a2", "in_progress", False),
    ]


def test_speech_waits_for_its_words_also_without_a_word_of_its_end() -> None:
    conversation = folded(committed("u1"), added(message("u1", "user", SPOKEN, status="completed")))
    assert conversation.items["u1"].state == "in_progress"
    conversation.apply(heard_words("u1", "Hello"))
    assert conversation.items["u1"].state == "completed"


def test_words_that_come_before_their_item_stay() -> None:
    kind = "conversation.item.input_audio_transcription.delta"
    conversation = folded(
        event(kind, item_id="u1", content_index=0, delta="Hel"),
        event(kind, item_id="u1", delta="lo"),
        event(kind, item_id="u1", delta=None),
        done(message("u1", "user", SPOKEN, status="completed")),
    )
    assert conversation.items["u1"].text == "Hello"


def test_speech_that_could_not_be_written_down_is_final_all_the_same() -> None:
    conversation = folded(
        committed("u1"),
        event(
            "conversation.item.input_audio_transcription.failed",
            item_id="u1",
            content_index=0,
            error={"type": None, "code": "audio_unintelligible", "message": "no words"},
        ),
    )
    assert conversation.items["u1"].state == "completed"


def test_interleaved_items_of_one_response_are_kept_apart() -> None:
    conversation = folded(
        created("r1"),
        output_added("r1", message("a1"), 0),
        added(message("a1")),
        text("a1", "One "),
        output_added("r1", call("f1", "c1", arguments=""), 1),
        added(call("f1", "c1", arguments=""), "a1"),
        event("response.function_call_arguments.delta", item_id="f1", call_id="c1", delta='{"x"'),
        text("a1", "moment"),
        event("response.function_call_arguments.delta", item_id="f1", call_id="c1", delta=": 2}"),
    )
    assert conversation.items["a1"].text == "One moment"
    assert conversation.items["f1"].arguments == '{"x": 2}'
    assert conversation.items["f1"].name == "double"
    assert conversation.responses["r1"].item_ids == ["a1", "f1"]
    assert [item.output_index for item in conversation] == [0, 1]


def test_final_texts_replace_what_the_deltas_made() -> None:
    conversation = folded(
        words("a1", "He"),
        event("response.output_audio_transcript.done", item_id="a1", response_id="r1", transcript="Hello."),
        event("response.output_text.done", item_id="a2", response_id="r1", text="Written."),
        event("response.function_call_arguments.done", item_id="f1", arguments='{"a": 1}'),
    )
    assert (conversation.items["a1"].text, conversation.items["a2"].text) == ("Hello.", "Written.")
    assert conversation.items["f1"].arguments == '{"a": 1}'


def test_the_end_of_a_response_closes_what_was_left_open() -> None:
    conversation = folded(
        created("r1"), output_added("r1", message("a1")), words("a1", "All said"), finished("r1")
    )
    assert conversation.items["a1"].state == "completed"
    assert not conversation.responses["r1"].active


def test_a_cancelled_response_leaves_its_open_items_incomplete() -> None:
    conversation = folded(
        created("r1"),
        output_added("r1", message("a1")),
        output_done("r1", message("a1", status="completed")),
        output_added("r1", message("a2"), 1),
        finished("r1", status="cancelled", status_details={"type": "cancelled", "reason": "turn_detected"}),
    )
    assert [item.state for item in conversation] == ["completed", "incomplete"]
    assert conversation.responses["r1"].reason == "turn_detected"


def test_a_server_that_only_tells_of_the_end_still_gives_words_and_calls() -> None:
    conversation = folded(
        created("r1"),
        finished(
            "r1",
            message("a1", "assistant", {"type": "output_audio", "transcript": "Hi."}, status="completed"),
            call("f1", "c1", arguments='{"x": 2}', status="completed"),
            usage={"total_tokens": 3},
        ),
    )
    assert conversation.items["a1"].text == "Hi."
    assert conversation.items["a1"].spoken
    assert conversation.items["f1"].arguments == '{"x": 2}'
    assert [item.state for item in conversation] == ["completed", "completed"]
    assert conversation.responses["r1"].usage == {"total_tokens": 3}


def test_a_failed_response_says_why() -> None:
    details = {
        "type": "failed",
        "error": {"type": "server_error", "code": "server_error", "message": "out of luck"},
    }
    conversation = folded(created("r1"), finished("r1", status="failed", status_details=details, usage=None))
    response = conversation.responses["r1"]
    assert (response.status, response.error, response.error_code) == ("failed", "out of luck", "server_error")


def test_a_truncated_item_knows_how_far_it_was_heard() -> None:
    conversation = folded(
        words("a1", "A long answer"),
        event("conversation.item.truncated", item_id="a1", content_index=0, audio_end_ms=420),
        event("conversation.item.truncated", item_id="unknown", content_index=0, audio_end_ms=1),
    )
    assert conversation.items["a1"].heard_to_ms == 420
    assert conversation.order == ["a1"]


def test_a_deleted_item_does_not_come_back_with_its_late_words() -> None:
    conversation = folded(
        committed("u1"),
        event("conversation.item.deleted", item_id="u1"),
        heard_words("u1", "never mind"),
        event("conversation.item.deleted", item_id="u1"),
        created("r1"),
        words("a1", "Well"),
        event("conversation.item.deleted", item_id="a1"),
        words("a1", " then"),
        finished("r1", message("a1", status="completed")),
    )
    assert conversation.order == []
    assert conversation.items == {}


def test_images_and_text_of_one_item_are_both_there() -> None:
    conversation = folded(
        added(message("u1", "user", {"type": "input_image"}, {"type": "input_text", "text": "What is this?"}))
    )
    item = conversation.items["u1"]
    assert ([part.kind for part in item.contents.values()], item.text) == (["image", "text"], "What is this?")


def test_sound_alone_makes_an_item_speech() -> None:
    assert folded(audio("a1", 10)).items["a1"].spoken


def test_a_response_beside_the_conversation_is_known_as_such() -> None:
    conversation = folded(created("r1", conversation_id=None), created("r2"))
    assert conversation.responses["r1"].out_of_band
    assert not conversation.responses["r2"].out_of_band


def test_unknown_and_unrelated_events_change_nothing() -> None:
    conversation = folded(event("rate_limits.updated", rate_limits=[]), event("later.invented", item_id="x"))
    assert conversation.order == []


def test_items_of_an_unexpected_shape_are_taken_as_far_as_they_go() -> None:
    conversation = folded(
        added({"id": "x", "type": "message", "content": None}),
        added({"id": "y", "content": 5}),
        added({"id": "z", "type": "message", "content": ["no part", {"text": "a part"}]}),
        added({"type": "message"}),
        event("response.done", response={}),
        event("response.done", response={"id": "r1", "output": "none", "metadata": 3, "status_details": "gone"}),
    )
    assert conversation.items["z"].text == "a part"
