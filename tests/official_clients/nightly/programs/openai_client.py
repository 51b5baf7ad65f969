"""A spoken and a typed question, each answered after a tool call, through the openai package."""

import asyncio
import base64
import json
import sys
from pathlib import Path
from typing import Any

from openai import AsyncOpenAI
from openai.resources.realtime.realtime import AsyncRealtimeConnection

WEATHER: Any = {
    "type": "function",
    "name": "get_weather",
    "description": "Get the weather forecast of a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


async def speak(connection: AsyncRealtimeConnection, sound: bytes) -> None:
    """Speak in real time, then go on with silence, as a microphone does."""
    place = 0
    while True:
        block = sound[place : place + 4800].ljust(4800, b"\0")
        await connection.input_audio_buffer.append(audio=base64.b64encode(block).decode())
        place += 4800
        await asyncio.sleep(0.1)


async def talk(question: bytes, typed: str) -> dict[str, Any]:
    seen: dict[str, Any] = {"heard": None, "cities": [], "answers": [], "audio_bytes": 0}
    async with AsyncOpenAI().realtime.connect(model="gpt-realtime-2.1") as connection:
        await connection.session.update(session={"type": "realtime", "tools": [WEATHER]})
        speaking = asyncio.create_task(speak(connection, question))
        async for event in connection:
            if event.type == "error":
                raise RuntimeError(str(event.error))
            if event.type == "response.output_audio.delta":
                seen["audio_bytes"] += len(base64.b64decode(event.delta))
            if event.type == "response.output_audio_transcript.done":
                seen["answers"].append(event.transcript)
            if event.type != "response.done":
                continue
            calls: Any = [item for item in event.response.output or () if item.type == "function_call"]
            for call in calls:
                seen["cities"].append(json.loads(call.arguments)["city"])
                output: Any = {"type": "function_call_output", "call_id": call.call_id, "output": "sunny and warm"}
                await connection.conversation.item.create(item=output)
                await connection.response.create()
            if calls:
                continue
            if len(seen["answers"]) > 1:
                return seen
            speaking.cancel()
            content: Any = [{"type": "input_text", "text": typed}]
            await connection.conversation.item.create(item={"type": "message", "role": "user", "content": content})
            await connection.response.create()
    raise RuntimeError(f"the session ended early, after {seen}")


async def main(question: bytes, typed: str) -> None:
    async with asyncio.timeout(240):
        print(json.dumps(await talk(question, typed)))


asyncio.run(main(Path(sys.argv[1]).read_bytes(), sys.argv[2]))
