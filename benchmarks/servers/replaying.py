"""Replays a recorded talk to every client, in a separate process: ``... servers.replaying FILE SPEED [calls]``.

The talk starts with the first audio that arrives, and again when it is over, with new ids; with ``calls``, a call
of the tool ``look_up`` and an answer to its output follow each time. Other client events are ignored. The server
prints its port.
"""

from __future__ import annotations

import asyncio
import json
import sys
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.support.recorded_talk import PAUSE_S, RecordedTalk, renamed, sound_seconds
from devtools.endpoints.serving import Client, serving
from realtime_widgets.testing.scripted_server import shapes

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection

#: Longest wait for the output of a call, in seconds.
_CALL_LIMIT_S = 20.0
_APPEND = "input_audio_buffer.append"


class Replay:
    """One connection.

    Parameters
    ----------
    client
        The client at the other end.
    talk
        The talk that is replayed.
    speed
        Speed relative to real time.
    calls
        Whether a tool is called after each repetition.
    """

    def __init__(self, client: Client, talk: RecordedTalk, speed: float, calls: bool) -> None:
        self._client, self._talk, self._speed, self._calls = client, talk, speed, calls
        self._settings = dict(talk.opening)
        self._asked: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._numbers = count(1)

    async def run(self) -> None:
        """Serve the client until it disconnects."""
        await self._client.send(shapes.session_created(**self._settings))
        talking: asyncio.Task[None] | None = None
        try:
            async for frame in self._client.socket:
                if _APPEND not in frame[:200] and _APPEND not in frame[-200:]:
                    await self._take(json.loads(frame))
                elif talking is None:
                    talking = asyncio.create_task(self._replay())
        finally:
            if talking:
                talking.cancel()

    async def _take(self, event: dict[str, Any]) -> None:
        match event["type"]:
            case "session.update":
                self._settings |= event["session"]
                await self._client.send(shapes.session_updated(self._settings))
            case "conversation.item.create":
                item = {"id": f"item_given_{next(self._numbers)}", "status": "completed", **event["item"]}
                await self._client.send(shapes.item_added(item), shapes.item_done(item))
            case "response.create":
                self._asked.put_nowait(event.get("response") or {})

    async def _replay(self) -> None:
        loop = asyncio.get_running_loop()
        start = begin = loop.time()
        for number in count():
            for each in self._talk.again(number, (begin - start) * self._speed):
                await self._until(begin, each.at)
                await self._client.socket.send(each.frame)
            await self._until(begin, self._talk.seconds)
            begin += self._talk.seconds / self._speed
            if self._calls:
                await self._call(number)
                begin = loop.time()

    async def _until(self, begin: float, at: float) -> None:
        """Wait until second `at` of the repetition that began at `begin` on the loop's clock."""
        if (left := begin + at / self._speed - asyncio.get_running_loop().time()) > 0:
            await asyncio.sleep(left)

    async def _call(self, number: int) -> None:
        """Call the tool, and send the talk's first answer again when its output has arrived."""
        while not self._asked.empty():
            self._asked.get_nowait()
        response_id = f"resp_calls_{number}"
        arguments = json.dumps({"word": f"number {number}"})
        whole = shapes.function_call(
            f"item_calls_{number}", f"call_{number}", "look_up", arguments, status="completed"
        )
        begun = {**whole, "arguments": "", "status": "in_progress"}
        await self._client.send(
            shapes.response_created(shapes.response(response_id)),
            shapes.output_item_added(response_id, begun),
            shapes.item_added(begun),
            shapes.arguments_delta(response_id, whole, arguments),
            shapes.arguments_done(response_id, whole),
            shapes.output_item_done(response_id, whole),
            shapes.item_done(whole),
            shapes.response_done(shapes.response(response_id, "completed", [whole])),
        )
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
            await self._client.socket.send(json.dumps(event))
        await self._until(begin, seconds)


async def main(talk: RecordedTalk, speed: float, calls: bool) -> None:
    """Serve until the process is ended."""

    async def session(socket: ServerConnection) -> None:
        await Replay(Client(socket), talk, speed, calls).run()

    async with serving(session, max_size=2**24) as port:
        print(port, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(
        main(RecordedTalk.load(Path(sys.argv[1]).read_text()), float(sys.argv[2]), sys.argv[3:] == ["calls"])
    )
