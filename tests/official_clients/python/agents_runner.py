"""A spoken question with a tool call, then an interruption, through the `RealtimeRunner` of openai-agents."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from agents import function_tool
from agents.realtime import RealtimeAgent, RealtimeRunner, RealtimeSession

# Long, so that there is something to interrupt.
FORECAST = (
    "sunny in the morning with some clouds from the west, warm and dry in the afternoon with a light wind, "
    "and clear in the evening with a few showers in the hills before midnight"
)


async def speak(session: RealtimeSession, sound: bytes) -> None:
    sound += bytes(48_000)
    for start in range(0, len(sound), 4800):
        await session.send_audio(sound[start : start + 4800])


async def talk(url: str, question: bytes, interruption: bytes) -> dict[str, Any]:
    seen: dict[str, Any] = {
        "transcript": "",
        "arguments": {},
        "answer": "",
        "audio_bytes": 0,
        "interrupted": False,
    }

    @function_tool
    def get_weather(city: str) -> str:
        """Get the weather forecast of a city.

        Args:
            city: Name of the city
        """
        seen["arguments"] = {"city": city}
        return FORECAST

    agent = RealtimeAgent(name="Guide", instructions="Answer briefly.", tools=[get_weather])
    settings: Any = {
        "model_name": "gpt-realtime",
        "audio": {"input": {"transcription": {"model": "whisper-1"}}},
    }
    runner = RealtimeRunner(agent, config={"model_settings": settings})
    address = f"{url.replace('http', 'ws', 1)}/realtime?model=gpt-realtime"
    model: Any = {"url": address, "api_key": os.environ["ENDPOINT_KEY"]}
    async with await runner.run(model_config=model) as session:
        await speak(session, question)
        answering = False
        async for event in session:
            if event.type == "error":
                raise RuntimeError(f"the session reports {event.error}")
            if event.type == "audio":
                seen["audio_bytes"] += len(event.audio.data)
                if seen["arguments"] and not answering:
                    answering = True
                    await speak(session, interruption)
            elif event.type == "audio_interrupted":
                seen["interrupted"] = True
            elif event.type == "raw_model_event":
                if event.data.type == "input_audio_transcription_completed":
                    seen["transcript"] = seen["transcript"] or event.data.transcript
                elif event.data.type == "transcript_delta" and seen["arguments"]:
                    seen["answer"] += event.data.delta
                elif event.data.type == "raw_server_event" and _is_truncation(event.data.data):
                    seen["truncated_ms"] = event.data.data["audio_end_ms"]
                    return seen
    raise RuntimeError(f"the session ended early, after {seen}")


def _is_truncation(event: Any) -> bool:
    return bool(event["type"] == "conversation.item.truncated")


async def main(url: str, question: bytes, interruption: bytes) -> None:
    async with asyncio.timeout(360):
        print(json.dumps(await talk(url, question, interruption)))


asyncio.run(main(sys.argv[1], *(Path(path).read_bytes() for path in sys.argv[2:])))
