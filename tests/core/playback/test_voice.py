"""The sound of the answers on its way to the player: whole, in step, and no further ahead than it has to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_widgets.core.playback.commands import Play, Silence
from realtime_widgets.core.playback.ledger import Part, PlayedTo
from realtime_widgets.protocol import events as ev
from tests.core import wire
from tests.core.client import QUESTION
from tests.core.driving import MS, answering, receive, sent

if TYPE_CHECKING:
    from realtime_widgets.core.conversation.commands import Command
    from realtime_widgets.core.session import SessionCore


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


def test_a_clip_that_gives_way_ends_with_the_first_sound_of_an_answer(core: SessionCore) -> None:
    asked(core)
    clip, _ = core.play_clip(b"\1\0" * 2000 * MS, gives_way=True)
    core.played([PlayedTo(clip, 300 * MS)])
    assert not silences(receive(core, wire.words("a1", "Well")))
    commands = receive(core, wire.audio("a1", 100 * MS))
    assert isinstance(commands[0], Silence)
    assert [command.block.part.item_id for command in commands[1:] if isinstance(command, Play)] == ["a1"]
    assert sent(core.silenced([PlayedTo(clip, 320 * MS)])) == []
    assert core.ledger.playing == [Part("a1", 0)]
    assert not silences(receive(core, wire.audio("a1", 100 * MS)))


def test_a_clip_that_the_user_plays_is_heard_to_its_end(core: SessionCore) -> None:
    asked(core)
    clip, _ = core.play_clip(b"\1\0" * 2000 * MS)
    assert not silences(receive(core, wire.audio("a1", 100 * MS)))
    assert core.ledger.playing == [clip, Part("a1", 0)]


def asked(core: SessionCore) -> None:
    """Ask, and let the answer begin without any sound yet."""
    _, commands = core.ask(QUESTION)
    request = sent(commands)[-1].event_id
    receive(core, wire.created("r1", {"request": request}), wire.output_added("r1", wire.message("a1")))


def silences(commands: list[Command]) -> list[Command]:
    return [command for command in commands if isinstance(command, Silence)]
