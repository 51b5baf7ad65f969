from __future__ import annotations

import math
from typing import Any

import pytest

from realtime_widgets.core import SessionCore
from realtime_widgets.playback import Part, PlayedTo
from realtime_widgets.protocol import events as ev
from realtime_widgets.turns import Command, Play, RunTool, Send, Silence, Turn, TurnEnded
from tests.client import wire
from tests.client.world import QUESTION

MS = 24  # samples


def sent(commands: list[Command]) -> list[ev.ClientEvent]:
    return [command.event for command in commands if isinstance(command, Send)]


def types(commands: list[Command]) -> list[str]:
    return [event.type for event in sent(commands)]


def ended(commands: list[Command]) -> list[Turn]:
    return [command.turn for command in commands if isinstance(command, TurnEnded)]


def calls(commands: list[Command]) -> list[str]:
    return [command.call.call_id for command in commands if isinstance(command, RunTool)]


def receive(core: SessionCore, *events: ev.AnyServerEvent) -> list[Command]:
    return [command for event in events for command in core.receive(event)]


def core_with(detection: dict[str, Any] | None) -> SessionCore:
    core = SessionCore()
    core.receive(wire.event("session.created", session={"audio": {"input": {"turn_detection": detection}}}))
    return core


@pytest.fixture
def core() -> SessionCore:
    return core_with({"type": "server_vad"})


def answering(core: SessionCore, *, seconds: float = 1.0, response: str = "r1", item: str = "a1") -> Turn:
    """Ask, and let the answer begin with some sound."""
    turn, commands = core.ask(QUESTION)
    request = sent(commands)[-1].event_id
    receive(
        core,
        wire.created(response, {"request": request}),
        wire.output_added(response, wire.message(item)),
        wire.words(item, "Well", response),
        wire.audio(item, int(seconds * 24000), response),
    )
    return turn


def calling(core: SessionCore, *call_ids: str) -> tuple[Turn, list[Command]]:
    """Ask, and let the answer be nothing but calls."""
    turn, commands = core.ask(QUESTION)
    items = [wire.call(f"f_{call_id}", call_id, status="completed") for call_id in call_ids]
    out = receive(core, wire.created("r1", {"request": sent(commands)[-1].event_id}))
    for index, item in enumerate(items):
        out += receive(core, wire.output_added("r1", item, index), wire.output_done("r1", item, index))
    return turn, out + receive(core, wire.finished("r1", *items))


def test_a_question_is_one_item_and_one_request(core: SessionCore) -> None:
    _, commands = core.ask(QUESTION)
    assert types(commands) == ["conversation.item.create", "response.create"]
    assert core.activity == "thinking"


def test_an_answer_is_heard_and_ends_its_turn(core: SessionCore) -> None:
    turn = answering(core, seconds=0.1)
    assert core.activity == "speaking"
    commands = receive(core, wire.audio_done("a1"), wire.finished("r1", wire.message("a1", status="completed")))
    assert ended(commands) == [turn]
    assert [command.block.last for command in commands if isinstance(command, Play)] == [True]
    core.played([PlayedTo(Part("a1", 0), 2400)])
    assert core.activity == "listening"
    assert not turn.interrupted


def test_the_player_is_told_of_the_end_even_if_the_server_does_not_say_it(core: SessionCore) -> None:
    answering(core, seconds=0.1)
    commands = receive(core, wire.finished("r1", wire.message("a1")))
    assert [command.block.last for command in commands if isinstance(command, Play)] == [True]
    assert receive(core, wire.audio_done("a1")) == []
    core.played([PlayedTo(Part("a1", 0), 2400)])
    assert core.activity == "listening"


def test_a_long_answer_is_handed_over_as_it_is_heard(core: SessionCore) -> None:
    answering(core, seconds=60)
    state = core.ledger.state(Part("a1", 0))
    assert state is not None
    handed = state.sent
    assert 1000 * MS < handed < 5000 * MS
    commands = core.played([PlayedTo(Part("a1", 0), 500 * MS)])
    assert sum(len(command.block.pcm) for command in commands if isinstance(command, Play)) == 500 * MS * 2


