"""A session that joins a running call: it sees, asks, runs tools and interrupts; the call goes on without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from realtime_widgets import ConfigurationError, ConnectionFailedError, RealtimeSession
from realtime_widgets.core.call import CallSettings
from realtime_widgets.events import Received
from realtime_widgets.testing import ScriptedServer, Talk, close, reconnect, stall
from tests.local.stand_ins import tone
from tests.local.webrtc.caller import Caller
from tests.session.watching import comes, notices, reaches

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.conftest import Open
    from tests.local.conftest import Endpoint

NOWHERE = "http://127.0.0.1:9/v1"


@pytest.fixture
async def caller(endpoint: Endpoint) -> AsyncIterator[Caller]:
    caller = Caller()
    await caller.call(endpoint.http, endpoint.url)
    yield caller
    await caller.close()


def joined(endpoint: Endpoint, caller: Caller, *arguments: Any, **options: Any) -> RealtimeSession:
    return RealtimeSession(*arguments, endpoint=f"{endpoint.url}/v1", call_id=caller.call_id, **options)


async def test_what_is_said_in_the_call_is_seen_and_the_call_goes_on_afterwards(
    endpoint: Endpoint, caller: Caller
) -> None:
    async with joined(endpoint, caller) as session:
        told = session.events(Received)
        caller.say(tone(0.8))
        await comes(told, "output_audio_buffer.stopped")
        said = [(line.role, line.text) for line in session.conversation if line.kind == "message"]
        assert said[0][0] == "user"
        assert said[1] == ("assistant", "You said: hello there.")
        assert notices(session)[0] == f"Attached to the call {caller.call_id}: its sound stays there."
    caller.write("still there?")
    await caller.until("response.done")
    await caller.until("output_audio_buffer.stopped")
    assert not caller.closed.is_set()


async def test_a_question_is_answered_aloud_in_the_call(endpoint: Endpoint, caller: Caller) -> None:
    async with joined(endpoint, caller) as session:
        reply = await session.ask("good morning")
        assert reply.text == "You said: good morning."
        assert len(reply.pcm) == 0
        await caller.until("output_audio_buffer.stopped")
        assert np.abs(np.concatenate(caller.sound)).max() > 0


async def test_only_the_settings_that_were_given_are_changed(endpoint: Endpoint, caller: Caller) -> None:
    created = await caller.until("session.created")
    async with joined(endpoint, caller, "Be brief.") as session:
        updated = (await caller.until("session.updated"))["session"]
        assert updated["instructions"] == "Be brief."
        for unchanged in ("audio", "tools", "output_modalities", "tool_choice"):
            assert updated[unchanged] == created["session"][unchanged]

        @session.tool
        def clock() -> str:
            """Tell the time."""
            return "noon"

        assert [tool["name"] for tool in (await caller.until("session.updated"))["session"]["tools"]] == ["clock"]


async def test_an_answer_that_plays_in_the_call_is_stopped_from_outside(
    endpoint: Endpoint, caller: Caller
) -> None:
    endpoint.synthesiser.free = 100
    async with joined(endpoint, caller) as session:
        session.say("long")
        await caller.until("output_audio_buffer.started")
        session.interrupt()
        await caller.until("output_audio_buffer.cleared")
        await caller.until("conversation.item.truncated")
        assert [each for each in session.journal if each.event["type"] == "conversation.item.truncate"] == []


async def test_the_call_is_hung_up_only_on_purpose(endpoint: Endpoint, caller: Caller) -> None:
    session = joined(endpoint, caller)
    await session.start()
    await session.hang_up()
    await caller.closed.wait()
    await session.close()


async def test_after_a_loss_it_joins_again_and_puts_nothing_into_the_call(connect: Open) -> None:
    talk = Talk()
    steps = [*talk.start(), *talk.text_turn("Hi", "Hello"), stall(), close(1011, "later"), reconnect()]
    async with ScriptedServer([*steps, *Talk().start(), stall(), *talk.text_turn("And?", "Yes")]) as server:
        session = connect(server, call_id="rtc_1")
        await session.ask("Hi")
        await server.stalled()
        server.resume()
        await server.stalled()
        await reaches(session, "listening")
        server.resume()
        assert (await session.ask("And?")).text == "Yes"
        assert [each["session"] for each in server.received_of("session.update")] == [{"type": "realtime"}] * 2
        typed = [each["item"]["content"][0]["text"] for each in server.received_of("conversation.item.create")]
        assert typed == ["Hi", "And?"]
        assert [line.text for line in session.conversation] == ["Hi", "Hello", "And?", "Yes"]


async def test_a_call_that_is_over_is_told(endpoint: Endpoint) -> None:
    session = RealtimeSession(endpoint=f"{endpoint.url}/v1", call_id="rtc_gone")
    with pytest.raises(ConnectionFailedError, match="No call 'rtc_gone' is under way"):
        await session.start()


async def test_sound_is_not_sent_into_a_call_from_here(endpoint: Endpoint, caller: Caller) -> None:
    async with joined(endpoint, caller) as session:
        with pytest.raises(ConfigurationError, match="attached to a call"):
            await session.talk(np.zeros(2400, np.float32), rate=24_000)
        with pytest.raises(ConfigurationError, match="attached to a call"):
            await session.ask(audio=np.zeros(2400, np.float32), rate=24_000)
        console = session._console()
        assert (console.microphone, console.player) == (None, None)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"call_id": ""}, "id of a running call"),
        ({"call_id": 7}, "id of a running call"),
        ({"call_id": "rtc_1", "endpoint": "local"}, "has no calls"),
        ({"call_id": "rtc_1", "endpoint": "xai"}, "xAI has no calls"),
        ({"call_id": "rtc_1", "history": [{"role": "user", "content": "Hi"}]}, "leave out history"),
    ],
)
def test_what_cannot_be_joined_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        RealtimeSession(**{"endpoint": NOWHERE, "api_key": "sk-test", **options})


async def test_a_session_of_its_own_has_no_call_to_hang_up() -> None:
    session = RealtimeSession(endpoint=NOWHERE, api_key="sk-test")
    with pytest.raises(ConfigurationError, match="not attached to a call"):
        await session.hang_up()


def test_settings_of_a_call_are_those_that_differ() -> None:
    assert CallSettings(turn_detection="server_vad").session([], "gpt-transcribe") == {"type": "realtime"}
    changed = CallSettings("Be brief.", voice="cedar", turn_detection="server_vad").session([], None)
    assert changed == {"type": "realtime", "instructions": "Be brief.", "audio": {"output": {"voice": "cedar"}}}
