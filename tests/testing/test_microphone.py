"""A played microphone: what the server hears of it, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from realtime_widgets import AudioError, RealtimeSession
from realtime_widgets.audio.pcm import duration_ms
from realtime_widgets.testing import (
    ManualClock,
    PlayedMicrophone,
    ScriptedServer,
    Talk,
    expect,
    tone,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.testing.clock import ManualTimer


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