def test_all_calls_of_a_response_are_answered_before_it_is_followed_up(core: SessionCore) -> None:
    turn, commands = calling(core, "c1", "c2")
    assert calls(commands) == ["c1", "c2"]
    assert core.activity == "thinking"
    first = core.tool_finished("c2", '"two"')
    assert types(first) == ["conversation.item.create"]
    second = core.tool_finished("c1", '"one"')
    assert types(second) == ["conversation.item.create", "response.create"]
    assert sent(second)[0].item == {"type": "function_call_output", "call_id": "c1", "output": '"one"'}  # type: ignore[attr-defined]
    assert core.tool_finished("c1", '"again"') == []
    assert not turn.done


def test_a_call_that_ends_before_its_response_waits_for_it(core: SessionCore) -> None:
    turn, commands = core.ask(QUESTION)
    item = wire.call("f1", "c1", status="completed")
    receive(core, wire.created("r1", {"request": sent(commands)[-1].event_id}), wire.output_done("r1", item))
    assert types(core.tool_finished("c1", "1")) == ["conversation.item.create"]
    assert types(receive(core, wire.finished("r1", item))) == ["response.create"]
    assert not turn.done


def test_calls_only_named_in_the_end_of_a_response_run(core: SessionCore) -> None:
    _, commands = core.ask(QUESTION)
    receive(core, wire.created("r1", {"request": sent(commands)[-1].event_id}))
    item = wire.call("f1", "c1", arguments='{"x": 1}', status="completed")
    [run] = receive(core, wire.finished("r1", item))
    assert isinstance(run, RunTool)
    assert (run.call.name, run.call.arguments) == ("double", '{"x": 1}')


def test_half_a_call_does_not_run(core: SessionCore) -> None:
    turn, commands = core.ask(QUESTION)
    item = wire.call("f1", "c1", arguments='{"x', status="incomplete")
    out = receive(
        core,
        wire.created("r1", {"request": sent(commands)[-1].event_id}),
        wire.output_done("r1", item),
        wire.finished("r1", item, status="cancelled"),
    )
    assert calls(out) == []
    assert ended(out) == [turn]
    assert turn.interrupted


def test_a_call_without_ids_is_left_out(core: SessionCore) -> None:
    receive(core, wire.created("r1"))
    broken = {"type": "function_call", "call_id": "c1", "status": "completed"}
    assert receive(core, wire.output_done("r1", broken), wire.output_done("r1", {**broken, "call_id": None})) == []


def test_what_a_tool_found_after_an_interruption_goes_in_unasked(core: SessionCore) -> None:
    _, commands = core.ask(QUESTION)
    item = wire.call("f1", "c1", status="completed")
    receive(core, wire.created("r1", {"request": sent(commands)[-1].event_id}), wire.output_done("r1", item))
    assert types(core.interrupt()) == ["response.cancel"]
    receive(core, wire.finished("r1", item, status="cancelled"))
    commands = core.tool_finished("c1", "1")
    assert types(commands) == ["conversation.item.create"]
    assert len(ended(commands)) == 1


def test_speech_over_an_answer_cuts_it_where_it_was_heard(core: SessionCore) -> None:
    turn = answering(core)
    core.played([PlayedTo(Part("a1", 0), 300 * MS)])
    commands = receive(core, wire.speech_started("u2"))
    assert commands == [Silence()]
    assert turn.interrupted
    assert receive(core, wire.audio("a1", 2400), wire.words("a1", " then")) == []
    [truncate] = sent(core.silenced([PlayedTo(Part("a1", 0), 420 * MS)]))
    assert isinstance(truncate, ev.ItemTruncate)
    assert (truncate.item_id, truncate.content_index, truncate.audio_end_ms) == ("a1", 0, 420)
    commands = receive(core, wire.audio_done("a1"), wire.finished("r1", wire.message("a1"), status="cancelled"))
    assert ended(commands) == [turn]
    assert core.activity == "listening"


def test_speech_over_an_answer_that_is_made_but_still_plays_cuts_it_too(core: SessionCore) -> None:
    turn = answering(core)
    receive(core, wire.audio_done("a1"), wire.finished("r1", wire.message("a1", status="completed")))
    assert turn.done
    assert receive(core, wire.speech_started("u2")) == [Silence()]
    [truncate] = sent(core.silenced([PlayedTo(Part("a1", 0), 10 * MS)]))
    assert truncate.audio_end_ms == 10  # type: ignore[attr-defined]
    assert turn.interrupted


def test_nothing_heard_is_nothing_truncated(core: SessionCore) -> None:
    answering(core)
    receive(core, wire.speech_started("u2"))
    assert sent(core.silenced([])) == []


