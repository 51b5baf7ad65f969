"""What a call plays, in which order, and what of it counts as heard."""

from __future__ import annotations

import numpy as np

from realtime_widgets.local.realtime.responses.output_buffer import ClearedAnswer, Cut
from realtime_widgets.local.webrtc.playout import Playout


def sound(milliseconds: int, level: int = 1000) -> bytes:
    return np.full(milliseconds * 24, level, dtype="<i2").tobytes()


class Told:
    def __init__(self) -> None:
        self.events: list[tuple[str, str]] = []
        self.playout = Playout(lambda kind, response: self.events.append((kind, response)))

    def play(self, blocks: int) -> list[int]:
        return [int(self.playout.next_block().max()) for _ in range(blocks)]


def test_an_answer_starts_with_its_first_sound_and_stops_when_it_is_over_and_played() -> None:
    told = Told()
    told.playout.begin("r1", "audio/pcm")
    assert told.play(1) == [0]
    told.playout.add("r1", "a1", 0, sound(40))
    assert told.play(3) == [1000, 1000, 0]
    assert told.events == [("started", "r1")]
    told.playout.finish("r1")
    told.play(1)
    assert told.events == [("started", "r1"), ("stopped", "r1")]


def test_answers_are_played_one_after_the_other() -> None:
    told = Told()
    for response, level in (("r1", 100), ("r2", 200)):
        told.playout.begin(response, "audio/pcm")
        told.playout.add(response, "a", 0, sound(20, level))
    assert told.play(2) == [100, 0]
    told.playout.finish("r1")
    assert told.play(1) == [200]
    assert told.events == [("started", "r1"), ("stopped", "r1"), ("started", "r2")]


def test_clearing_tells_how_much_of_each_part_was_played() -> None:
    told = Told()
    told.playout.begin("r1", "audio/pcm")
    told.playout.add("r1", "a1", 0, sound(40))
    told.playout.add("r1", "a2", 0, sound(100))
    told.playout.add("r1", "a3", 0, sound(100))
    told.play(4)
    assert told.playout.clear() == [ClearedAnswer("r1", [Cut("a2", 0, 40), Cut("a3", 0, 0)])]
    told.playout.add("r1", "a3", 0, sound(100))
    told.playout.finish("r1")
    assert told.play(2) == [0, 0]
    assert told.playout.clear() == []
    assert told.events == [("started", "r1")]


def test_telephone_sound_is_counted_in_its_own_time() -> None:
    told = Told()
    told.playout.begin("r1", "audio/pcmu")
    told.playout.add("r1", "a1", 0, bytes([0x20]) * 800)
    told.play(3)
    [cleared] = told.playout.clear()
    assert cleared.cuts == [Cut("a1", 0, 60)]
