"""A spoken and a typed question, each answered after a tool call, through LiveKit's openai plugin."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from livekit import rtc
from livekit.agents import Agent, AgentSession, function_tool
from livekit.agents.voice import io
from livekit.plugins import openai


class Microphone(io.AudioInput):
    """Speaks in real time, then goes on with silence."""

    def __init__(self, sound: bytes) -> None:
        super().__init__(label="microphone")
        self._sound = sound
        self._place = 0

    async def __anext__(self) -> rtc.AudioFrame:
        await asyncio.sleep(0.05)
        block = self._sound[self._place : self._place + 2400].ljust(2400, b"\0")
        self._place += 2400
        return rtc.AudioFrame(block, 24000, 1, 1200)


class Speaker(io.AudioOutput):
    """Plays at once whatever comes."""

    def __init__(self) -> None:
        super().__init__(label="speaker", capabilities=io.AudioOutputCapabilities(pause=False), sample_rate=24000)
        self.played = 0
        self._seconds = 0.0

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        self.played += len(frame.data) * 2
        self._seconds += frame.duration

    def flush(self) -> None:
        super().flush()
        self._finish(interrupted=False)

    def clear_buffer(self) -> None:
        self._finish(interrupted=True)

    def _finish(self, *, interrupted: bool) -> None:
        if self._seconds:
            self.on_playback_finished(playback_position=self._seconds, interrupted=interrupted)
        self._seconds = 0.0


async def talk(question: bytes, typed: str) -> dict[str, Any]:
    seen: dict[str, Any] = {"heard": None, "cities": [], "answers": [], "audio_bytes": 0}
    answered: asyncio.Queue[None] = asyncio.Queue()

    class Guide(Agent):
        def __init__(self) -> None:
            super().__init__(instructions="Answer briefly.")

        @function_tool
        async def get_weather(self, city: str) -> str:
            """Get the weather forecast of a city."""
            seen["cities"].append(city)
            return "sunny and warm"

    session: AgentSession = AgentSession(llm=openai.realtime.RealtimeModel())
    speaker = Speaker()
    session.input.audio, session.output.audio = Microphone(question), speaker

    @session.on("user_input_transcribed")
    def heard(event: Any) -> None:
        if event.is_final:
            seen["heard"] = seen["heard"] or event.transcript

    @session.on("conversation_item_added")
    def added(event: Any) -> None:
        if event.item.type == "message" and event.item.role == "assistant":
            seen["answers"].append(event.item.text_content)
            answered.put_nowait(None)

    @session.on("error")
    def failed(event: Any) -> None:
        print(event, file=sys.stderr)
        sys.exit(1)

    await session.start(Guide())
    await answered.get()
    session.input.set_audio_enabled(False)
    session.generate_reply(user_input=typed)
    await answered.get()
    seen["audio_bytes"] = speaker.played
    await session.aclose()
    return seen


async def main(question: bytes, typed: str) -> None:
    async with asyncio.timeout(240):
        print(json.dumps(await talk(question, typed)))


asyncio.run(main(Path(sys.argv[1]).read_bytes(), sys.argv[2]))
