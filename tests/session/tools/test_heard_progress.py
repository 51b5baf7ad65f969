"""Progress of a tool that is heard beside the conversation, and calls that a word cancels."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

from realtime_widgets import RealtimeSession, progress
from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.testing import Call, PlayedSpeaker, ScriptedServer, Talk, stall
from realtime_widgets.testing.scripted_server import shapes
from realtime_widgets.testing.scripted_server.steps import Emit
from realtime_widgets.tools.execution.consent_words import cancels
from tests.session.watching import until

if TYPE_CHECKING:
    from tests.conftest import Open


@pytest.mark.models
async def test_progress_is_said_and_is_no_part_of_the_talk() -> None:
    go_on = threading.Event()

    def count_stars() -> str:
        """Count the stars."""
        progress("Half of the sky is counted.", 0.5, say=True)
        go_on.wait(60)
        return "9000 stars"

    async with RealtimeSession(endpoint="local", tools=[count_stars]) as session:
        speaker = PlayedSpeaker(session)
        session.say("Count the stars.")
        played = session.runtime.until(lambda: bool(speaker.heard()), 60)
        await asyncio.wrap_future(shared_engine().submit(played))
        [running] = session.runtime.tools.values()
        assert running.phase == "running"
        assert speaker.heard()
        go_on.set()
        await until(
            session, lambda: "9000 stars" in str([item.text for item in session.runtime.core.conversation])
        )
        assert "Half of the sky" not in session.transcript


async def test_a_service_that_says_nothing_beside_the_talk_shows_it_and_says_so(connect: Open) -> None:
    def work() -> str:
        """Do the work."""
        progress("Half done.", say=True)
        progress("Nearly.", say=True)
        return "done"

    talk = Talk()
    turn = talk.function_call_turn("Go.", [Call("work", {}, "done")], "It is done.")
    async with ScriptedServer([*talk.start(), *turn], whenever=talk.whenever()) as server:
        session = connect(server, tools=[work], capabilities={"out_of_band": False})
        await session.ask("Go.")
        await server.finished()
    assert len([each for each in session.runtime.core.notices if "only shown" in each.text]) <= 1


@pytest.mark.parametrize("how", ["spoken", "typed"])
async def test_a_word_cancels_what_runs(connect: Open, how: str) -> None:
    started, go_on = threading.Event(), threading.Event()

    def work() -> str:
        """Do the work."""
        started.set()
        go_on.wait(20)
        return "done"

    talk = Talk()
    output = {"type": "function_call_output", "output": expect_stopped}
    turn = talk.function_call_turn("Go.", [Call("work", {}, output["output"])], "I stopped.")
    at = next(number for number, step in enumerate(turn) if "function_call_output" in repr(step))
    words = [
        Emit(shapes.speech_started("said", 0)),
        Emit(shapes.speech_stopped("said", 300)),
        Emit(shapes.committed("said", None)),
        Emit(shapes.item_added(shapes.user_speech("said"), None)),
        Emit(shapes.transcribed("said", "Cancel that, please.")),
    ]
    spoken = [stall(), *words] if how == "spoken" else []
    async with ScriptedServer(
        [*talk.start(), *turn[:at], *spoken, *turn[at:]], whenever=talk.whenever()
    ) as server:
        session = connect(server, tools=[work], transcription="whisper-1")
        await session.start()
        session.say("Go.")
        assert await asyncio.to_thread(started.wait, 20)
        if how == "spoken":
            await server.stalled()
            server.resume()
        else:
            assert session._engine.run(session.runtime.consent.typed, "cancel")
        await server.finished()
        go_on.set()


def expect_stopped(output: str) -> bool:
    return "the user stopped this call" in output


def test_only_whole_utterances_cancel() -> None:
    assert all(map(cancels, ["Cancel.", "cancel that, please", "Abbrechen!", "Annule, s'il te plaît", "Cancela."]))
    assert not any(
        map(cancels, ["Can you cancel my flight?", "cancel the order of Monday", "stop", "", "no cancel"])
    )
