"""Replays a recorded talk to every client, as a server apart: ``... support.replaying FILE SPEED [calls]``.

The talk begins with the first sound that comes, and again when it is over, under new ids; with ``calls``, a call
of the tool ``look_up`` and an answer to its output follow each time. Else it does not matter what is said to it.
It writes its port.
"""

from __future__ import annotations

import asyncio
import json
import sys
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from benchmarks.support.recorded_talk import PAUSE_S, RecordedTalk, renamed, sound_seconds

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection

#: Longest wait for the output of a call, in seconds.
_CALL_LIMIT_S = 20.0
_APPEND = "input_audio_buffer.append"


class Replay:
    """One connection.

    Parameters
    ----------
    socket
        To the client.
    talk
        What is replayed.
    speed
        How many times faster than people speak it goes.
    calls
        Whether a tool is called after each repetition.
    """

    def __init__(self, socket: ServerConnection, talk: RecordedTalk, speed: float, calls: bool) -> None:
        self._socket, self._talk, self._speed, self._calls = socket, talk, speed, calls
        self._settings = dict(talk.opening)
        self._asked: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._numbers = count(1)

    async def run(self) -> None:
        """Serve the client until it goes."""
        await self._send("session.created", session=self._settings)
        talking: asyncio.Task[None] | None = None
        try:
            async for frame in self._socket:
                if _APPEND not in frame[:200] and _APPEND not in frame[-200:]:
                    await self._take(json.loads(frame))
                elif talking is None:
                    talking = asyncio.create_task(self._replay())
        except ConnectionClosed:
            pass
        finally:
            if talking:
                talking.cancel()

    async def _take(self, event: dict[str, Any]) -> None:
        match event["type"]:
            case "session.update":
                self._settings |= event["session"]
                await self._send("session.updated", session=self._settings)
            case "conversation.item.create":
                item = {"id": f"item_given_{next(self._numbers)}", "status": "completed", **event["item"]}
                await self._send("conversation.item.added", previous_item_id=None, item=item)
                await self._send("conversation.item.done", previous_item_id=None, item=item)
            case "response.create":
                self._asked.put_nowait(event.get("response") or {})

    async def _replay(self) -> None:
        loop = asyncio.get_running_loop()
        start = begin = loop.time()
        for number in count():
            for each in self._talk.again(number, (begin - start) * self._speed):
                await self._until(begin, each.at)
                await self._socket.send(each.frame)
            await self._until(begin, self._talk.seconds)
            begin += self._talk.seconds / self._speed
            if self._calls:
                await self._call(number)
                begin = loop.time()

    async def _until(self, begin: float, at: float) -> None:
        """Wait until second `at` of what began at `begin` on the loop's clock."""
        if (left := begin + at / self._speed - asyncio.get_running_loop().time()) > 0:
            await asyncio.sleep(left)

    async def _call(self, number: int) -> None:
        """Call the tool, and give the talk's first answer again when its output has come."""
        while not self._asked.empty():
            self._asked.get_nowait()
        ids = {"response_id": f"resp_calls_{number}", "item_id": f"item_calls_{number}", "output_index": 0}
        call = {"id": ids["item_id"], "type": "function_call", "call_id": f"call_{number}", "name": "look_up"}
        response = {"id": ids["response_id"], "status": "in_progress", "conversation_id": "conv_1", "output": []}
        arguments = json.dumps({"word": f"number {number}"})
        whole = {**call, "arguments": arguments, "status": "completed"}
        place = {"response_id": ids["response_id"], "output_index": 0}
        await self._send("response.created", response=response)
        await self._send("response.output_item.added", **place, item={**call, "status": "in_progress"})
        await self._send("conversation.item.added", previous_item_id=None, item={**call, "status": "in_progress"})
        await self._send("response.function_call_arguments.delta", **ids, call_id=call["call_id"], delta=arguments)
        await self._send(
            "response.function_call_arguments.done", **ids, call_id=call["call_id"], arguments=arguments
        )
        await self._send("response.output_item.done", **place, item=whole)
        await self._send("conversation.item.done", previous_item_id=None, item=whole)
        await self._send("response.done", response={**response, "status": "completed", "output": [whole]})
        async with asyncio.timeout(_CALL_LIMIT_S):
            asked = await self._asked.get()
        await self._answer(f"{number}_called", asked.get("metadata"))

    async def _answer(self, name: str, metadata: Any) -> None:
        begin, seconds = asyncio.get_running_loop().time(), PAUSE_S
        for each in self._talk.answer:
            event = json.loads(renamed(each.frame, name))
            if "response" in event:
                event["response"]["metadata"] = metadata
            seconds += sound_seconds(event)
            await self._until(begin, each.at)
            await self._socket.send(json.dumps(event))
        await self._until(begin, seconds)

    async def _send(self, kind: str, **fields: Any) -> None:
        event = {"type": kind, "event_id": f"event_own_{next(self._numbers)}", **fields}
        await self._socket.send(json.dumps(event))


async def main(talk: RecordedTalk, speed: float, calls: bool) -> None:
    """Serve until the process is ended."""

    async def session(socket: ServerConnection) -> None:
        await Replay(socket, talk, speed, calls).run()

    async with serve(session, "127.0.0.1", 0, compression=None, max_size=2**24) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(
        main(RecordedTalk.load(Path(sys.argv[1]).read_text()), float(sys.argv[2]), sys.argv[3:] == ["calls"])
    )
