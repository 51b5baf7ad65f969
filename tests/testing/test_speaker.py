"""A played speaker: what is heard of it, and what the session is told."""

from __future__ import annotations

from realtime_widgets import RealtimeSession
from realtime_widgets.testing import (
    ManualClock,
    PlayedSpeaker,
    ScriptedServer,
    Talk,
    stall,
    tone,
)


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
