"""What the model is told of an answer that was cut: it remembers what was heard, and nothing else."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from realtime_widgets.core.playback.commands import Play, Silence
from realtime_widgets.core.playback.ledger import Part, PlayedTo
from realtime_widgets.protocol import events as ev
from tests.core import wire
from tests.core.driving import MS, answering, ended, receive, sent
from tests.core.turn_taking.room import STORY, Room

if TYPE_CHECKING:
    from realtime_widgets.core.session import SessionCore


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


def test_a_clip_is_silenced_but_never_truncated(core: SessionCore) -> None:
    part, commands = core.play_clip(b"\1\0" * 24000)
    assert all(isinstance(command, Play) for command in commands)
    assert core.activity == "speaking"
    assert core.interrupt() == [Silence()]
    assert sent(core.silenced([PlayedTo(part, 100 * MS)])) == []
    assert core.activity == "listening"


def test_any_refused_truncation_is_not_told(core: SessionCore) -> None:
    answering(core)
    core.interrupt()
    [truncate] = sent(core.silenced([PlayedTo(Part("a1", 0), 100 * MS)]))
    receive(core, wire.error("invalid_value", truncate.event_id, "already shorter than 100ms"))
    assert core.notices == []


def test_audio_ends_are_whole_milliseconds_within_what_came(core: SessionCore) -> None:
    answering(core, seconds=0.5)
    core.interrupt()
    [truncate] = sent(core.silenced([PlayedTo(Part("a1", 0), 10**9)]))
    assert isinstance(truncate, ev.ItemTruncate)
    assert truncate.audio_end_ms == math.floor(500)


def test_the_model_is_left_with_the_whole_answer_where_it_went_on() -> None:
    room = Room({"model": "whisper-1"})
    room.answer()
    room.hear(1000)
    room.receive(wire.speech_started("u2"))
    assert room.silenced() == ["conversation.item.truncate"]
    room.receive(wire.committed("u2"), wire.heard_words("u2", ""))
    behind = room.sent[-1]
    assert isinstance(behind, ev.ItemCreate)
    assert behind.previous_item_id == "a1"
    [rest] = room.texts()
    assert STORY.endswith(rest)
    assert 0.6 * len(STORY) < len(rest) < 0.9 * len(STORY)
    # The person sees one answer, not the two items that the model has.
    item = {"id": behind.item["id"], **behind.item}
    room.receive(wire.added(item, "a1"), wire.done(item, "a1"), wire.added(wire.message("u3", "user"), item["id"]))
    assert room.core.conversation.order == ["a1", "u3", "u2"]
    assert item["id"] not in room.core.conversation.items


def test_the_model_is_left_with_what_was_heard_where_it_was_stopped_after_all() -> None:
    room = Room({"model": "whisper-1"})
    room.answer()
    room.hear(1000)
    room.cough()
    room.hear(1000)
    room.receive(wire.speech_started("u3"))
    assert room.silenced() == ["conversation.item.delete", "conversation.item.create"]
    delete = room.sent[-2]
    first, second = room.texts()
    assert isinstance(delete, ev.ItemDelete)
    assert delete.item_id.startswith("rw_rest")
    assert first.startswith(second)
    assert 0 < len(second) < len(first)


def test_an_answer_of_which_nothing_was_heard_is_told_anew_where_it_went_on() -> None:
    room = Room({"model": "whisper-1"})
    room.answer()
    assert room.cough(words=None) == ["conversation.item.delete"]
    assert room.core.conversation.items["a1"].forgotten
    room.receive(wire.event("conversation.item.deleted", item_id="a1"))
    assert room.pass_time() == ["conversation.item.create"]
    assert room.texts() == [STORY]
    assert not room.core.conversation.items["a1"].forgotten
    room.hear(5000)
    assert room.heard == 4000


def test_a_service_that_cannot_truncate_needs_no_words_behind_it() -> None:
    room = Room({"model": "whisper-1"}, truncates=False)
    room.answer()
    room.hear(1000)
    room.cough()
    assert room.texts() == []
    room.hear(4000)
    assert room.heard == 4000


def test_nothing_is_told_where_it_goes_on_before_the_player_answered() -> None:
    room = Room({"model": "whisper-1"})
    room.answer()
    room.hear(1000)
    room.receive(wire.speech_started("u2"), wire.committed("u2"), wire.heard_words("u2", ""))
    assert room.silenced() == []
    room.hear(4000)
    assert room.heard == 4000


def test_a_second_silence_in_flight_settles_each_answer_at_its_own_place() -> None:
    room = Room({"model": "whisper-1"})
    room.answer()
    room.hear(1000)
    room.do(room.core.interrupt())
    first = room.player.clear()
    room.ask()
    room.receive(
        wire.created("r2", {"request": room.sent[-1].event_id}),
        wire.output_added("r2", wire.message("a2")),
        wire.audio("a2", 3000 * MS, "r2"),
        wire.audio_done("a2", "r2"),
        wire.finished("r2", wire.message("a2", status="completed")),
    )
    room.hear(500)
    room.receive(wire.speech_started("u2"))
    assert room.silences == 2
    second = room.player.clear()
    room.do(room.core.silenced(first))
    room.do(room.core.silenced(second))
    room.receive(wire.committed("u2"), wire.heard_words("u2", ""))
    room.hear(4000)
    assert room.heard == 1000 + 3000
    truncates = {event.item_id: event.audio_end_ms for event in room.sent if isinstance(event, ev.ItemTruncate)}
    assert truncates == {"a1": 1000, "a2": 500}
    assert room.core.ledger.state(Part("a1", 0)).cut  # type: ignore[union-attr]


def test_positions_of_the_part_that_went_on_truncate_at_what_was_heard_in_all() -> None:
    room = Room({"model": "whisper-1"})
    room.answer()
    room.hear(1000)
    room.cough()
    room.hear(1000)
    room.receive(wire.speech_started("u3"))
    room.do(room.core.silenced([PlayedTo(Part("a1", 0), 2345 * MS)]))
    state = room.core.ledger.state(Part("a1", 0))
    assert state is not None
    assert (state.heard, state.cut) == (2345 * MS, True)


def test_of_an_answer_that_was_cut_before_a_word_came_the_model_keeps_nothing() -> None:
    room = Room({"model": "whisper-1"})
    room.answer(ms=100, done=False)
    room.receive(wire.speech_started("u2"))
    room.silenced()
    assert room.finish("cancelled") == ["conversation.item.delete"]
    room.receive(wire.committed("u2"))
    assert room.pass_time() == []
    assert room.core.conversation.items["a1"].forgotten
    room.hear(1000)
    assert room.heard == 100
