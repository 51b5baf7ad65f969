"""What is held of the user's speech while there is no connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.runtime.sound.user_input import HeldInput, UserInput
from realtime_widgets.testing import ScriptedServer, Talk, cut, expect, reconnect, stall, tone
from realtime_widgets.widgets import Transcript
from tests.session.second_session import second_talk
from tests.session.watching import HEARD, SOUND, notices, reaches, until

if TYPE_CHECKING:
    from tests.conftest import Open

MS = 48  # bytes


def block(number: int, ms: int = 100) -> bytes:
    return bytes([number]) * (ms * MS)


def test_sound_and_presses_come_back_in_order() -> None:
    held = HeldInput()

    def press() -> None:
        pass

    held.sound(block(1))
    held.action(press)
    held.sound(block(2))
    assert list(held.drain()) == [block(1), press, block(2)]
    assert list(held.drain()) == []
    assert held.lost_ms() == 0


def test_the_oldest_sound_is_lost_first_and_said_to_be_a_press_never() -> None:
    held = HeldInput(limit_ms=250)

    def press() -> None:
        pass

    held.action(press)
    for number in range(5):
        held.sound(block(number))
    assert list(held.drain()) == [press, block(3), block(4)]
    assert held.lost_ms() == 300
    assert held.lost_ms() == 0


class Way:
    """The way to the service of a session that is connected, or not."""

    def __init__(self) -> None:
        self.time_s = 100.0
        self.sent: list[bytes | str] = []
        self.told: list[str] = []
        self.connections = 0
        self.input = UserInput(self.sent.append, self.connect, self.told.append, lambda: self.time_s)

    def connect(self) -> None:
        self.connections += 1

    def says(self, number: int, seconds: float = 1.0) -> None:
        for _ in range(round(seconds * 10)):
            self.input.hear(block(number))
            self.time_s += 0.1

    def does(self, what: str, connects: bool = True) -> None:
        late = f"late {what}"
        self.input.do(lambda: self.sent.append(what), connects=connects, stale=lambda: self.sent.append(late))


def test_before_the_first_connection_all_of_the_last_half_minute_is_sent() -> None:
    way = Way()
    way.says(1, 20)
    way.time_s += 60
    way.input.open()
    assert (len(way.sent), way.told) == (200, [])


def test_what_was_said_long_ago_over_a_lost_connection_is_dropped_and_told() -> None:
    way = Way()
    way.input.open()
    way.input.hold()
    way.says(1, 12)
    way.says(2, 3)
    way.time_s += 1
    way.input.open()
    assert way.sent == [*[block(1)] * 10, *[block(2)] * 30]
    [told] = way.told
    assert "11 s of what the microphone heard meanwhile are lost" in told


def test_a_short_loss_loses_nothing() -> None:
    way = Way()
    way.input.open()
    way.input.hold()
    way.says(1, 4)
    way.input.open()
    assert (len(way.sent), way.told) == (40, [])


def test_a_turn_by_the_button_that_ended_long_ago_was_never_said() -> None:
    way = Way()
    way.input.open()
    way.input.hold()
    way.does("press")
    way.says(1, 3)
    way.does("release")
    way.time_s += 60
    way.input.open()
    assert way.sent == ["late press", "late release"]


def test_the_end_of_a_microphone_is_no_reason_to_connect() -> None:
    way = Way()
    way.does("closed", connects=False)
    assert way.connections == 0
    way.says(1, 0.1)
    assert way.connections == 1
    way.input.open()
    assert way.sent == ["closed", block(1)]


async def test_what_is_said_during_the_loss_is_held(connect: Open) -> None:
    talk, later = Talk(), second_talk()
    turn = later.spoken_turn("How late?", "Noon.", tone(60))
    steps = [*talk.start(), stall(), cut(), reconnect(), *later.start(), HEARD, *turn]
    async with ScriptedServer(steps) as server:
        session = connect(server)
        await session.start()
        await server.stalled()
        server.resume()
        [reply] = await session.talk(SOUND, rate=24000)
        assert reply.text == "Noon."


async def test_what_is_typed_while_it_connects_is_shown_and_sent_in_order(connect: Open) -> None:
    talk = Talk()
    first, second = talk.text_turn("One", "1"), talk.text_turn("Two", "2")
    question = expect("conversation.item.create", item={"type": "message", "role": "user"})
    steps = [first[0], expect("response.create"), question, *first[2:], *second[1:]]
    async with ScriptedServer([stall(), *talk.start(), *steps]) as server:
        session = connect(server)
        transcript = Transcript(session)
        session.say("One", answer=True)
        await server.stalled()
        session.say("Two")
        await until(session, lambda: session.runtime.unsent == ["One", "Two"])
        shared_engine().run(transcript._refresh, session)
        shown = [(entry.text, entry.state) for entry, _ in transcript._shown.values()]
        assert shown == [("One", "in_progress"), ("Two", "in_progress")]
        server.resume()
        await server.finished()
        assert [item["item"]["content"][0]["text"] for item in server.received_of("conversation.item.create")] == [
            "One",
            "Two",
        ]
        assert session.runtime.unsent == []


async def test_what_is_typed_is_said_to_be_lost_if_there_is_no_connection(connect: Open) -> None:
    async with ScriptedServer([expect("session.update"), stall(), cut()]) as server:
        session = connect(server)
        session.say("Hello?")
        await server.stalled()
        session.say("Is anybody there?")
        server.resume()
        await reaches(session, "closed")
    told = notices(session)
    assert told[0] == "Not sent, because there was no connection: “Hello?”, “Is anybody there?”."
    assert told[1].startswith("The session ended:")
    assert session.runtime.unsent == []
