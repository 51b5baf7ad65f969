"""A whole local session as a program: typed, spoken, with images, tools and an MCP server, and by `AudioChat`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import numpy as np

from realtime_widgets import AudioChat, RealtimeSession

TESTS = Path(__file__).parents[1]


async def main() -> None:
    session = RealtimeSession(endpoint="local")

    @session.tool
    def reaction_rate(temperature: float) -> float:
        """Rate of our reaction at a temperature in degrees Celsius."""
        return 0.02 * temperature

    await session.mcp.add([sys.executable, str(TESTS / "tools" / "mcp" / "server_of_today.py")])
    reply = await session.ask("What is the reaction rate at 40 degrees?", image=np.zeros((8, 8), np.uint8))
    assert [call.output for call in reply.tool_calls] == ["0.8"], reply
    assert len(reply.audio)
    heard = await session.talk(TESTS / "sounds" / "goforward.flac")
    assert heard[-1].question
    assert session.conversation.to_markdown()
    await session.close()
    async with AudioChat() as chat:
        assert (await chat.ask("Hello.")).text


if __name__ == "__main__":
    asyncio.run(main())
