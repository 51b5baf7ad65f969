"""Checks of answers that are really spoken: a sentence that does not pass is never heard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from realtime_widgets.safety.verdict import Verdict, mask, replace_by, stop
from realtime_widgets.testing import PlayedSpeaker

if TYPE_CHECKING:
    from realtime_widgets import RealtimeSession
    from realtime_widgets.local.server.child_process import EmbeddedEndpoint
    from tests.conftest import Open

pytestmark = pytest.mark.models

FIRST = "The first sentence of this answer is harmless."
SECOND = "The second sentence gives away the password banana."
INSTEAD = "I would rather not say that."


def no_bananas(session: RealtimeSession, verdict: Verdict) -> None:
    session.check("output", lambda text: verdict if "banana" in text else None, name="bananas")


@pytest.fixture
async def session(connect: Open, embedded: EmbeddedEndpoint) -> RealtimeSession:
    session = connect(embedded.url, api_key=embedded.api_key)
    await session.start()
    return session


async def test_an_answer_that_passes_is_heard_whole(session: RealtimeSession) -> None:
    unchecked = await session.say_exactly(f"{FIRST} {INSTEAD}")
    no_bananas(session, stop("a password"))
    checked = await session.say_exactly(f"{FIRST} {INSTEAD}")
    assert checked.text == unchecked.text
    assert len(checked.pcm) == pytest.approx(len(unchecked.pcm), rel=0.1)
    assert not checked.interrupted


async def test_nothing_is_heard_of_a_sentence_that_is_stopped(session: RealtimeSession) -> None:
    alone = await session.say_exactly(FIRST)
    no_bananas(session, stop("a password"))
    reply = await session.say_exactly(f"{FIRST} {SECOND}")
    assert reply.text == FIRST
    assert reply.interrupted
    assert len(reply.pcm) <= len(alone.pcm)


@pytest.mark.parametrize("verdict", [replace_by(INSTEAD, "a password"), mask(INSTEAD, "a password")])
async def test_another_sentence_is_said_in_its_place(session: RealtimeSession, verdict: Verdict) -> None:
    instead = await session.say_exactly(INSTEAD)
    no_bananas(session, verdict)
    reply = await session.say_exactly(f"{FIRST} {SECOND}")
    assert reply.text.endswith(INSTEAD)
    assert "banana" not in reply.text
    assert len(reply.pcm) >= 0.9 * len(instead.pcm)
    assert "banana" not in session.conversation.to_markdown()


async def test_what_a_speaker_plays_stops_before_it_too(session: RealtimeSession) -> None:
    alone = await session.say_exactly(FIRST)
    no_bananas(session, stop("a password"))
    speaker = PlayedSpeaker(session)
    await session.say_exactly(f"{FIRST} {SECOND}")
    assert len(speaker.heard()) <= len(alone.pcm)
