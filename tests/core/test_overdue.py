"""What the service does not do in time: each turn ends with the reason, the next one is answered, Stop works."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets.core.turn_taking import patience
from realtime_widgets.protocol import events as ev
from tests.core import wire
from tests.core.client import Client

if TYPE_CHECKING:
    from realtime_widgets.core.conversation.turns import Turn

DETECTION = {"turn_detection": {"type": "server_vad"}}
MADE = wire.message("a1", "assistant", {"type": "output_text", "text": "Well"}, status="completed")


class Talk(Client):
    """A talk in which time passes only as a test says."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.due: dict[str, float] = {}
        self.receive(wire.event("session.created", session={"audio": {"input": DETECTION}}))

    def wait(self, seconds: float) -> None:
        """Let so many seconds pass; limits end in order, each at its time."""
        until = self.now + seconds
        while True:
            while self.wakes:
                wake = self.wakes.popleft()
                self.due[wake.id] = self.now + wake.seconds
            next_id = min(self.due, key=lambda wake_id: self.due[wake_id], default=None)
            if next_id is None or self.due[next_id] > until:
                break
            self.now = self.due.pop(next_id)
            self.do(self.core.wake(next_id))
        self.now = until

    @property
    def told(self) -> list[str]:
        return [notice.text for notice in self.core.notices]

    def asked(self) -> tuple[Turn, str]:
        """Ask; return the turn and the id of its request."""
        turn = self.ask()
        return turn, self.sent[-1].event_id

    def begin(self, response_id: str = "r1", **fields: Any) -> Turn:
        """Ask, and let the answer begin."""
        turn, request = self.asked()
        self.receive(wire.created(response_id, {"request": request}, **fields))
        return turn

    def answers(self) -> None:
        """See that the next question is answered."""
        assert self.core.activity == "listening"
        turn, request = self.asked()
        assert self.sent[-1].type == "response.create"
        done = wire.finished("r9", {**MADE, "id": "a9"})
        self.receive(wire.created("r9", {"request": request}), done)
        assert (turn.done, turn.error, self.core.activity) == (True, "", "listening")


@pytest.fixture
def talk() -> Talk:
    return Talk()


def test_a_request_that_is_ignored_fails_within_its_limit(talk: Talk) -> None:
    turn, _ = talk.asked()
    talk.wait(patience.BEGIN_S - 1)
    assert not turn.done
    talk.wait(1)
    assert turn.error == "the service did not begin an answer within 60 s"
    assert talk.told == ["The answer failed: the service did not begin an answer within 60 s."]
    talk.answers()


def test_an_error_without_a_name_ends_the_request_that_it_may_be_about(talk: Talk) -> None:
    turn, _ = talk.asked()
    talk.receive(wire.error("server_error", text="Something broke."))
    assert not turn.done
    talk.wait(patience.ERROR_S)
    assert (turn.error, talk.told) == ("Something broke.", ["Something broke."])
    talk.answers()


def test_an_error_without_a_name_ends_nothing_that_goes_on(talk: Talk) -> None:
    turn, request = talk.asked()
    talk.receive(wire.error("server_error", text="Something broke."), wire.created("r1", {"request": request}))
    talk.wait(patience.ERROR_S * 2)
    talk.receive(wire.error("server_error", text="Something else."), wire.text("a1", "We"))
    talk.wait(patience.ERROR_S)
    talk.receive(wire.text("a1", "ll"))
    talk.wait(patience.ERROR_S - 1)
    talk.receive(wire.finished("r1", MADE))
    assert (turn.done, turn.error) == (True, "")


def test_an_error_in_the_middle_of_an_answer_ends_it_if_nothing_follows(talk: Talk) -> None:
    turn = talk.begin()
    talk.receive(wire.text("a1", "Well"), wire.error("server_error", text="Something broke."))
    talk.wait(patience.ERROR_S * 2)
    assert turn.error == "Something broke."
    assert talk.sent[-1].type == "response.cancel"
    talk.answers()


def test_a_request_that_is_given_up_is_not_heard_if_it_is_answered_after_all(talk: Talk) -> None:
    turn, request = talk.asked()
    talk.wait(patience.BEGIN_S)
    sent = talk.receive(wire.created("r1", {"request": request}), wire.audio("a1", 4800))
    assert sent == ["response.cancel"]
    talk.receive(wire.finished("r1", status="cancelled"))
    assert list(talk.core.turns.values()) == [turn]
    assert talk.player.idle
    talk.answers()


def test_a_response_that_never_ends_fails_within_its_limit(talk: Talk) -> None:
    turn = talk.begin()
    for _ in range(5):
        talk.receive(wire.text("a1", "Well "))
        talk.wait(patience.STALL_S - 1)
    assert not turn.done
    talk.wait(patience.STALL_S)
    assert turn.error == "nothing more of the answer came within 120 s"
    assert talk.sent[-1].type == "response.cancel"
    talk.answers()