def test_speech_before_any_sound_needs_no_silence(core: SessionCore) -> None:
    _, commands = core.ask(QUESTION)
    receive(core, wire.created("r1", {"request": sent(commands)[-1].event_id}))
    assert receive(core, wire.speech_started("u2")) == []
    assert receive(core, wire.audio("a1", 2400)) == []
    assert core.silenced([]) == []
    assert core.activity == "thinking"


def test_an_answer_that_begins_before_the_player_fell_silent_is_played(core: SessionCore) -> None:
    answering(core, seconds=10)
    core.interrupt()
    receive(core, wire.finished("r1", wire.message("a1"), status="cancelled"))
    answering(core, response="r2", item="a2", seconds=1)
    truncates = sent(core.silenced([PlayedTo(Part("a1", 0), 100 * MS)]))
    assert [event.item_id for event in truncates if isinstance(event, ev.ItemTruncate)] == ["a1"]
    state = core.ledger.state(Part("a2", 0))
    assert state is not None
    assert not state.cut
    assert state.sent == 1000 * MS


def test_a_player_that_falls_silent_twice_leaves_the_next_answer_alone(core: SessionCore) -> None:
    answering(core)
    core.interrupt()
    receive(core, wire.finished("r1", wire.message("a1"), status="cancelled"))
    answering(core, response="r2", item="a2")
    core.interrupt()
    receive(core, wire.finished("r2", wire.message("a2"), status="cancelled"))
    core.silenced([])
    answering(core, response="r3", item="a3")
    core.silenced([])
    state = core.ledger.state(Part("a3", 0))
    assert state is not None
    assert not state.cut


def test_a_stop_cancels_the_answer(core: SessionCore) -> None:
    turn = answering(core)
    commands = core.interrupt()
    assert [event.response_id for event in sent(commands) if isinstance(event, ev.ResponseCancel)] == ["r1"]
    assert Silence() in commands
    assert turn.interrupted
    assert types(core.interrupt()) == ["response.cancel"]


def test_a_stop_before_the_answer_has_begun_stops_it_as_it_begins(core: SessionCore) -> None:
    turn, commands = core.ask(QUESTION)
    assert core.interrupt() == []
    cancel = receive(core, wire.created("r1", {"request": sent(commands)[-1].event_id}))
    assert types(cancel) == ["response.cancel"]
    assert receive(core, wire.audio("a1", 2400)) == []
    assert ended(receive(core, wire.finished("r1", status="cancelled"))) == [turn]
    assert turn.interrupted


def test_a_stopped_question_that_was_refused_is_not_asked_again(core: SessionCore) -> None:
    turn, commands = core.ask(QUESTION)
    core.interrupt()
    busy = wire.error("conversation_already_has_active_response", sent(commands)[-1].event_id)
    assert ended(receive(core, busy)) == [turn]
    assert receive(core, wire.created("auto"), wire.finished("auto"))[-1:] != []
    assert core.activity == "listening"


def test_a_stop_ends_a_turn_whose_next_response_waits(core: SessionCore) -> None:
    turn = answering(core)
    item = wire.call("f1", "c1", status="completed")
    receive(core, wire.output_done("r1", item, 1), wire.audio_done("a1"))
    receive(core, wire.finished("r1", wire.message("a1", status="completed"), item))
    core.receive(wire.event("session.updated", session={"audio": {"input": {"turn_detection": None}}}))
    receive(core, wire.speech_started("u2"))
    assert types(core.tool_finished("c1", "1")) == ["conversation.item.create"]
    assert ended(core.interrupt()) == [turn]
    assert receive(core, wire.committed("u2")) == []


def test_a_request_waits_until_the_person_has_spoken(core: SessionCore) -> None:
    receive(core, wire.speech_started("u1"))
    _, commands = core.ask(QUESTION)
    assert types(commands) == ["conversation.item.create"]
    assert types(receive(core, wire.committed("u1"))) == ["response.create"]


def test_where_speech_must_not_interrupt_the_answer_goes_on() -> None:
    core = core_with({"type": "server_vad", "interrupt_response": False})
    turn = answering(core)
    assert receive(core, wire.speech_started("u2")) == []
    assert [type(command) for command in receive(core, wire.audio("a1", 2400))] == [Play]
    assert not turn.interrupted


