"""The microphone closes while the user speaks: what was said is sent or dropped, and the talk goes on."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_widgets.core.turn_taking.patience import COMMIT_S, END_S
from realtime_widgets.protocol import events as ev
from tests.core import wire
from tests.core.client import Client
from tests.core.driving import MS
from tests.core.turn_taking.room import Room

SERVER_VAD = {"type": "server_vad"}
STOPPED = "input_audio_buffer.speech_stopped"


class Speaker(Client):
    """Somebody who speaks into a microphone, and closes it."""

    def __init__(self, detection: dict[str, Any] | None = SERVER_VAD, limit_s: float | None = None) -> None:
        super().__init__(limit_s)
        session = {"audio": {"input": {"turn_detection": detection}}}
        self.receive(wire.event("session.created", session=session))

    def says(self, ms: int, item: str = "u1") -> None:
        self.receive(wire.speech_started(item))
        self.core.append_audio(bytes(ms * MS * 2))

    def closes(self, reason: str = "user") -> list[str]:
        return self.do(self.core.microphone_closed(reason))

    def waits(self, seconds: float) -> list[str]:
        ended = [wake for wake in self.wakes if wake.seconds == seconds]
        for wake in ended:
            self.wakes.remove(wake)
        return [kind for wake in ended for kind in self.do(self.core.wake(wake.id))]

    @property
    def told(self) -> list[str]:
        return [notice.text for notice in self.core.notices]

    @property
    def silence_ms(self) -> float:
        """Silence that went out."""
        sound = b"".join(event.audio for event in self.sent if isinstance(event, ev.InputAppend))
        assert not any(sound)
        return len(sound) / 2 / MS


@pytest.mark.parametrize(
    ("detection", "silence_ms"),
    [
        (SERVER_VAD, 1000),
        ({**SERVER_VAD, "silence_duration_ms": 1500}, 2000),
        ({**SERVER_VAD, "silence_duration_ms": 3_600_000}, 10_500),
        ({"type": "semantic_vad", "eagerness": "low"}, 8500),
        ({"type": "semantic_vad", "eagerness": "high"}, 2500),
        ({"type": "semantic_vad"}, 4500),
        ({"type": "something_new"}, 1000),
    ],
)
def test_the_service_gets_the_silence_by_which_it_hears_the_end(
    detection: dict[str, Any], silence_ms: float
) -> None:
    user = Speaker(detection)
    user.says(2000)
    assert set(user.closes()) == {"input_audio_buffer.append"}
    assert user.silence_ms == silence_ms
    assert user.told == ["The microphone was switched off while you spoke; what you said until then was sent."]
    user.receive(wire.event(STOPPED, item_id="u1"), wire.committed("u1"))
    assert user.core.expects_response
    user.receive(wire.created("r1"), wire.finished("r1", wire.message("a1")))
    assert user.waits(END_S) == []
    assert user.core.quiet()


def test_a_service_that_does_not_hear_the_end_is_told_of_it() -> None:
    user = Speaker()
    user.says(2000)
    user.closes("unplugged")
    assert "unplugged" in user.told[0]
    assert user.waits(END_S) == ["input_audio_buffer.commit"]
    assert user.receive(wire.committed("u1")) == ["response.create"]
    request = user.sent[-1].event_id
    assert not user.core.expects_response
    user.receive(wire.created("r1", {"request": request}), wire.finished("r1", wire.message("a1")))
    [turn] = user.ended
    assert (turn.spoken, turn.error) == (True, "")
    assert user.core.quiet()


def test_one_who_answers_turns_alone_is_not_asked_for_an_answer() -> None:
    user = Speaker({**SERVER_VAD, "create_response": False})
    user.says(2000)
    user.closes()
    assert user.waits(END_S) == ["input_audio_buffer.commit"]
    assert user.receive(wire.committed("u1")) == []
    assert user.core.quiet()


def test_a_service_that_heard_the_end_at_the_last_moment_answers_once() -> None:
    user = Speaker()
    user.says(2000)
    user.closes()
    user.waits(END_S)
    assert user.receive(wire.event(STOPPED, item_id="u1"), wire.committed("u1")) == ["response.create"]
    request = user.sent[-1].event_id
    user.receive(
        wire.created("r1"),
        wire.error("input_audio_buffer_commit_empty"),
        wire.error("conversation_already_has_active_response", request),
    )
    assert user.receive(wire.finished("r1", wire.message("a1"))) == []
    assert [turn.response_ids for turn in user.core.turns.values()] == [["r1"]]
    assert user.core.quiet()
    assert len(user.told) == 1


def test_after_stop_no_answer_is_asked_for() -> None:
    user = Speaker()
    user.says(2000)
    user.closes()
    user.do(user.core.interrupt())
    assert user.waits(END_S) == ["input_audio_buffer.commit"]
    assert user.receive(wire.committed("u1")) == []
    assert user.core.quiet()


def test_a_service_that_has_nothing_to_commit_says_so() -> None:
    user = Speaker()
    user.says(2000)
    turn = user.ask()
    user.closes()
    user.waits(END_S)
    assert user.receive(wire.error("input_audio_buffer_commit_empty")) == ["response.create"]
    assert "made nothing of it" in user.told[-1]
    assert "u1" not in user.core.conversation.items
    user.receive(wire.created("r1", {"request": user.sent[-1].event_id}), wire.finished("r1"))
    assert turn.done
    assert user.core.quiet()


def test_hardly_a_word_is_dropped() -> None:
    user = Speaker()
    user.says(400)
    assert user.closes("muted") == ["input_audio_buffer.clear"]
    assert user.told == ["The microphone was muted as you began to speak; that little was dropped."]
    assert user.core.quiet()


def test_what_was_typed_meanwhile_is_answered() -> None:
    for ms in (100, 2000):
        user = Speaker()
        user.says(ms)
        turn = user.ask()
        assert "response.create" not in [event.type for event in user.sent]
        user.closes("page")
        user.waits(END_S)
        user.receive(wire.committed("u1"))
        requests = [event for event in user.sent if isinstance(event, ev.ResponseCreate)]
        user.receive(wire.created("r1", {"request": requests[0].event_id}), wire.finished("r1"))
        assert turn.done
        assert turn.response_ids == ["r1"]


def test_speech_that_the_service_reports_after_the_microphone_closed_ends_too() -> None:
    user = Speaker()
    user.core.append_audio(bytes(2000 * MS * 2))
    assert user.closes() == []
    assert set(user.receive(wire.speech_started("u1"))) == {"input_audio_buffer.append"}
    assert len(user.told) == 1


def test_a_microphone_that_opens_again_at_once_goes_on_with_the_turn() -> None:
    user = Speaker()
    user.says(2000)
    user.closes()
    user.core.append_audio(bytes(2000 * MS * 2))
    assert user.waits(END_S) == []
    assert user.core.user_speaking


def test_an_end_that_was_heard_needs_nothing_more() -> None:
    user = Speaker()
    user.says(2000)
    user.receive(wire.event(STOPPED, item_id="u1"))
    assert user.closes() == []
    assert user.told == []
    user.waits(COMMIT_S)
    assert user.core.quiet()


def test_it_closes_once() -> None:
    user = Speaker()
    user.says(2000)
    user.closes("muted")
    assert user.closes("user") == []
    assert len(user.told) == 1


def test_where_nobody_speaks_nothing_happens() -> None:
    user = Speaker()
    assert (user.closes(), user.told) == ([], [])


def test_the_button_counts_as_released() -> None:
    user = Speaker(None)
    user.do(user.core.press())
    user.core.append_audio(bytes(200 * MS * 2))
    assert user.closes() == ["input_audio_buffer.commit", "response.create"]
    assert user.told == ["The microphone was switched off while you spoke; what you said until then was sent."]
    assert user.do(user.core.release()) == []
    assert not user.core.user_speaking


def test_a_button_that_was_hardly_held_asks_nothing() -> None:
    user = Speaker(None)
    user.do(user.core.press())
    assert user.closes() == ["input_audio_buffer.clear"]
    assert len(user.told) == 1
    assert "Too short" in user.told[0]


def test_the_answer_that_was_spoken_over_ends_if_the_rest_is_sent() -> None:
    room = Room({"model": "whisper-1"})
    room.answer()
    room.hear(1000)
    room.receive(wire.speech_started("u2"))
    room.silenced()
    room.core.append_audio(bytes(2000 * MS * 2))
    room.do(room.core.microphone_closed("user"))
    assert "input_audio_buffer.commit" in room.pass_time()
    assert "response.create" in room.receive(wire.committed("u2"))
    assert not room.core.interruptions.undecided
    assert room.heard == 1000


def test_the_answer_goes_on_if_the_sound_over_it_is_dropped() -> None:
    room = Room({"model": "whisper-1"})
    room.answer()
    room.hear(1000)
    room.receive(wire.speech_started("u2"))
    room.silenced()
    room.do(room.core.microphone_closed("user"))
    room.pass_time()
    room.hear(4000)
    assert room.heard == 4000
