"""Recorded wires of OpenAI, Azure, Voice Live and xAI: all that a session shows is what the recording says."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from devtools.endpoints.recorded import ForeignRecordingError, RecordedEndpoint, Recording
from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.protocol.endpoint.capabilities import Capabilities
from realtime_widgets.tools import Tool
from tests.recorded.expected import Expected, expected
from tests.session.watching import SOUND, reaches

if TYPE_CHECKING:
    from realtime_widgets import RealtimeSession
    from tests.conftest import Open

VARIABLE = "REALTIME_RECORDINGS"
FOLDER = os.environ.get(VARIABLE, "")
FILES = sorted(Path(FOLDER).rglob("*.yaml")) if FOLDER else []

pytestmark = [
    pytest.mark.skipif(not FILES, reason=f"{VARIABLE} names no folder with recordings"),
    pytest.mark.timeout(300),
]


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def settings_of(recording: Recording) -> dict[str, Any]:
    """Return a session's arguments that ask for what the recorded client asked for."""
    asked = recording.sent("session.update")[0]["session"]
    sound = (asked.get("audio") or {}).get("input") or {}
    heard = sound.get("transcription") or asked.get("input_audio_transcription")
    written = (asked.get("output_modalities") or asked.get("modalities")) == ["text"]
    model = recording.received("session.created", "session.updated")[0]["session"]["model"]
    known = Capabilities.of("xai" if recording.wire == "xai" else "other")
    return {
        "instructions": asked.get("instructions", ""),
        "transcription": heard["model"] if heard else "off",
        "answers": "text" if written else "speech",
        "model": model,
        "capabilities": asdict(known),
    }


def add_tools(session: RealtimeSession, recording: Recording, calls: list[Any]) -> None:
    """Register the tools of the recording; each returns what the recorded client sent back, in order."""
    left = list(calls)

    async def answer(**arguments: Any) -> str:
        _, wanted, output = left.pop(0)
        assert arguments == wanted
        return str(output)

    for each in recording.sent("session.update")[0]["session"].get("tools") or ():
        made = Tool.given(answer, each["name"], each["description"], each["parameters"], origin="", options={})
        session.tools.add(made)


async def converse(session: RealtimeSession, talk: Expected) -> list[Any]:
    """Ask what the recorded user asked, each turn to its end."""
    replies: list[Any] = []
    while len(replies) < len(talk.questions):
        question = talk.questions[len(replies)].text
        if question is None:
            replies += await session.talk(SOUND, rate=24000)
        else:
            replies.append(await session.ask(question))
    return replies


def problems(session: RealtimeSession) -> list[str]:
    core = session.runtime.core
    return shared_engine().run(lambda: [notice.text for notice in core.notices if notice.kind == "error"])


@pytest.mark.parametrize("path", FILES, ids=named)
async def test_a_session_shows_what_the_recording_says(connect: Open, path: Path) -> None:
    try:
        recording = Recording.load(path)
    except ForeignRecordingError as foreign:
        pytest.skip(f"a recording of {foreign}, which sessions do not speak")
    talk = expected(recording)
    async with RecordedEndpoint(recording) as server:
        session = connect(server.url, **settings_of(recording), history=talk.history or None)
        add_tools(session, recording, talk.calls)
        replies = await converse(session, talk)
        await server.until(lambda: server.played)
        await reaches(session, "listening")

        said = [line for line in session.conversation if line.kind == "message"][len(talk.history) :]
        assert [line.text for line in said if line.role == "user"] == talk.user
        assert [line.text for line in said if line.role == "assistant"] == talk.assistant
        assert {line.state for line in session.conversation} == {"completed"}
        assert [reply.question for reply in replies] == talk.user
        answered = [words for reply in replies for words in (reply.preamble, reply.text) if words]
        assert " ".join(answered) == " ".join(filter(None, talk.assistant))
        assert not any(reply.interrupted for reply in replies)
        made = [call for reply in replies for call in reply.tool_calls]
        assert [(call.name, json.loads(call.arguments), call.output) for call in made] == talk.calls
        items = [event["item"] for event in server.received if event["type"] == "conversation.item.create"]
        assert [item["output"] for item in items if "output" in item] == [output for _, _, output in talk.calls]
        turns = session.usage_by_turn
        assert len(turns) == len(talk.questions)
        assert sum(turn.total_tokens for turn in turns) == talk.input_tokens + talk.output_tokens
        usage = session.usage
        assert (usage.input_tokens, usage.output_tokens) == (talk.input_tokens, talk.output_tokens)
        written = usage.transcription
        assert (written.seconds, written.total_tokens) == (talk.transcription_seconds, talk.transcription_tokens)
        assert len(problems(session)) == talk.untranscribed