def test_the_services_own_refused_try_leaves_ours_alone() -> None:
    core = core_with({"type": "server_vad", "interrupt_response": False})
    answering(core)
    receive(core, wire.speech_started("u2"), wire.committed("u2"))
    assert core.expects_response
    assert receive(core, wire.error("conversation_already_has_active_response")) == []
    assert not core.expects_response
    turn, waiting = core.ask(QUESTION)
    assert types(waiting) == ["conversation.item.create"]
    assert types(receive(core, wire.finished("r1", wire.message("a1")))) == ["response.create"]
    receive(core, wire.created("r2"))
    assert turn.response_ids == ["r2"]


def test_a_clip_is_silenced_but_never_truncated(core: SessionCore) -> None:
    part, commands = core.play_clip(b"\1\0" * 24000)
    assert all(isinstance(command, Play) for command in commands)
    assert core.activity == "speaking"
    assert core.interrupt() == [Silence()]
    assert sent(core.silenced([PlayedTo(part, 100 * MS)])) == []
    assert core.activity == "listening"


def test_push_to_talk_asks_when_it_is_released() -> None:
    core = core_with(None)
    assert types(core.press()) == ["input_audio_buffer.clear"]
    core.append_audio(bytes(200 * MS * 2))
    assert types(core.release()) == ["input_audio_buffer.commit", "response.create"]
    assert not core.expects_response


def test_push_to_talk_stops_the_answer() -> None:
    core = core_with(None)
    answering(core)
    commands = core.press()
    assert types(commands) == ["response.cancel", "input_audio_buffer.clear"]
    assert Silence() in commands


def test_push_to_talk_that_was_too_short_asks_nothing_and_says_so() -> None:
    core = core_with(None)
    core.press()
    core.append_audio(bytes(99 * MS * 2))
    assert types(core.release()) == ["input_audio_buffer.clear"]
    assert [notice.text for notice in core.notices if "Too short" in notice.text]
    assert core.activity == "listening"


def test_push_to_talk_counts_only_what_was_said_while_it_was_held() -> None:
    core = core_with(None)
    core.append_audio(bytes(5000 * MS * 2))
    core.press()
    assert types(core.release()) == ["input_audio_buffer.clear"]


def test_an_answer_that_begins_while_the_button_is_held_is_stopped() -> None:
    core = core_with(None)
    _, commands = core.ask(QUESTION)
    core.press()
    cancel = receive(core, wire.created("r1", {"request": sent(commands)[-1].event_id}))
    assert types(cancel) == ["response.cancel"]
    assert core.user_speaking
    assert receive(core, wire.audio("a1", 2400)) == []


@pytest.mark.parametrize(
    "code", ["response_cancel_not_active", "input_audio_buffer_commit_empty", "item_truncate_invalid_item_id"]
)
def test_races_that_do_no_harm_are_not_told(core: SessionCore, code: str) -> None:
    assert receive(core, wire.error(code)) == []
    assert core.notices == []


def test_any_refused_truncation_is_not_told(core: SessionCore) -> None:
    answering(core)
    core.interrupt()
    [truncate] = sent(core.silenced([PlayedTo(Part("a1", 0), 100 * MS)]))
    receive(core, wire.error("invalid_value", truncate.event_id, "already shorter than 100ms"))
    assert core.notices == []


@pytest.mark.parametrize("code", ["server_error", "rate_limit_exceeded", "invalid_value", None])
def test_other_errors_are_told_and_end_nothing(core: SessionCore, code: str | None) -> None:
    turn = answering(core)
    assert receive(core, wire.error(code, text="trouble")) == []
    assert [(notice.kind, notice.text) for notice in core.notices] == [("error", "trouble")]
    assert not turn.done


@pytest.mark.parametrize("which", [0, 1], ids=["the item", "the request"])
def test_an_error_of_our_own_event_ends_its_turn(core: SessionCore, which: int) -> None:
    turn, commands = core.ask(QUESTION)
    refusal = wire.error("invalid_value", sent(commands)[which].event_id, "bad item")
    assert ended(receive(core, refusal)) == [turn]
    assert (turn.error, turn.error_code) == ("bad item", "invalid_value")
    assert core.fail_open_turns("gone") == []


def test_a_turn_whose_request_was_refused_lets_the_next_one_through(core: SessionCore) -> None:
    _, commands = core.ask(QUESTION)
    _, waiting = core.ask(QUESTION)
    assert types(waiting) == ["conversation.item.create"]
    refused = receive(core, wire.error("invalid_value", sent(commands)[-1].event_id))
    assert types(refused) == ["response.create"]


