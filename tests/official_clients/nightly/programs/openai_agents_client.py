"""A spoken and a typed question, each answered after a tool call, through openai-agents."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from agents import function_tool
from agents.realtime import RealtimeAgent, RealtimeRunner, RealtimeSession


async def speak(session: RealtimeSession, sound: bytes) -> None:
    """Speak in real time, then go on with silence, as a microphone does."""
    place = 0
    while True:
        await session.send_audio(sound[place : place + 4800].ljust(4800, b"\0"))
        place += 4800
        await asyncio.sleep(0.1)


async def talk(question: bytes, typed: str) -> dict[str, Any]:
    seen: dict[str, Any] = {"heard": None, "cities": [], "answers": [], "audio_bytes": 0}

    @function_tool
    def get_weather(city: str) -> str:
        """Get the weather forecast of a city.

        Args:
            city: Name of the city
        """
        seen["cities"].append(city)
        return "sunny and warm"

    agent = RealtimeAgent(name="Guide", instructions="Answer briefly.", tools=[get_weather])
    address = os.environ["OPENAI_BASE_URL"].replace("http", "ws", 1)
    model: Any = {"url": f"{address}/realtime?model=gpt-realtime-2.1"}
    async with await RealtimeRunner(agent).run(model_config=model) as session:
        speaking = asyncio.create_task(speak(session, question))
        async for event in session:
            if event.type == "error":
                raise RuntimeError(f"the session reports {event.error}")
            if event.type == "audio":
                seen["audio_bytes"] += len(event.audio.data)
            if event.type != "raw_model_event" or event.data.type != "raw_server_event":
                continue
            came = event.data.data
            if came["type"] == "conversation.item.input_audio_transcription.completed":
                seen["heard"] = seen["heard"] or came["transcript"]
            if came["type"] == "response.output_audio_transcript.done":
                seen["answers"].append(came["transcript"])
            made = [item["type"] for item in came["response"]["output"]] if came["type"] == "response.done" else []
            if "message" in made:
                if len(seen["answers"]) > 1:
                    return seen
                speaking.cancel()
                await session.send_message(typed)
    raise RuntimeError(f"the session ended early, after {seen}")


async def main(question: bytes, typed: str) -> None:
    async with asyncio.timeout(240):
        print(json.dumps(await talk(question, typed)))


asyncio.run(main(Path(sys.argv[1]).read_bytes(), sys.argv[2]))
