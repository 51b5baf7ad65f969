"""A cough over an answer, in whole sessions: what comes out of the player, sample by sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.testing import (
    ManualClock,
    PlayedMicrophone,
    PlayedSpeaker,
    ScriptedServer,
    Talk,
    expect,
    stall,
    tone,
)
from realtime_widgets.testing.scripted_server import shapes
from realtime_widgets.testing.scripted_server.steps import Emit
from tests.local import conftest as local_conftest
from tests.session.watching import until

if TYPE_CHECKING:
    from realtime_widgets import RealtimeSession
    from realtime_widgets.testing.scripted_server.steps import Step
    from tests.conftest import Open
    from tests.local.conftest import Endpoint

#: Endpoints around small stand-ins for the models.
start_endpoint, endpoint = local_conftest.start_endpoint, local_conftest.endpoint

STORY = tone(4000)
BEHIND = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": str}]}


def cough(words: str | None = "") -> list[Step]:
    """The events of a sound over the answer, up to its transcript."""
    item = shapes.user_speech("cough")
    steps: list[Step] = [
        Emit(shapes.speech_started("cough", 5000)),
        expect("conversation.item.truncate", item_id="item_2", audio_end_ms=1000).then(
            Emit(shapes.item_truncated("item_2", 1000))
        ),
        Emit(shapes.speech_stopped("cough", 5300)),
        Emit(shapes.committed("cough", "item_2")),
        Emit(shapes.item_added(item, "item_2")),
        Emit(shapes.item_done(item, "item_2")),
    ]
    if words is not None:
        steps.append(Emit(shapes.transcribed("cough", words)))
    return steps


async def decided(session: RealtimeSession) -> None:
    core = session.runtime.core
    await until(session, lambda: not core.interruptions.undecided and not core.user_speaking)


@pytest.mark.parametrize("how", ["by its empty transcript", "by time"])
async def test_the_answer_goes_on_where_it_stopped_and_no_sample_is_lost(connect: Open, how: str) -> None:
    talk, clock = Talk(), ManualClock()
    turn = talk.spoken_turn("Tell me a story.", "It was a dark and stormy night in all of London.", STORY)
    steps = [*talk.start(), *turn, stall(), *cough("" if how == "by its empty transcript" else None), stall()]
    steps += [expect("conversation.item.create", item=BEHIND, previous_item_id="item_2")]
    async with ScriptedServer(steps) as server:
        session = connect(server, clock=clock, transcription="whisper-1", false_interruption_timeout=1.5)
        speaker = PlayedSpeaker(session)
        await session.start()
        await server.stalled()
        await speaker.holding(1500)
        await clock.advance(1.0)
        server.resume()
        await server.stalled()
        server.resume()
        if how == "by time":
            await until(session, lambda: session.runtime.core.expects_response)
            await clock.advance(1.4)
            assert speaker.heard_ms == 1000
            await clock.advance(0.2)
        await decided(session)
        await server.finished()
        await speaker.holding(1000)
        await clock.advance(2.0)
        await speaker.holding(500)
        await clock.advance(3.0)
        assert speaker.heard() == STORY
        assert not session.conversation[1].cut
        assert session.state == "listening"


async def is_interrupted(connect: Open, said: str, **changes: Any) -> RealtimeSession:
    """Somebody says this over a story a second after it began; nothing of the rest is heard."""
    talk, clock = Talk(), ManualClock()
    turn = talk.spoken_turn("Tell me a story.", "It was a dark and stormy night.", STORY)
    async with ScriptedServer([*talk.start(), *turn, stall(), *cough(said), stall()]) as server:
        session = connect(server, clock=clock, transcription="whisper-1")
        speaker = PlayedSpeaker(session)
        await session.start()
        if changes:
            await session.update(**changes)
        await server.stalled()
        await speaker.holding(1500)
        await clock.advance(1.0)
        server.resume()
        await server.stalled()
        await decided(session)
        await clock.advance(10.0)
        assert speaker.heard() == STORY[: 1000 * 48]
        return session


async def test_words_over_the_answer_end_it(connect: Open) -> None:
    session = await is_interrupted(connect, "Stop it!")
    assert session.conversation[1].cut


async def test_the_setting_is_checked_and_changes_while_the_talk_goes_on(connect: Open) -> None:
    await is_interrupted(connect, "", false_interruption_timeout=None)
    for wrong in (0, -1, 61, True, "soon", float("nan")):
        with pytest.raises(ConfigurationError, match="false_interruption_timeout"):
            connect("http://127.0.0.1:9/v1", false_interruption_timeout=wrong)


async def test_the_local_endpoint_takes_a_cough_for_none(connect: Open, endpoint: Endpoint) -> None:
    session = connect(f"{endpoint.url}/v1", transcription="whisper-1")
    clock = ManualClock()
    speaker, microphone = PlayedSpeaker(session, clock), PlayedMicrophone(session, clock)
    endpoint.synthesiser.free = 100
    session.say("long")
    runtime: Any = session.runtime
    await speaker.holding(1500)

    def made() -> bool:
        turns = runtime.core.turns.values()
        return bool(turns) and all(turn.done for turn in turns)

    await until(session, made)
    await clock.advance(1.0)
    microphone.open()
    microphone.tone(300, 4000)  # no words are heard in it
    await clock.advance(1.5)

    def known() -> bool:
        coughs = [item for item in runtime.core.conversation if item.role == "user" and item.spoken]
        return any(item.state == "completed" for item in coughs) and not runtime.core.interruptions.undecided

    await until(session, known)
    heard = speaker.heard_ms
    for _ in range(40):
        await clock.advance(1.0)
    core = runtime.core
    [answer] = [line for line in session.conversation if line.role == "assistant"]
    assert heard < 3000
    assert speaker.heard_ms == answer.audio_ms == answer.heard_ms
    assert not answer.cut
    assert not core.notices
    assert [record.event["type"] for record in session.journal].count("conversation.item.truncate") == 1