def test_an_answer_that_is_whole_counts_although_nobody_says_that_it_is_over(talk: Talk) -> None:
    turn = talk.begin()
    talk.receive(wire.output_added("r1", wire.message("a1")), wire.output_done("r1", MADE))
    talk.wait(2 * patience.STALL_S)
    assert (turn.done, turn.error) == (True, "")
    assert talk.told == [
        "The service never said that its answer was over; it counts as whole, 120 s after its last part."
    ]
    talk.answers()


def test_calls_of_a_response_that_never_ends_are_answered_and_it_goes_on(talk: Talk) -> None:
    turn = talk.begin()
    talk.receive(wire.output_done("r1", wire.call("f1", "call_1", status="completed")))
    talk.do(talk.core.tool_finished("call_1", "4"))
    talk.wait(2 * patience.STALL_S)
    assert talk.sent[-1].type == "response.create"
    talk.receive(wire.created("r2", {"request": talk.sent[-1].event_id}), wire.finished("r2", MADE))
    assert (turn.done, turn.error) == (True, "")


def test_a_response_that_waits_for_the_users_consent_is_not_given_up(talk: Talk) -> None:
    turn = talk.begin()
    request = {
        "id": "m1",
        "type": "mcp_approval_request",
        "name": "find",
        "server_label": "docs",
        "arguments": "{}",
    }
    talk.receive(wire.output_added("r1", request))
    talk.wait(5 * patience.STALL_S)
    assert (talk.asking, turn.done) == (["m1"], False)


@pytest.mark.parametrize("begun", [True, False])
def test_stop_ends_what_the_service_does_not(talk: Talk, begun: bool) -> None:
    turn = talk.begin() if begun else talk.asked()[0]
    talk.do(talk.core.interrupt())
    talk.wait(patience.STOP_S)
    assert (turn.done, turn.interrupted, turn.error, talk.told) == (True, True, "", [])
    talk.answers()


def test_speech_of_which_nothing_is_made_holds_questions_for_a_moment_only(talk: Talk) -> None:
    talk.receive(wire.speech_started("u1"), wire.event("input_audio_buffer.speech_stopped", item_id="u1"))
    talk.ask()
    assert talk.sent[-1].type == "conversation.item.create"
    talk.wait(patience.COMMIT_S)
    assert talk.sent[-1].type == "response.create"
    assert talk.told == ["The service heard you speak and made nothing of it; say it again."]
    assert not talk.core.user_speaking


def test_speech_that_never_ends_holds_questions_up_to_a_limit(talk: Talk) -> None:
    talk.receive(wire.speech_started("u1"))
    talk.ask()
    talk.wait(patience.SPEECH_S)
    assert talk.sent[-1].type == "response.create"


def test_stop_ends_what_waits_for_speech_that_never_ends(talk: Talk) -> None:
    talk.receive(wire.speech_started("u1"))
    turn = talk.ask()
    assert talk.core.activity == "thinking"
    assert talk.do(talk.core.interrupt()) == []
    assert (turn.done, turn.interrupted, talk.core.activity) == (True, True, "listening")


def test_an_item_may_be_deleted_before_its_response_is_over(talk: Talk) -> None:
    turn = talk.begin()
    talk.receive(wire.output_added("r1", wire.message("a1")), wire.audio("a1", 4800))
    talk.do(talk.core.interrupt())
    talk.receive(ev.ItemDeleted(item_id="a1"), wire.finished("r1", wire.message("a1"), status="cancelled"))
    assert turn.done
    talk.do(talk.core.silenced(talk.player.clear()))
    talk.answers()


def test_a_deletion_of_nothing_drops_no_later_event(talk: Talk) -> None:
    talk.receive(ev.ItemDeleted(item_id=""))
    turn = talk.begin()
    talk.receive(wire.finished("r1", MADE))
    assert (turn.done, turn.error) == (True, "")
    assert talk.core.conversation.items["a1"].text == "Well"
    talk.answers()


def nameless(event: Any) -> Any:
    """Take the id of its response from an event."""
    if hasattr(event, "response"):
        event.response = {name: value for name, value in event.response.items() if name != "id"}
    else:
        event.response_id = ""
    return event


