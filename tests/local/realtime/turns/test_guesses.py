"""In a pause the endpoint begins to answer on a guess: a right guess saves time, a wrong one leaves no trace."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets.local.inference.loading import BRAIN, RECOGNITION, SYNTHESIS
from realtime_widgets.local.models.interfaces import CallTool, Recognition, Say
from tests.local.mcp.servers import Desk
from tests.local.stand_ins import ScriptedBrain, ToneRecogniser, ToneSynthesiser, silence, tone

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import numpy.typing as npt

    from realtime_widgets.local.models.interfaces import BrainRequest
    from tests.local.conftest import Client, Endpoint, StartEndpoint

TRANSCRIBED = {"input": {"transcription": {"model": "gpt-4o-transcribe"}}}
#: Long enough to guess, too short to end a turn.
PAUSE = silence(0.15)


class GuessingBrain(ScriptedBrain):
    """A brain that may be asked in vain; `calls` are the calls that it wants for the words ``desk``."""

    may_guess = True

    def answer(self, request: BrainRequest) -> Iterator[Say | CallTool]:
        content = request.items[-1].get("content")
        if not content or content[0].get("transcript") != "desk":
            yield from super().answer(request)
            return
        self.requests.append(request)
        yield CallTool("add", '{"a": 1, "b": 2}')


class Words(ToneRecogniser):
    """Hears `text` in everything; `begun` counts what it was given."""

    def __init__(self, text: str = "hello there") -> None:
        super().__init__()
        self.text = text
        self.begun = 0

    def __call__(self, samples: npt.NDArray[np.float32], language: str = "en") -> Recognition:
        self.begun += 1
        super().__call__(samples, language)
        return Recognition(self.text, 0.1)


class Voice(ToneSynthesiser):
    """Tells when it has begun to speak."""

    def __init__(self) -> None:
        super().__init__()
        self.speaking = threading.Event()

    def stream(self, text: str, voice: str, speed: float = 1.0) -> Iterator[npt.NDArray[np.int16]]:
        for samples in super().stream(text, voice, speed):
            self.speaking.set()
            yield samples


class Talk:
    """A session and what its endpoint is made of."""

    def __init__(self, client: Client, endpoint: Endpoint, stages: tuple[ScriptedBrain, Words, Voice]) -> None:
        self.client, self.endpoint = client, endpoint
        self.brain, self.words, self.voice = stages

    async def begin_answer(self) -> None:
        """Say something and pause, until the answer is there as far as it is made on a guess."""
        await self.client.append(tone(0.5) + PAUSE)
        assert await asyncio.to_thread(self.voice.speaking.wait, 30)

    async def sent_so_far(self) -> list[str]:
        """Types of all that came since the turn began."""
        await self.client.configure()
        kinds = self.client.types()
        return kinds[kinds.index("input_audio_buffer.speech_started") + 1 : -1]


async def talk(
    start_endpoint: StartEndpoint, text: str = "hello there", *, guesses: bool = True, **session: Any
) -> Talk:
    brain, words, voice = GuessingBrain() if guesses else ScriptedBrain(), Words(text), Voice()
    endpoint = await start_endpoint(
        loaders={BRAIN: lambda: brain, RECOGNITION: lambda: words, SYNTHESIS: lambda: voice}
    )
    client = await endpoint.connect()
    await endpoint.ready()
    await client.configure(**{"audio": TRANSCRIBED, **session})
    return Talk(client, endpoint, (brain, words, voice))


def told(client: Client) -> list[dict[str, Any]]:
    """Return the events without what is different in every session: ids are numbered as they come."""
    names: dict[str, str] = {}

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(each) for key, each in value.items() if key not in ("event_id", "expires_at")}
        if isinstance(value, list):
            return [plain(each) for each in value]
        if isinstance(value, str) and value.split("_")[0] in ("sess", "item", "resp", "conv", "call"):
            return names.setdefault(value, f"{value.split('_')[0]} {len(names)}")
        return value

    events = [plain(event) for event in client.events]
    return [event for event in events if event["type"] != "rate_limits.updated"]


async def test_nothing_is_told_before_the_turn_is_decided_and_then_the_guess_is_the_answer(
    start_endpoint: StartEndpoint,
) -> None:
    here = await talk(start_endpoint)
    await here.begin_answer()
    assert await here.sent_so_far() == []
    await here.client.append(silence(0.4))
    await here.client.until("response.done")
    assert len(here.brain.requests) == here.words.begun == len(here.voice.spoken) == 1


@pytest.mark.parametrize("text", ["hello there", "long", "tool", "fail", "nothing", ""])
async def test_a_right_guess_is_answered_as_without_guesses(start_endpoint: StartEndpoint, text: str) -> None:
    heard = []
    for guesses in (True, False):
        here = await talk(start_endpoint, text, guesses=guesses)
        here.voice.free = 100
        for _ in range(2):
            await here.client.append(tone(0.5) + silence(0.6))
            await here.client.until("response.done" if text else "conversation.item.done")
        await here.client.settled()
        heard.append(told(here.client))
    assert heard[0] == heard[1]


async def test_who_pauses_and_goes_on_is_answered_once_and_the_guess_left_no_trace(
    start_endpoint: StartEndpoint,
) -> None:
    heard = []
    for guesses in (True, False):
        here = await talk(start_endpoint, guesses=guesses)
        if guesses:
            await here.begin_answer()
        else:
            await here.client.append(tone(0.5) + PAUSE)
        await here.client.append(tone(0.5) + silence(0.6))
        await here.client.until("response.done")
        await here.client.settled()
        heard.append(told(here.client))
        assert len(here.brain.requests) == (2 if guesses else 1)
    assert heard[0] == heard[1]
    kinds = [event["type"] for event in heard[0]]
    assert kinds.count("input_audio_buffer.committed") == kinds.count("response.created") == 1


async def test_whose_words_change_is_answered_what_they_said_in_the_end(start_endpoint: StartEndpoint) -> None:
    here = await talk(start_endpoint)
    await here.begin_answer()
    here.words.text = "hello there and goodbye"
    await here.client.append(tone(0.5) + silence(0.6))
    done = await here.client.until("response.done")
    [item] = done["response"]["output"]
    assert item["content"][0]["transcript"] == "You said: hello there and goodbye."


async def test_the_answer_to_a_guess_is_not_given_under_other_settings(start_endpoint: StartEndpoint) -> None:
    here = await talk(start_endpoint)
    await here.begin_answer()
    await here.client.configure(instructions="Be brief.", audio={"output": {"voice": "cedar"}})
    await here.client.append(silence(0.4))
    await here.client.until("response.done")
    assert here.brain.requests[-1].instructions == "Be brief."
    assert [voice for _, voice, _ in here.voice.spoken] == ["marin", "cedar"]


@pytest.mark.parametrize("goes_on", [True, False])
async def test_a_function_is_called_only_once_the_turn_is_over(
    start_endpoint: StartEndpoint, goes_on: bool
) -> None:
    here = await talk(start_endpoint, "tool")
    await here.begin_answer()
    assert await here.sent_so_far() == []
    if goes_on:
        here.words.text = "hello there"
    await here.client.append((tone(0.5) if goes_on else b"") + silence(0.6))
    await here.client.until("response.done")
    assert len(here.client.of("response.function_call_arguments.done")) == (0 if goes_on else 2)


@pytest.mark.parametrize("goes_on", [True, False])
async def test_a_tool_of_an_mcp_server_is_never_called_on_a_guess(
    start_endpoint: StartEndpoint, goes_on: bool
) -> None:
    desk = Desk()
    with desk.serving() as url:
        here = await talk(start_endpoint, "desk")
        server = {"type": "mcp", "server_label": "desk", "server_url": url, "require_approval": "never"}
        await here.client.configure(tools=[server])
        await here.client.until("mcp_list_tools.completed")
        await here.client.settled()
        await here.client.append(tone(0.5) + PAUSE)
        while not here.brain.requests:
            await here.client.configure()
        assert desk.calls == []
        if goes_on:
            here.words.text = "hello there"
            await here.client.append(tone(0.5) + silence(0.6))
            await here.client.until("response.done")
            assert desk.calls == []
        else:
            await here.client.append(silence(0.4))
            await here.client.until("response.mcp_call.completed")
            assert desk.calls == ["add"]


async def test_a_brain_that_may_not_be_asked_in_vain_is_asked_once_the_turn_is_over(
    start_endpoint: StartEndpoint,
) -> None:
    here = await talk(start_endpoint, guesses=False)
    await here.client.append(tone(0.5) + PAUSE)
    while not here.words.heard_seconds:
        await here.client.configure()
    assert here.brain.requests == []
    await here.client.append(silence(0.4))
    await here.client.until("response.done")
    assert len(here.brain.requests) == 1


async def test_who_stutters_has_one_guess_at_a_time(start_endpoint: StartEndpoint) -> None:
    here = await talk(start_endpoint)
    here.words.gate.clear()
    await here.client.append((tone(0.3) + PAUSE) * 6)
    await here.client.configure()
    assert here.words.begun <= 1
    await here.client.append(tone(0.3) + silence(0.6))
    await here.client.until("conversation.item.done")
    here.words.gate.set()
    await here.client.until("response.done")
    # The first pause, which was in vain, and the whole.
    assert here.words.begun == 2


async def test_a_turn_that_ends_is_not_kept_waiting_by_a_guess_in_vain(start_endpoint: StartEndpoint) -> None:
    here = await talk(start_endpoint)
    here.words.gate.clear()
    await here.client.append(tone(0.3) + PAUSE + tone(0.3) + PAUSE)
    await here.client.send("input_audio_buffer.commit")
    await here.client.until("conversation.item.done")
    here.words.gate.set()
    await here.client.until("conversation.item.input_audio_transcription.completed")
    assert here.words.begun == 2


async def test_audio_that_is_dropped_takes_the_guess_with_it(start_endpoint: StartEndpoint) -> None:
    here = await talk(start_endpoint)
    await here.begin_answer()
    await here.client.settled()
    await here.client.append(silence(1))
    await here.client.settled()
    assert here.client.of("conversation.item.added") == here.client.of("response.created") == []


async def test_what_was_dropped_does_not_count_as_input_of_the_next_answer(start_endpoint: StartEndpoint) -> None:
    here = await talk(start_endpoint)
    await here.begin_answer()
    await here.client.settled()
    await here.client.say("hi")
    used = (await here.client.until("response.done"))["response"]["usage"]
    assert used["input_token_details"]["audio_tokens"] == 0
    assert "hello" not in json.dumps([request.items for request in here.brain.requests[1:]])


async def test_where_turns_are_not_answered_there_is_no_guess_of_an_answer(start_endpoint: StartEndpoint) -> None:
    detection = {"type": "server_vad", "create_response": False}
    here = await talk(start_endpoint, audio={"input": {"turn_detection": detection}})
    await here.client.append(tone(0.5) + silence(0.6))
    await here.client.until("conversation.item.done")
    await here.client.settled()
    assert here.brain.requests == []


async def test_a_session_that_ends_in_a_pause_leaves_the_endpoint_well(start_endpoint: StartEndpoint) -> None:
    here = await talk(start_endpoint)
    await here.begin_answer()
    await here.client.socket.close()
    here.client = await here.endpoint.connect()
    await here.client.append(tone(0.5) + silence(0.6))
    await here.client.until("response.done")
