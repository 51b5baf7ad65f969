"""A spoken and a typed question, each answered after a tool call, through Pipecat's OpenAI realtime service."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from pipecat.frames.frames import (
    EndFrame,
    ErrorFrame,
    Frame,
    InputAudioRawFrame,
    LLMFullResponseEndFrame,
    LLMMessagesAppendFrame,
    LLMRunFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSTextFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.runner import PipelineRunner
from pipecat.pipeline.task import PipelineTask
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.llm_service import FunctionCallParams
from pipecat.services.openai.realtime.llm import OpenAIRealtimeLLMService


class Watch(FrameProcessor):
    """Hands on every frame that passes, after `note` saw it."""

    def __init__(self, note: Any) -> None:
        super().__init__()
        self._note = note

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        self._note(frame)
        await self.push_frame(frame, direction)


async def speak(task: PipelineTask, sound: bytes) -> None:
    """Speak in real time, then go on with silence, as a microphone does."""
    place = 0
    while True:
        block = sound[place : place + 4800].ljust(4800, b"\0")
        await task.queue_frame(InputAudioRawFrame(audio=block, sample_rate=24000, num_channels=1))
        place += 4800
        await asyncio.sleep(0.1)


async def converse(question: bytes, typed: str) -> dict[str, Any]:
    seen: dict[str, Any] = {"heard": None, "cities": [], "answers": [], "audio_bytes": 0}
    words: list[str] = []
    answered: asyncio.Queue[Any] = asyncio.Queue()

    async def get_weather(params: FunctionCallParams, city: str) -> None:
        """Get the weather forecast of a city.

        Args:
            params: The call.
            city: Name of the city.
        """
        seen["cities"].append(city)
        await params.result_callback("sunny and warm")

    def note(frame: Frame) -> None:
        if isinstance(frame, TranscriptionFrame):
            seen["heard"] = seen["heard"] or frame.text
        elif isinstance(frame, TTSAudioRawFrame):
            seen["audio_bytes"] += len(frame.audio)
        elif isinstance(frame, TTSTextFrame):
            words.append(frame.text)
        elif isinstance(frame, LLMFullResponseEndFrame) and words:
            seen["answers"].append("".join(words))
            words.clear()
            answered.put_nowait(None)
        elif isinstance(frame, ErrorFrame):
            answered.put_nowait(frame.error)

    address = os.environ["OPENAI_BASE_URL"].replace("http", "ws", 1)
    service = OpenAIRealtimeLLMService(api_key=os.environ["OPENAI_API_KEY"], base_url=f"{address}/realtime")
    context = LLMContext(tools=[get_weather])
    pair = LLMContextAggregatorPair(context)
    pipeline = Pipeline([pair.user(), Watch(note), service, Watch(note), pair.assistant()])
    task = PipelineTask(pipeline)
    running = asyncio.create_task(PipelineRunner(handle_sigint=False).run(task))
    await task.queue_frame(LLMRunFrame())
    speaking = asyncio.create_task(speak(task, question))
    while len(seen["cities"]) < 1 or not seen["answers"]:
        if error := await answered.get():
            raise RuntimeError(error)
    speaking.cancel()
    messages: Any = [{"role": "user", "content": typed}]
    # The user's aggregator would keep it to itself: only the service sends appended messages, as the system's.
    await service.queue_frame(LLMMessagesAppendFrame(messages=messages, run_llm=True))
    while len(seen["cities"]) < 2 or "sunny" not in seen["answers"][-1]:
        if error := await answered.get():
            raise RuntimeError(error)
    await task.queue_frame(EndFrame())
    await running
    return seen


async def main(question: bytes, typed: str) -> None:
    async with asyncio.timeout(240):
        print(json.dumps(await converse(question, typed)))


asyncio.run(main(Path(sys.argv[1]).read_bytes(), sys.argv[2]))