@pytest.mark.parametrize("bare", ["all", "begin", "end", "no begin"])
def test_answers_of_a_server_without_ids_of_responses_are_told_apart(talk: Talk, bare: str) -> None:
    turns = []
    for number in (1, 2):
        turn, request = talk.asked()
        item = {
            **MADE,
            "id": f"a{number}",
            "content": [{"type": "output_audio", "transcript": f"Answer {number}"}],
        }
        begin, end = wire.created(f"r{number}", {"request": request}), wire.finished(f"r{number}", item)
        middle = [
            wire.output_added(f"r{number}", wire.message(f"a{number}")),
            wire.words(f"a{number}", f"Answer {number}", f"r{number}"),
            wire.audio(f"a{number}", 2400, f"r{number}"),
            wire.audio(f"a{number}", 2400, f"r{number}"),
            wire.audio_done(f"a{number}", f"r{number}"),
        ]
        if bare == "all":
            begin, end, middle = nameless(begin), nameless(end), [nameless(event) for event in middle]
        elif bare == "begin":
            begin = nameless(begin)
        elif bare == "end":
            end = nameless(end)
        talk.receive(*([] if bare == "no begin" else [begin]), *middle)
        assert talk.core.activity == "speaking"
        assert len(turn.response_ids) == 1
        talk.receive(end)
        assert (turn.done, turn.error, turn.interrupted) == (True, "", False)
        [response_id] = turn.response_ids
        assert talk.core.conversation.responses[response_id].item_ids == [f"a{number}"]
        talk.player.advance(4800)
        talk.do(talk.core.played(talk.player.positions()))
        turns.append(turn)
    assert turns[0].response_ids != turns[1].response_ids
    talk.answers()


def test_an_answer_without_ids_can_be_stopped(talk: Talk) -> None:
    turn, _ = talk.asked()
    talk.receive(nameless(wire.created("r1")), nameless(wire.output_added("r1", wire.message("a1"))))
    talk.receive(nameless(wire.audio("a1", 24000)))
    talk.do(talk.core.interrupt())
    assert (talk.silences, talk.sent[-1].type) == (1, "response.cancel")
    talk.do(talk.core.silenced(talk.player.clear()))
    talk.receive(nameless(wire.audio("a1", 24000)))
    assert talk.player.idle
    talk.wait(patience.STOP_S)
    assert (turn.done, turn.interrupted) == (True, True)
    talk.answers()


def test_an_aside_that_is_ignored_fails_within_its_limit(talk: Talk) -> None:
    aside, commands = talk.core.ask_aside({"type": "message"})
    talk.do(commands)
    talk.wait(patience.BEGIN_S)
    assert aside.error == "the service did not answer this aside within 60 s"


def test_an_aside_that_never_ends_fails_within_its_limit(talk: Talk) -> None:
    aside, commands = talk.core.ask_aside({"type": "message"})
    talk.do(commands)
    talk.receive(wire.created("r1", {"request": talk.sent[-1].event_id}, conversation_id=None))
    talk.wait(patience.STALL_S)
    assert aside.error == "the service did not answer this aside within 120 s"
    assert talk.sent[-1].type == "response.cancel"


def test_a_server_that_is_always_busy_is_not_asked_for_ever(talk: Talk) -> None:
    turn, request = talk.asked()
    busy = wire.error("conversation_already_has_active_response", request)
    talk.receive(busy)
    talk.wait(patience.BEGIN_S)
    assert "another answer is being made, and ended none within 60 s" in turn.error
    talk.answers()


def test_a_request_is_put_back_a_number_of_times_only(talk: Talk) -> None:
    turn, request = talk.asked()
    for number in range(20):
        talk.receive(wire.error("conversation_already_has_active_response", request))
        talk.receive(wire.created(f"own_{number}", {"request": "another"}), wire.finished(f"own_{number}"))
    assert "again and again" in turn.error
    assert sum(event.event_id == request for event in talk.sent) == 9
    talk.answers()


def test_a_question_that_is_given_up_before_it_is_asked_is_not_asked(talk: Talk) -> None:
    talk.begin()
    waiting = talk.ask()
    talk.do(talk.core.give_up(waiting))
    assert waiting.done
    assert talk.receive(wire.finished("r1", MADE)) == []


@pytest.mark.parametrize("begun", [True, False])
def test_a_question_that_is_given_up_is_not_asked_again_over_another_connection(talk: Talk, begun: bool) -> None:
    turn = talk.begin() if begun else talk.asked()[0]
    talk.do(talk.core.give_up(turn))
    talk.do(talk.core.lost())
    assert "response.create" not in talk.do(talk.core.resume())
    assert (turn.done, talk.core.activity) == (True, "listening")


def test_a_turn_that_is_given_up_asks_for_nothing_more(talk: Talk) -> None:
    turn = talk.begin()
    item = wire.call("f1", "call_1", status="completed")
    talk.receive(wire.output_done("r1", item), wire.finished("r1", item))
    talk.do(talk.core.give_up(turn))
    assert talk.do(talk.core.tool_finished("call_1", "4")) == ["conversation.item.create"]
    assert turn.done
    assert talk.told == ["Nobody waits for this answer any more: what follows from its tools was not asked for."]
    talk.answers()


def test_a_call_that_was_deleted_gets_no_output(talk: Talk) -> None:
    turn = talk.begin()
    item = wire.call("f1", "call_1", status="completed")
    talk.receive(wire.output_done("r1", item), ev.ItemDeleted(item_id="f1"), wire.finished("r1"))
    assert talk.do(talk.core.tool_finished("call_1", "4")) == ["response.create"]
    talk.receive(wire.created("r2", {"request": talk.sent[-1].event_id}), wire.finished("r2", MADE))
    assert (turn.done, turn.error) == (True, "")