def test_a_request_whose_question_was_refused_is_stopped_as_it_begins(core: SessionCore) -> None:
    _, commands = core.ask(QUESTION)
    question, request = sent(commands)
    receive(core, wire.error("invalid_value", question.event_id))
    assert types(receive(core, wire.created("r1", {"request": request.event_id}))) == ["response.cancel"]
    assert receive(core, wire.audio("a1", 240), wire.finished("r1", status="cancelled")) == []
    assert core.activity == "listening"


def test_a_failed_response_ends_its_turn_with_the_reason(core: SessionCore) -> None:
    turn = answering(core)
    details = {"type": "failed", "error": {"code": "insufficient_quota", "message": "no money left"}}
    commands = receive(core, wire.finished("r1", status="failed", status_details=details))
    assert ended(commands) == [turn]
    assert (turn.error, turn.error_code) == ("no money left", "insufficient_quota")
    assert "no money left" in core.notices[-1].text


def test_an_incomplete_answer_says_so(core: SessionCore) -> None:
    turn = answering(core)
    details = {"type": "incomplete", "reason": "max_output_tokens"}
    commands = receive(core, wire.finished("r1", wire.message("a1"), status="incomplete", status_details=details))
    assert ended(commands) == [turn]
    assert not turn.error
    assert "max_output_tokens" in core.notices[-1].text


def test_the_end_of_the_connection_ends_every_open_turn(core: SessionCore) -> None:
    first = answering(core)
    second, _ = core.ask(QUESTION)
    assert ended(core.fail_open_turns("the line was cut")) == [first, second]
    assert first.error == second.error == "the line was cut"
    assert core.fail_open_turns("again") == []


def test_sound_that_cannot_be_decoded_is_left_out_and_told(core: SessionCore) -> None:
    answering(core, seconds=0.1)
    broken = wire.event("response.output_audio.delta", response_id="r1", item_id="a1", delta="no base64!")
    assert receive(core, broken) == []
    assert "cannot be decoded" in core.notices[-1].text
    assert [type(command) for command in receive(core, wire.audio("a1", 240))] == [Play]


def test_sound_cut_within_a_sample_goes_on_in_step(core: SessionCore) -> None:
    import base64

    turn = answering(core, seconds=0)
    turn.keep_audio = True
    sound = bytes(range(100))
    for piece in (sound[:33], sound[33:66], sound[66:]):
        delta = base64.b64encode(piece).decode()
        receive(core, wire.event("response.output_audio.delta", response_id="r1", item_id="a1", delta=delta))
    assert bytes(turn.audio) == sound


def test_a_response_beside_the_conversation_holds_nothing_up(core: SessionCore) -> None:
    receive(core, wire.created("side", conversation_id=None))
    _, commands = core.ask(QUESTION)
    assert "response.create" in types(commands)
    assert receive(core, wire.finished("side", conversation_id=None)) == []


def test_words_that_could_not_be_written_down_are_told(core: SessionCore) -> None:
    kind = "conversation.item.input_audio_transcription.failed"
    receive(core, wire.committed("u1"), wire.event(kind, item_id="u1", error={"message": "too noisy"}))
    assert "too noisy" in core.notices[-1].text


def test_an_idle_time_out_is_told_and_answered_as_a_turn(core: SessionCore) -> None:
    receive(core, wire.event("input_audio_buffer.timeout_triggered", item_id="u1", audio_start_ms=0))
    receive(core, wire.committed("u1"))
    assert core.expects_response
    assert "Nobody spoke" in core.notices[-1].text


def test_a_turn_knows_the_question_it_answers(core: SessionCore) -> None:
    receive(core, wire.committed("u1"), wire.heard_words("u1", "How late is it?"))
    turn = answering(core)
    assert core.question_of(turn) == "How late is it?"
    assert core.question_of(Turn("empty")) == "How late is it?"


def test_audio_ends_are_whole_milliseconds_within_what_came(core: SessionCore) -> None:
    answering(core, seconds=0.5)
    core.interrupt()
    [truncate] = sent(core.silenced([PlayedTo(Part("a1", 0), 10**9)]))
    assert isinstance(truncate, ev.ItemTruncate)
    assert truncate.audio_end_ms == math.floor(500)
