"""A spoken and a typed question, each answered after a tool call, through pydantic-ai's realtime agent."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from pydantic_ai import Agent
from pydantic_ai.messages import PartEndEvent, SpeechPart
from pydantic_ai.realtime import (
    RealtimeInputTranscriptionErrorEvent,
    RealtimeSession,
    RealtimeSessionErrorEvent,
    RealtimeTurnCompleteEvent,
)


async def speak(session: RealtimeSession, sound: bytes) -> None:
    """Speak in real time, then go on with silence, as a microphone does."""
    rate = session.audio_input_sample_rate
    assert rate == 24000, rate
    place = 0
    while True:
        await session.send_audio(sound[place : place + 4800].ljust(4800, b"\0"))
        place += 4800
        await asyncio.sleep(0.1)


async def talk(question: bytes, typed: str) -> dict[str, Any]:
    seen: dict[str, Any] = {"heard": None, "cities": [], "answers": [], "audio_bytes": 0}
    agent = Agent(instructions="Answer briefly.")

    @agent.tool_plain
    async def get_weather(city: str) -> str:
        """Get the weather forecast of a city."""
        seen["cities"].append(city)
        return "sunny and warm"

    async def hear(session: RealtimeSession) -> None:
        async for chunk in session.stream_audio():
            seen["audio_bytes"] += len(chunk)

    async with agent.realtime("openai:gpt-realtime").session() as session:
        hearing = asyncio.create_task(hear(session))
        speaking = asyncio.create_task(speak(session, question))
        async for event in session:
            if isinstance(event, RealtimeSessionErrorEvent | RealtimeInputTranscriptionErrorEvent):
                raise RuntimeError(str(event))
            if isinstance(event, PartEndEvent) and isinstance(event.part, SpeechPart):
                if event.part.speaker == "user":
                    seen["heard"] = seen["heard"] or event.part.transcript
                else:
                    seen["answers"].append(event.part.transcript)
            if isinstance(event, RealtimeTurnCompleteEvent):
                if len(seen["cities"]) > 1:
                    break
                speaking.cancel()
                await session.send(typed)
    await hearing
    return seen


async def main(question: bytes, typed: str) -> None:
    async with asyncio.timeout(240):
        print(json.dumps(await talk(question, typed)))


asyncio.run(main(Path(sys.argv[1]).read_bytes(), sys.argv[2]))
