"""The timeline of whole sessions and chats: the figure, the records, and what they say of real turns."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets import side_by_side
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

if TYPE_CHECKING:
    from realtime_widgets import RealtimeSession
    from realtime_widgets.testing.scripted_server.steps import Step
    from tests.conftest import Open

WORDS = "It was a dark and stormy night."


def speech(talk: Talk) -> list[Step]:
    """A spoken turn of which the service says that it began with the connection and ended at 1.1 s."""
    turn = talk.spoken_turn("Tell me a story.", WORDS, tone(2000))
    turn[:2] = [Emit(shapes.speech_started("item_1", 0)), Emit(shapes.speech_stopped("item_1", 1100))]
    return [stall(), *turn]


async def talked(connect: Open, server: ScriptedServer, clock: ManualClock) -> RealtimeSession:
    session = connect(server, clock=clock, transcription="whisper-1")
    speaker, microphone = PlayedSpeaker(session), PlayedMicrophone(session)
    await session.start()
    await server.stalled()
    microphone.open()
    microphone.silence(200)
    microphone.tone(600)
    await clock.advance(1.2)
    microphone.close()
    server.resume()
    await speaker.holding(1900)
    await clock.advance(0.5)
    return session


async def test_speech_is_where_it_is_in_the_sound_and_the_answer_where_it_was_played(connect: Open) -> None:
    talk, clock = Talk(), ManualClock()
    cut = expect("conversation.item.truncate", item_id="item_2", audio_end_ms=1000)
    async with ScriptedServer([*talk.start(), *speech(talk), cut]) as server:
        session = await talked(connect, server, clock)
        [turn] = session.timeline()
        await clock.advance(0.5)
        session.interrupt()
        await server.finished()
        [ended] = session.timeline()
    spoken = [span for span in turn.spans if span.name == "user speaks"]
    assert [round(span.seconds, 2) for span in spoken] == [0.6]
    assert turn.delay == pytest.approx(0.4, abs=0.03)  # the quiet after the words, until the server went on
    assert (turn.question, turn.answer, turn.heard) == ("Tell me a story.", WORDS, True)
    answer = [span for span in ended.spans if span.name == "answer"]
    assert ended.interrupted
    assert [round(span.seconds, 1) for span in answer] == [1.0]


async def test_a_timeline_shows_itself_as_a_figure_and_gives_its_records(connect: Open) -> None:
    talk, clock = Talk(), ManualClock()
    async with ScriptedServer([*talk.start(), *speech(talk)]) as server:
        session = await talked(connect, server, clock)
        timeline = session.timeline()
    bundle = timeline._repr_mimebundle_()
    assert bundle["image/png"].startswith(b"\x89PNG")
    assert "1. “Tell me a story.”, first sound after 0.4" in bundle["text/plain"]
    records = timeline.records()
    assert {"turn", "title", "name", "label", "begin", "end", "seconds", "at"} == set(records[0])
    assert [record["begin"] for record in records if record["name"] == "silence"] == [0.0]
    axes = timeline.figure().axes
    assert [tick.get_text() for tick in axes[0].get_yticklabels()][:3] == ["user", "voice", "user speaks"]
    both = side_by_side({"a": timeline, "b": timeline})
    assert [axis.get_title(loc="left").split("   ")[0] for axis in both.figure().axes] == ["1. a", "1. b"]


def test_a_timeline_without_turns_says_so(connect: Open) -> None:
    timeline = side_by_side({})
    assert timeline._repr_mimebundle_() == {"text/plain": "No turns yet."}
    assert timeline.records() == []
    timeline.figure()


async def test_without_matplotlib_there_is_the_text_and_a_figure_says_what_to_install(
    connect: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk, clock = Talk(), ManualClock()
    async with ScriptedServer([*talk.start(), *speech(talk)]) as server:
        timeline = (await talked(connect, server, clock)).timeline()
    find = importlib.util.find_spec

    def without(name: str, *package: Any) -> Any:
        return None if name == "matplotlib" else find(name, *package)

    monkeypatch.setattr(importlib.util, "find_spec", without)
    assert set(timeline._repr_mimebundle_()) == {"text/plain"}
    with pytest.raises(ConfigurationError, match="pip install matplotlib"):
        timeline.figure()
