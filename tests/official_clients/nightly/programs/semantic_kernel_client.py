"""A spoken and a typed question, each answered after a function call, through Semantic Kernel."""

import asyncio
import base64
import json
import sys
from pathlib import Path
from typing import Annotated, Any

from openai import AsyncOpenAI
from semantic_kernel.connectors.ai import FunctionChoiceBehavior
from semantic_kernel.connectors.ai.open_ai import (
    ListenEvents,
    OpenAIRealtimeExecutionSettings,
    OpenAIRealtimeWebsocket,
    SendEvents,
)
from semantic_kernel.contents import (
    AudioContent,
    RealtimeAudioEvent,
    RealtimeEvent,
    RealtimeTextEvent,
    TextContent,
)
from semantic_kernel.functions import kernel_function


async def speak(client: OpenAIRealtimeWebsocket, sound: bytes) -> None:
    """Speak in real time, then go on with silence, as a microphone does."""
    place = 0
    while True:
        block = base64.b64encode(sound[place : place + 4800].ljust(4800, b"\0")).decode()
        await client.send(RealtimeAudioEvent(audio=AudioContent(data=block, data_format="base64")))
        place += 4800
        await asyncio.sleep(0.1)


async def talk(question: bytes, typed: str) -> dict[str, Any]:
    seen: dict[str, Any] = {"heard": None, "cities": [], "answers": [], "audio_bytes": 0}

    class Weather:
        @kernel_function
        def get_weather(self, city: Annotated[str, "Name of the city"]) -> str:
            """Get the weather forecast of a city."""
            seen["cities"].append(city)
            return "sunny and warm"

    settings = OpenAIRealtimeExecutionSettings(
        instructions="Answer briefly.", function_choice_behavior=FunctionChoiceBehavior.Auto()
    )
    client = OpenAIRealtimeWebsocket(ai_model_id="gpt-realtime", client=AsyncOpenAI())
    async with client(settings=settings, plugins=[Weather()]):
        speaking = asyncio.create_task(speak(client, question))
        async for event in client.receive():
            if event.service_type == ListenEvents.ERROR:
                raise RuntimeError(str(event.service_event))
            if isinstance(event, RealtimeAudioEvent):
                seen["audio_bytes"] += len(event.audio.data)
            if event.service_type != ListenEvents.RESPONSE_DONE:
                continue
            made = [item for item in event.service_event.response.output if item.type == "message"]
            spoken = [part.transcript for item in made for part in item.content]
            if not spoken:
                continue
            seen["answers"].append(spoken[0])
            if len(seen["answers"]) > 1:
                return seen
            speaking.cancel()
            text = TextContent(text=typed)
            await client.send(RealtimeTextEvent(service_type=SendEvents.CONVERSATION_ITEM_CREATE, text=text))
            await client.send(RealtimeEvent(service_type=SendEvents.RESPONSE_CREATE))
    raise RuntimeError(f"the session ended early, after {seen}")


async def main(question: bytes, typed: str) -> None:
    async with asyncio.timeout(240):
        print(json.dumps(await talk(question, typed)))


asyncio.run(main(Path(sys.argv[1]).read_bytes(), sys.argv[2]))
