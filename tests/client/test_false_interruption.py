"""A cough over an answer: it stops, and goes on where it stopped. Words over it: it stops for good."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_widgets.core import SessionCore
from realtime_widgets.export import export
from realtime_widgets.playback import Part, PlayedTo
from realtime_widgets.protocol import events as ev
from realtime_widgets.speakers import VirtualPlayer
from realtime_widgets.turns import Command, Play, Send, Silence, Turn, TurnEnded, Wake
from realtime_widgets.widgets.entries import make_entries
from tests.client import wire
from tests.client.world import QUESTION

MS = 24  # samples
LIMIT_S = 1.5
STORY = "It was a dark and stormy night, and the rain fell in torrents over all of London."


class Room:
    """A core with a player in memory, by hand."""

    def __init__(
        self,
        transcription: dict[str, Any] | None = None,
        limit_s: float | None = LIMIT_S,
        truncates: bool = True,
        **detection: Any,
    ) -> None:
        self.core = SessionCore(limit_s, truncates)
        self.player = VirtualPlayer()
        self.sent: list[ev.ClientEvent] = []
        self.wakes: list[Wake] = []
        self.ended: list[Turn] = []
        self.silences = 0
        audio = {"input": {"turn_detection": {"type": "server_vad", **detection}, "transcription": transcription}}
        self.receive(wire.event("session.created", session={"audio": audio}))

    def do(self, commands: list[Command]) -> list[str]:
        """Give the types of the events that go out."""
        before = len(self.sent)
        for command in commands:
            match command:
                case Send(event):
                    self.sent.append(event)
                case Play(block):
                    self.player.push(block)
                case Silence():
                    self.silences += 1
                case Wake():
                    self.wakes.append(command)
                case TurnEnded(turn):
                    self.ended.append(turn)
        return [event.type for event in self.sent[before:]]

    def receive(self, *events: ev.AnyServerEvent) -> list[str]:
        return [kind for event in events for kind in self.do(self.core.receive(event))]

    def answer(self, ms: int = 4000, done: bool = True) -> Turn:
        turn, commands = self.core.ask(QUESTION)
        self.do(commands)
        self.receive(
            wire.created("r1", {"request": self.sent[-1].event_id}),
            wire.output_added("r1", wire.message("a1")),
            wire.words("a1", STORY),
            wire.audio("a1", ms * MS),
        )
        if done:
            self.finish()
        return turn

    def finish(self, status: str = "completed") -> list[str]:
        state = "completed" if status == "completed" else "incomplete"
        part = {"type": "output_audio", "transcript": STORY}
        item = wire.message("a1", "assistant", part, status=state)
        return self.receive(wire.audio_done("a1"), wire.finished("r1", item, status=status))

    def hear(self, ms: int) -> None:
        """The player plays for so long."""
        for _ in range(ms // 20):
            self.player.advance(20 * MS)
            self.do(self.core.played(self.player.positions()))

    def silenced(self) -> list[str]:
        """The player answers the last silence."""
        return self.do(self.core.silenced(self.player.clear()))

    def cough(self, item: str = "u2", words: str | None = "") -> list[str]:
        """Sound over the answer, from its start to its transcript."""
        before = self.silences
        out = self.receive(wire.speech_started(item))
        out += self.silenced() if self.silences > before else []
        out += self.receive(wire.event("input_audio_buffer.speech_stopped", item_id=item), wire.committed(item))
        return out + (self.receive(wire.heard_words(item, words)) if words is not None else [])

    def pass_time(self) -> list[str]:
        wakes, self.wakes = self.wakes, []
        return [kind for wake in wakes for kind in self.do(self.core.wake(wake.id))]

    @property
    def heard(self) -> int:
        """Milliseconds that came out of the player."""
        return len(self.player.heard) // 2 // MS

    def texts(self) -> list[str]:
        """What was put behind answers, as text."""
        items = [event.item for event in self.sent if isinstance(event, ev.ItemCreate)]
        return [item["content"][0]["text"] for item in items if item.get("role") == "assistant"]


def test_a_cough_stops_the_answer_and_it_goes_on_where_it_stopped() -> None:
    room = Room({"model": "whisper-1"})
    turn = room.answer()
    room.hear(1000)
    room.cough()
    assert room.core.activity == "speaking"
    room.hear(5000)
    assert room.heard == 4000
    assert room.core.activity == "listening"
    assert not turn.interrupted
    assert not export(room.core.conversation, room.core.ledger)[0].cut


def test_while_it_is_not_known_nothing_sounds_and_nothing_is_lost() -> None:
    room = Room({"model": "whisper-1"})
    room.answer(done=False)
    room.hear(1000)
    room.receive(wire.speech_started("u2"))
    assert room.silences == 1
    assert room.core.activity == "thinking"  # its response still runs
    room.silenced()
    room.receive(wire.audio("a1", 500 * MS))
    room.hear(3000)
    assert room.heard == 1000
    assert not room.core.quiet()
    room.receive(wire.committed("u2"), wire.heard_words("u2", " "))
    room.finish()
    room.hear(5000)
    assert room.heard == 4500


@pytest.mark.parametrize("when", ["before the player answered", "after it"])
def test_words_make_it_an_interruption(when: str) -> None:
    room = Room({"model": "whisper-1"})
    turn = room.answer()
    room.hear(1000)
    room.receive(wire.speech_started("u2"))
    out = room.silenced() if when == "after it" else []
    words = wire.event("conversation.item.input_audio_transcription.delta", item_id="u2", delta="Stop")
    room.receive(wire.committed("u2"), words)
    out += room.silenced() if when != "after it" else []
    assert out == ["conversation.item.truncate"]
    assert turn.interrupted
    assert room.receive(wire.audio("a1", 2400)) == []
    room.hear(2000)
    assert room.heard == 1000
    assert room.core.activity == "listening"
    assert room.texts() == []


def test_a_response_of_the_service_makes_it_an_interruption() -> None:
    room = Room()
    turn = room.answer()
    room.hear(1000)
    room.cough(words=None)
    room.receive(wire.created("r2"), wire.output_added("r2", wire.message("a2")), wire.audio("a2", 500 * MS, "r2"))
    room.pass_time()
    room.hear(3000)
    assert room.heard == 1500
    assert turn.interrupted


@pytest.mark.parametrize("how", ["stop", "press", "say"])
def test_a_button_or_typed_text_is_never_in_doubt(how: str) -> None:
    room = Room({"model": "whisper-1"})
    turn = room.answer()
    room.hear(1000)
    room.receive(wire.speech_started("u2"))
    room.silenced()
    room.do(room.core.press() if how == "press" else room.core.interrupt())
    assert turn.interrupted
    room.receive(wire.committed("u2"), wire.heard_words("u2", ""))
    room.pass_time()
    room.hear(3000)
    assert room.heard == 1000


def test_without_words_in_time_it_goes_on() -> None:
    room = Room({"model": "whisper-1"})
    room.answer()
    room.hear(1000)
    room.cough(words=None)
    assert {wake.seconds for wake in room.wakes} >= {LIMIT_S}
    room.pass_time()
    room.hear(4000)
    assert room.heard == 4000


def test_the_time_runs_from_the_end_of_the_sound() -> None:
    room = Room({"model": "whisper-1"})
    room.answer()
    room.hear(1000)
    room.cough(words=None)
    room.receive(wire.speech_started("u3"))
    room.pass_time()
    room.hear(1000)
    assert room.heard == 1000
    room.receive(wire.heard_words("u2", ""), wire.committed("u3"), wire.heard_words("u3", ""))
    room.hear(4000)
    assert room.heard == 4000


def test_words_of_an_earlier_turn_decide_nothing() -> None:
    room = Room({"model": "whisper-1"})
    room.receive(wire.committed("u1"))
    room.answer()
    room.hear(1000)
    room.receive(wire.speech_started("u2"))
    room.silenced()
    room.receive(wire.heard_words("u1", "How was the weather?"), wire.committed("u2"), wire.heard_words("u2", ""))
    room.hear(4000)
    assert room.heard == 4000


def test_an_answer_goes_on_once() -> None:
    room = Room({"model": "whisper-1"})
    turn = room.answer()
    room.hear(1000)
    room.cough()
    room.hear(1000)
    room.cough("u3")
    room.pass_time()
    room.hear(4000)
    assert room.heard == 2000
    assert turn.interrupted


def test_where_it_is_switched_off_what_stopped_stays_stopped() -> None:
    room = Room({"model": "whisper-1"}, limit_s=None)
    turn = room.answer()
    room.hear(1000)
    room.cough()
    room.pass_time()
    room.hear(4000)
    assert (room.heard, turn.interrupted) == (1000, True)


def test_where_neither_words_nor_a_response_can_come_it_is_an_interruption() -> None:
    room = Room(create_response=False)
    room.answer()
    room.hear(1000)
    room.cough(words=None)
    room.pass_time()
    room.hear(4000)
    assert room.heard == 1000


def test_a_server_that_writes_down_unasked_is_known_by_its_words() -> None:
    room = Room(create_response=False)
    room.receive(wire.committed("u1"), wire.heard_words("u1", "Tell me a story."))
    room.answer()
    room.hear(1000)
    room.cough()
    room.hear(4000)
    assert room.heard == 4000


def test_a_failed_transcript_says_nothing_where_no_answer_would_come_by_itself() -> None:
    failed = wire.event(
        "conversation.item.input_audio_transcription.failed", item_id="u2", error={"message": "no"}
    )
    heard = []
    for answers in (True, False):
        room = Room({"model": "whisper-1"}, create_response=answers)
        room.answer()
        room.hear(1000)
        room.cough(words=None)
        room.receive(failed)
        room.pass_time()
        room.hear(4000)
        heard.append(room.heard)
    assert heard == [4000, 1000]


def test_words_that_come_after_it_went_on_stop_it_where_it_is() -> None:
    room = Room({"model": "whisper-1"})
    turn = room.answer()
    room.hear(1000)
    room.cough(words=None)
    room.pass_time()
    room.hear(1000)
    room.receive(wire.heard_words("u2", "What about the weather?"))
    room.silenced()
    room.hear(3000)
    assert room.heard == 2000
    assert turn.interrupted


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


def test_what_the_service_had_cut_is_played_to_its_end_and_told() -> None:
    room = Room({"model": "whisper-1"})
    room.answer(ms=2000, done=False)
    room.hear(1000)
    room.receive(wire.speech_started("u2"))
    room.silenced()
    room.finish("cancelled")
    room.receive(wire.committed("u2"), wire.heard_words("u2", ""))
    assert room.heard == 1000
    room.pass_time()  # it did not make the answer again
    room.hear(3000)
    assert room.heard == 2000
    [entry, *_] = [entry for entry in make_entries(room.core, {}, closed=False) if entry["kind"] == "assistant"]
    assert (entry["state"], entry["cut"], entry["heard_ms"]) == ("incomplete", True, 2000.0)
    assert entry["heard_length"] is not None
    assert 0 < entry["heard_length"] < len(STORY)
    assert any("ends where it was cut" in notice.text for notice in room.core.notices)
    [rest] = room.texts()
    assert rest in STORY[: entry["heard_length"]]


def test_an_answer_that_is_made_again_is_not_heard_twice() -> None:
    room = Room({"model": "whisper-1"})
    room.answer(ms=2000, done=False)
    room.hear(1000)
    room.receive(wire.speech_started("u2"))
    room.silenced()
    room.finish("cancelled")
    room.receive(wire.committed("u2"), wire.heard_words("u2", ""))
    room.receive(wire.created("r2"), wire.output_added("r2", wire.message("a2")), wire.audio("a2", 700 * MS, "r2"))
    room.pass_time()
    room.hear(3000)
    assert room.heard == 1700
    assert room.core.notices == []


def test_an_answer_that_is_lost_to_a_cough_before_it_began_is_told() -> None:
    room = Room({"model": "whisper-1"})
    _, commands = room.core.ask(QUESTION)
    room.do(commands)
    room.receive(wire.created("r1", {"request": room.sent[-1].event_id}), wire.speech_started("u2"))
    room.receive(wire.finished("r1", status="cancelled"), wire.committed("u2"), wire.heard_words("u2", ""))
    room.pass_time()
    assert [notice.text for notice in room.core.notices if "ask again" in notice.text]
    assert len(room.ended) == 1
    assert room.core.quiet()


def test_a_tool_that_runs_during_a_cough_is_still_followed_up() -> None:
    for words, asked in (("", True), ("Stop!", False)):
        room = Room({"model": "whisper-1"})
        room.answer(done=False)
        call = wire.call("f1", "c1", status="completed")
        room.receive(wire.output_done("r1", call, 1), wire.audio_done("a1"))
        room.receive(wire.finished("r1", wire.message("a1", status="completed"), call))
        room.hear(1000)
        room.receive(wire.speech_started("u2"))
        room.silenced()
        out = room.do(room.core.tool_finished("c1", "42"))
        out += room.receive(wire.committed("u2"))
        assert "response.create" not in out
        out = room.receive(wire.heard_words("u2", words))
        assert ("response.create" in out) == asked
        assert len(room.ended) == (not asked)


def test_a_lost_connection_makes_it_an_interruption() -> None:
    room = Room({"model": "whisper-1"})
    turn = room.answer()
    room.hear(1000)
    room.receive(wire.speech_started("u2"))
    room.silenced()
    room.do(room.core.lost())
    assert turn.interrupted
    room.pass_time()
    room.hear(3000)
    assert room.heard == 1000
    room.do(room.core.resume())
    [restored] = [
        event.item for event in room.sent if "restore" in event.event_id and isinstance(event, ev.ItemCreate)
    ]
    [content] = restored["content"]
    assert STORY.startswith(content["text"])
    assert len(content["text"]) < len(STORY)


def test_a_player_that_is_gone_meanwhile_plays_nothing_on() -> None:
    room = Room({"model": "whisper-1"})
    room.answer()
    room.hear(1000)
    room.receive(wire.speech_started("u2"))
    room.silenced()
    room.do(room.core.silenced([]))
    room.receive(wire.committed("u2"), wire.heard_words("u2", ""))
    room.hear(3000)
    assert room.heard == 1000
    assert room.texts() == []
    assert room.core.activity == "listening"


def test_a_clip_goes_on_after_a_cough_too() -> None:
    room = Room({"model": "whisper-1"})
    part, commands = room.core.play_clip(b"\1\0" * 2000 * MS)
    room.do(commands)
    room.hear(500)
    assert room.cough() == []
    room.hear(3000)
    assert room.heard == 2000
    state = room.core.ledger.state(part)
    assert state is not None
    assert (state.heard, state.cut) == (2000 * MS, False)


def test_turn_detection_that_is_switched_off_in_mid_speech_holds_nothing_up() -> None:
    room = Room({"model": "whisper-1"})
    room.answer()
    room.hear(1000)
    room.receive(wire.speech_started("u2"))
    room.silenced()
    _, commands = room.core.ask(QUESTION)
    assert room.do(commands) == ["conversation.item.create"]
    off = wire.event("session.updated", session={"audio": {"input": {"turn_detection": None}}})
    assert room.receive(off) == ["response.create"]
    room.pass_time()
    room.hear(4000)
    assert room.heard == 4000


def test_nobody_waits_for_ever_for_an_answer_to_a_cough() -> None:
    room = Room({"model": "whisper-1"})
    room.cough()
    assert room.core.expects_response
    room.pass_time()
    assert not room.core.expects_response
    assert room.core.quiet()


def test_a_second_silence_in_flight_settles_each_answer_at_its_own_place() -> None:
    room = Room({"model": "whisper-1"})
    room.answer()
    room.hear(1000)
    room.do(room.core.interrupt())
    first = room.player.clear()
    _, commands = room.core.ask(QUESTION)
    room.do(commands)
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
