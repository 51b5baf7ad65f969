"""What of a conversation is put into a new session, over real sockets: what was said, as far as it was heard."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import numpy as np

from realtime_widgets.testing import ScriptedServer, Talk, cut, expect, reconnect, stall, tone
from tests.session.second_session import HISTORY, put_back, second_talk
from tests.session.watching import HEARD, SOUND, hears, notices, reaches

if TYPE_CHECKING:
    from tests.conftest import Open


async def test_the_talk_goes_on_after_a_loss_with_what_was_said(connect: Open) -> None:
    talk, later = Talk(), second_talk()
    steps = [*talk.start(), *talk.text_turn("Hi", "Hello"), stall(), cut(), reconnect()]
    steps += [*Talk().start(), *put_back(*HISTORY), stall(), *later.text_turn("Still there?", "Yes")]
    async with ScriptedServer(steps) as server:
        session = connect(server, "Be brief.", voice="marin")
        await session.ask("Hi")
        server.resume()
        await server.stalled()
        await reaches(session, "listening")
        server.resume()
        assert (await session.ask("Still there?")).text == "Yes"
        assert session.transcript == "user: Hi\nassistant: Hello\nuser: Still there?\nassistant: Yes"
        first, second = server.received_of("session.update")
        assert first["session"] == second["session"]
        told = notices(session)
        [again] = told  # that it was connecting again has passed
        assert again.startswith("Connected again (")
        assert "was lost" in again


async def test_the_answer_that_was_heard_in_part_goes_back_as_far_as_it_was_heard(connect: Open) -> None:
    talk = Talk()
    turns = talk.barge_in_turn(
        "Story", "Once upon a time there was a very old sensor", "Stop", "Fine", audio=tone(8000), after_done=True
    )
    texts: list[str] = []
    any_text = {"type": "message"}
    again = [expect("conversation.item.create", item=any_text) for _ in range(4)]
    steps = [*talk.start(), HEARD, *turns, stall(), cut(), reconnect(), *Talk().start(), *again, stall()]
    async with ScriptedServer(steps) as server:
        session = connect(server)
        talking = asyncio.create_task(session.talk(np.tile(SOUND, 2), rate=24000))
        await server.stalled()
        await hears(session, 24000)
        server.resume()
        await server.stalled()
        await talking
        server.resume()
        await server.stalled()
        texts = [event["item"]["content"][0]["text"] for event in server.received_of("conversation.item.create")]
        assert (texts[0], texts[2], texts[3]) == ("Story", "Stop", "Fine")
        assert texts[1].startswith("Once")
        assert len(texts[1]) < 30
