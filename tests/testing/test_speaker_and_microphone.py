from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from realtime_widgets import AudioError, RealtimeSession
from realtime_widgets.pcm import duration_ms
from realtime_widgets.testing import (
    ManualClock,
    PlayedMicrophone,
    PlayedSpeaker,
    ScriptedServer,
    Talk,
    delay,
    expect,
    stall,
    tone,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.testing.clock import ManualTimer


async def test_an_answer_is_truncated_at_what_the_clock_let_be_heard() -> None:
    clock, talk = ManualClock(), Talk()
    steps = talk.barge_in_turn("Tell me.", "A long answer it is.", "Stop.", "Well.", after_done=True, heard_ms=700)
    async with ScriptedServer([*talk.start(), stall(), *steps], clock=clock) as server:
        session = RealtimeSession(endpoint=server.url, clock=clock)
        speaker = PlayedSpeaker(session)
        async with session:
            await server.stalled()
            server.resume()
            await server.stalled()
            await speaker.holding(900)
            await clock.advance(0.7)
            server.resume()
            await server.finished()
            assert speaker.heard() == tone(1500)[: 700 * 48]


async def test_the_speaker_reports_every_tenth_of_a_second_and_at_the_end() -> None:
    clock, talk = ManualClock(), Talk()
    steps = [*talk.start(), stall(), *talk.spoken_turn("Hi", "Yes", audio=tone(250)), stall()]
    async with ScriptedServer(steps) as server:
        session = RealtimeSession(endpoint=server.url, clock=clock)
        speaker = PlayedSpeaker(session)
        await session.start()
        await server.stalled()
        server.resume()
        await speaker.holding(250)
        reported = []
        for _ in range(6):
            await clock.advance(0.05)
            reported.append(session.runtime.core.ledger.ahead() * 1000 // 24000)
        assert reported == [250, 150, 150, 50, 0, 0]
        assert (speaker.heard_ms, speaker.queued_ms) == (250, 0)
        await session.close()


async def test_a_speaker_that_keeps_nothing_still_tells_how_much_was_heard() -> None:
    clock, talk = ManualClock(), Talk()
    steps = [*talk.start(), stall(), *talk.spoken_turn("Hi", "Yes", audio=tone(250)), stall()]
    async with ScriptedServer(steps) as server:
        session = RealtimeSession(endpoint=server.url, clock=clock)
        speaker = PlayedSpeaker(session, keep=False)
        await session.start()
        await server.stalled()
        server.resume()
        await speaker.holding(250)
        await clock.advance(0.3)
        assert (speaker.heard_ms, speaker.heard()) == (250, b"")
        await session.close()


async def test_a_microphone_sends_a_block_for_every_twenty_milliseconds_of_the_clock() -> None:
    clock, talk = ManualClock(), Talk()
    async with ScriptedServer([*talk.start(), *[expect("input_audio_buffer.append")] * 10]) as server:
        session = RealtimeSession(endpoint=server.url, clock=clock)
        await session.start()
        microphone = PlayedMicrophone(session)
        microphone.tone(50)
        microphone.silence(30)
        microphone.speak(np.full(1600, 0.5, np.float32), rate=16000)
        await clock.advance(1)
        assert microphone.queued_ms == 180  # closed until now
        microphone.open()
        await clock.advance(0.2)
        microphone.close()
        await clock.advance(1)
        await server.finished()
        heard = server.heard()
        await session.close()
    assert duration_ms(len(heard)) == 200
    assert heard[: 50 * 48] == tone(50)
    assert not any(heard[50 * 48 : 80 * 48])
    assert any(heard[80 * 48 : 180 * 48])
    assert not any(heard[180 * 48 :])


class LateClock(ManualClock):
    """Wakes everybody five milliseconds late."""

    def call_later(self, delay: float, callback: Callable[..., object], *arguments: Any) -> ManualTimer:
        return super().call_later(delay + 0.005, callback, *arguments)


async def test_a_microphone_keeps_its_pace_where_timers_are_late() -> None:
    clock, talk = LateClock(), Talk()
    async with ScriptedServer([*talk.start(), *[expect("input_audio_buffer.append")] * 49]) as server:
        session = RealtimeSession(endpoint=server.url, clock=clock)
        await session.start()
        microphone = PlayedMicrophone(session)
        microphone.open()
        await clock.advance(1)
        await server.finished()
        await session.close()


async def test_push_to_talk_through_the_microphone() -> None:
    clock, talk = ManualClock(), Talk()
    steps = [*talk.start(), expect("input_audio_buffer.clear"), *talk.push_to_talk_turn("Hi", "Hello there.")]
    async with ScriptedServer(steps) as server:
        session = RealtimeSession(endpoint=server.url, clock=clock, turn_detection="push_to_talk")
        async with session:
            microphone = PlayedMicrophone(session)
            microphone.open()
            microphone.press()
            microphone.tone(400)
            await clock.advance(0.4)
            microphone.release()
            await server.finished()
            assert server.heard() == tone(400)


async def test_a_microphone_refuses_what_is_no_sound() -> None:
    async with ScriptedServer() as server:
        session = RealtimeSession(endpoint=server.url)
        with pytest.raises(AudioError, match="sample rate"):
            PlayedMicrophone(session).speak(np.zeros(10, np.float32))


async def test_a_delay_of_the_server_ends_with_the_clock() -> None:
    clock, talk = ManualClock(), Talk()
    asked, create, *answer = talk.text_turn("Hi", "Hello!")
    steps = [*talk.start(), asked, create, delay(3.0), *answer]
    async with ScriptedServer(steps, clock=clock) as server:
        session = RealtimeSession(endpoint=server.url, clock=clock)
        async with session:
            session.say("Hi")
            await server.delayed()
            await clock.advance(2.9)
            assert "Hello" not in session.transcript
            await clock.advance(0.1)
            await server.finished()
