"""Answers are shown and played as far as their sentences have passed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realtime_widgets.core.conversation.commands import Command, RunCheck
from realtime_widgets.protocol import events as ev
from realtime_widgets.safety.verdict import PASS, Verdict, flag, mask, replace_by, stop
from tests.core import wire
from tests.core.client import QUESTION, Client

if TYPE_CHECKING:
    from realtime_widgets.core.conversation.turns import Turn

FIRST, SECOND = "This is a harmless sentence. ", "This one is not harmless at all. "
#: Sound for both, far slower than anybody speaks fast: 3 s each.
SAMPLES = 72_000


class CheckedClient(Client):
    def __init__(self, **settings: Any) -> None:
        super().__init__()
        self.checks: dict[str, str] = {}
        self.core.output_checks.on = self.core.output_checks.used = True
        for name, value in settings.items():
            setattr(self.core.output_checks, name, value)

    def carry_out(self, command: Command) -> None:
        if isinstance(command, RunCheck):
            self.checks[command.id] = command.checked.text
        super().carry_out(command)

    def decide(self, verdict: Verdict) -> list[str]:
        """Decide on the oldest sentence that waits."""
        check_id = next(iter(self.checks))
        del self.checks[check_id]
        return self.do(self.core.decided(check_id, verdict))

    def begin(self) -> Turn:
        turn, commands = self.core.ask(QUESTION, keep_audio=True)
        self.do(commands)
        self.receive(wire.created("r1", self.metadata()), wire.output_added("r1", wire.message("a1")))
        return turn

    def metadata(self) -> dict[str, str]:
        event = next(each for each in reversed(self.sent) if isinstance(each, ev.ResponseCreate))
        metadata: dict[str, str] = event.response["metadata"]
        return metadata

    @property
    def shown(self) -> str:
        return self.core.conversation.items["a1"].text

    @property
    def given(self) -> int:
        """Samples that the player was given."""
        return sum(state.sent for _, state in self.core.ledger.item_parts("a1"))

    def end(self, text: str, status: str = "completed") -> None:
        item = wire.message("a1", "assistant", {"type": "output_audio", "transcript": text}, status=status)
        self.receive(wire.output_done("r1", item), wire.finished("r1", item, status=status))


def test_a_sentence_is_neither_shown_nor_played_before_it_has_passed() -> None:
    client = CheckedClient()
    turn = client.begin()
    client.receive(wire.words("a1", FIRST), wire.audio("a1", SAMPLES), wire.words("a1", SECOND))
    assert list(client.checks.values()) == [FIRST.strip(), SECOND.strip()]
    assert (client.shown, client.given) == ("", 0)

    client.decide(PASS)
    assert client.shown == FIRST.strip()
    letters = sum(map(str.isalnum, FIRST))
    assert client.given == (letters * 40 - 200) * 24  # 40 ms a letter, 200 ms of cushion

    client.receive(wire.audio_done("a1"))
    client.end(FIRST + SECOND)
    assert not turn.done, "it is over before it is checked"
    client.decide(PASS)
    assert client.shown == (FIRST + SECOND).strip()
    assert turn.done
    assert bytes(turn.audio) == b"\1\0" * SAMPLES


def test_the_sound_that_waits_follows_in_order_and_ends_its_part() -> None:
    client = CheckedClient()
    client.begin()
    client.receive(wire.words("a1", FIRST), wire.audio("a1", SAMPLES // 2), wire.audio("a1", SAMPLES // 2))
    client.receive(wire.audio_done("a1"))
    client.end(FIRST)
    client.decide(PASS)
    state = client.core.ledger.item_parts("a1")[0][1]
    assert (state.received, state.complete) == (SAMPLES, True)


def test_a_sentence_that_is_stopped_is_never_played_and_the_model_forgets_it() -> None:
    client = CheckedClient()
    turn = client.begin()
    client.receive(wire.words("a1", FIRST), wire.words("a1", SECOND), wire.audio("a1", SAMPLES))
    client.decide(PASS)
    given = client.given
    sent = client.decide(stop("not harmless"))
    assert sent == ["response.cancel", "conversation.item.truncate"]
    cut = client.sent[-1]
    assert isinstance(cut, ev.ItemTruncate)
    assert cut.audio_end_ms == given // 24
    client.receive(wire.audio("a1", SAMPLES))
    client.end(FIRST + SECOND, "cancelled")
    assert client.shown == FIRST.strip()
    assert turn.done
    assert turn.interrupted
    # What has passed is still heard, to its end.
    assert client.silences == 0
    client.player.advance(SAMPLES)
    client.do(client.core.played(client.player.positions()))
    assert client.given == given
    assert not client.core.ledger.playing


def test_an_answer_whose_first_sentence_is_stopped_is_forgotten() -> None:
    client = CheckedClient()
    client.begin()
    client.receive(wire.words("a1", SECOND), wire.words("a1", FIRST), wire.audio("a1", SAMPLES))
    assert client.decide(stop("not harmless")) == ["response.cancel"]
    client.end(SECOND + FIRST, "cancelled")
    assert client.given == 0
    assert "conversation.item.delete" in [event.type for event in client.sent]


def test_other_words_are_said_in_the_place_of_a_sentence_and_belong_to_its_turn() -> None:
    client = CheckedClient()
    turn = client.begin()
    client.receive(wire.words("a1", SECOND), wire.audio("a1", SAMPLES))
    client.decide(replace_by("I would rather not say that.", "not harmless"))
    client.end(SECOND, "cancelled")
    assert not turn.done
    request = next(each for each in reversed(client.sent) if isinstance(each, ev.ResponseCreate))
    assert "I would rather not say that." in request.response["instructions"]
    client.receive(wire.created("r2", client.metadata()))
    item = wire.message("a2", "assistant", {"type": "output_audio", "transcript": "I would rather not."})
    client.receive(wire.output_done("r2", item), wire.finished("r2", item))
    client.decide(PASS)
    assert turn.done
    assert turn.response_ids == ["r1", "r2"]


def test_what_is_said_instead_is_not_replaced_again() -> None:
    client = CheckedClient()
    turn = client.begin()
    client.receive(wire.words("a1", SECOND), wire.audio("a1", SAMPLES))
    client.decide(replace_by("Still not harmless.", "not harmless"))
    client.end(SECOND, "cancelled")
    asked = [event.type for event in client.sent].count("response.create")
    client.receive(wire.created("r2", client.metadata()))
    item = wire.message(
        "a2", "assistant", {"type": "output_audio", "transcript": "Still not harmless."}, status="completed"
    )
    client.receive(wire.output_done("r2", item))
    client.decide(replace_by("Still not harmless.", "not harmless"))
    client.receive(wire.finished("r2", item, status="cancelled"))
    assert turn.done
    assert [event.type for event in client.sent].count("response.create") == asked


def test_words_are_hidden_in_a_written_answer_and_from_the_model() -> None:
    client = CheckedClient()
    turn = client.begin()
    client.receive(wire.text("a1", "Call me at 555 0199 today. "), wire.text("a1", "Good bye to you."))
    client.decide(mask("Call me at [hidden] today.", "a number"))
    item = wire.message(
        "a1", "assistant", {"type": "output_text", "text": "Call me at 555 0199 today. Good bye to you."}
    )
    client.receive(wire.output_done("r1", item), wire.finished("r1", item))
    client.decide(flag("polite"))
    assert client.shown == "Call me at [hidden] today. Good bye to you."
    assert turn.done
    put = next(each for each in reversed(client.sent) if isinstance(each, ev.ItemCreate))
    assert put.item["content"] == [{"type": "output_text", "text": client.shown}]
    assert "conversation.item.delete" in [event.type for event in client.sent]


def test_without_a_cushion_sound_is_played_as_it_comes_and_stopped_by_a_verdict() -> None:
    client = CheckedClient(cushion_s=None)
    client.begin()
    client.receive(wire.words("a1", SECOND), wire.audio("a1", 12_000), wire.words("a1", FIRST))
    assert client.given == 12_000
    assert client.decide(stop("not harmless")) == ["response.cancel"]
    assert client.silences == 1


def test_an_answer_that_the_user_interrupted_does_not_come_back_with_a_verdict() -> None:
    client = CheckedClient()
    client.begin()
    client.receive(wire.words("a1", FIRST), wire.words("a1", SECOND), wire.audio("a1", SAMPLES))
    client.do(client.core.interrupt())
    client.end(FIRST + SECOND, "cancelled")
    client.do(client.core.silenced([]))
    client.decide(PASS)
    client.decide(stop("late"))
    assert client.given == 0
    assert client.core.quiet()


def test_a_lost_connection_ends_what_waits_for_checks() -> None:
    client = CheckedClient()
    turn = client.begin()
    client.receive(wire.words("a1", FIRST), wire.audio("a1", SAMPLES), wire.audio_done("a1"))
    client.end(FIRST)
    assert not turn.done
    client.do(client.core.lost())
    assert turn.done


def test_words_that_come_only_with_the_whole_item_are_checked_too() -> None:
    client = CheckedClient()
    turn = client.begin()
    client.end(SECOND)
    assert client.shown == ""
    client.decide(stop("not harmless"))
    assert client.shown == ""
    assert turn.done


def test_an_answer_beside_the_talk_is_held_too() -> None:
    client = CheckedClient()
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Psst?"}]}
    turn, commands = client.core.ask_aside(item, settings={"output_modalities": ["audio"]})
    client.do(commands)
    client.receive(wire.created("r1", client.metadata(), conversation_id=None))
    client.receive(wire.words("a1", FIRST), wire.words("a1", SECOND), wire.audio("a1", SAMPLES))
    client.decide(PASS)
    heard = len(turn.audio)
    assert heard
    client.decide(stop("not harmless"))
    done = wire.message("a1", "assistant", {"type": "output_audio", "transcript": FIRST + SECOND})
    client.receive(wire.finished("r1", done, conversation_id=None))
    assert turn.done
    assert len(turn.audio) == heard
    assert client.core.conversation.items["a1"].text == FIRST.strip()


def test_sound_without_any_words_is_played_once_the_answer_is_over() -> None:
    client = CheckedClient()
    client.begin()
    client.receive(wire.audio("a1", SAMPLES))
    assert client.given == 0
    client.receive(wire.audio_done("a1"), wire.finished("r1", wire.message("a1")))
    assert client.core.ledger.item_parts("a1")[0][1].received == SAMPLES
