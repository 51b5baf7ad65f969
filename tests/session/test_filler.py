"""A silence in a turn is filled: by a sound or a sentence, some times at most, and never into an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from realtime_widgets import ConfigurationError, Filler
from realtime_widgets.testing import Call, ManualClock, PlayedSpeaker, ScriptedServer, Talk, stall, tone
from realtime_widgets.testing.scripted_server.steps import Expect
from tests.session.watching import until

if TYPE_CHECKING:
    from tests.conftest import Open

SOUND = tone(300)
SAMPLES = np.frombuffer(SOUND, "<i2")


async def test_a_silence_is_filled_a_few_times_and_stays_out_of_the_talk(connect: Open) -> None:
    talk, clock = Talk(), ManualClock()
    asked, *answered = talk.text_turn("Hello?", "Good evening.")
    async with ScriptedServer([*talk.start(), asked, stall(), *answered], clock=clock) as server:
        filler = Filler(sound=SAMPLES, rate=24_000, after=2, times=2)
        session = connect(server, clock=clock, filler=filler)
        speaker = PlayedSpeaker(session)
        await session.start()
        session.say("Hello?")
        await server.stalled()
        await until(session, lambda: session.state == "thinking")
        await clock.advance(1.9)
        assert speaker.heard_ms == 0
        await clock.advance(0.2)
        await clock.advance(1.0)
        assert speaker.heard() == SOUND
        await clock.advance(10)
        await clock.advance(10)
        assert speaker.heard() == SOUND + SOUND
        server.resume()
        await until(session, lambda: session.state == "listening")
    assert [entry.text for entry in session.conversation] == ["Hello?", "Good evening."]


async def test_the_answers_first_sound_cuts_a_filler_off(connect: Open) -> None:
    def clock_of_the_hall() -> str:
        return "noon"

    talk, clock, long = Talk(), ManualClock(), tone(3000, 300)
    calls = [Call("clock_of_the_hall", {}, "noon")]
    steps = talk.function_call_turn("How late is it?", calls, "Noon.", spoken=True)
    asked = max(number for number, step in enumerate(steps) if isinstance(step, Expect)) + 1
    script = [*talk.start(), *steps[:asked], stall(), *steps[asked:]]
    async with ScriptedServer(script, whenever=talk.whenever(), clock=clock) as server:
        filler = Filler(sound=np.frombuffer(long, "<i2"), rate=24_000, after=2)
        session = connect(server, clock=clock, filler=filler, tools=[clock_of_the_hall])
        speaker = PlayedSpeaker(session)
        await session.start()
        session.say("How late is it?")
        await server.stalled()
        await until(session, lambda: session.state == "thinking")
        await clock.advance(2.1)
        await clock.advance(0.5)
        begun = speaker.heard()
        assert begun
        assert long.startswith(begun)
        server.resume()
        await until(session, lambda: session.transcript.endswith("Noon."))
        await clock.advance(1.0)
        answer = speaker.heard().removeprefix(begun)
        assert answer == tone(len(answer) / 48)
        assert answer


async def test_an_answer_in_time_is_not_preceded_by_anything(connect: Open) -> None:
    talk, clock = Talk(), ManualClock()
    async with ScriptedServer([*talk.start(), *talk.text_turn("Hello?", "Good evening.")], clock=clock) as server:
        session = connect(server, clock=clock, filler=Filler(sound=SAMPLES, rate=24_000))
        speaker = PlayedSpeaker(session)
        await session.ask("Hello?")
        await clock.advance(10)
        assert speaker.heard_ms == 0


async def test_a_service_that_says_nothing_beside_the_talk_is_told_of_once(connect: Open) -> None:
    talk, clock = Talk(), ManualClock()
    asked, *answered = talk.text_turn("Hello?", "Good evening.")
    async with ScriptedServer([*talk.start(), asked, stall(), *answered], clock=clock) as server:
        session = connect(server, clock=clock, filler="One moment.", capabilities={"out_of_band": False})
        await session.start()
        session.say("Hello?")
        await server.stalled()
        await until(session, lambda: session.state == "thinking")
        for _ in range(4):
            await clock.advance(3)
        server.resume()
        await until(session, lambda: session.state == "listening")
        told = [each.text for each in session.runtime.core.notices if "silences stay" in each.text]
    assert len(told) == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "a sentence or a sound"),
        ({"say": "Hm.", "sound": SAMPLES, "rate": 24_000}, "a sentence or a sound"),
        ({"say": "Hm.", "after": 0}, "after must be seconds"),
        ({"say": "Hm.", "times": 99}, "times must be"),
        ({"sound": np.zeros(264_000, np.float32), "rate": 24_000}, "may last 10 s"),
    ],
)
def test_what_is_no_filler_is_refused_in_words(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        Filler(**options)
