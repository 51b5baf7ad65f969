"""A server of the REST routes that answers as it is told, on loopback, and keeps what it was asked."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from aiohttp import web

from realtime_widgets.audio.samples import wav_bytes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]

REALTIME_USAGE = {
    "total_tokens": 30,
    "input_tokens": 10,
    "output_tokens": 20,
    "input_token_details": {"text_tokens": 10},
    "output_token_details": {"audio_tokens": 20},
}
USAGE = {
    "prompt_tokens": 120,
    "completion_tokens": 50,
    "total_tokens": 170,
    "prompt_tokens_details": {"audio_tokens": 100, "cached_tokens": 0},
    "completion_tokens_details": {"audio_tokens": 40, "reasoning_tokens": 0},
}


class RestServer:
    """Serves one answer after the other on each path; `asked` holds the bodies, `headers` their headers."""

    def __init__(self) -> None:
        self.models: list[str] | None = None
        self.list_of_models: Answer | None = None
        self.lists_asked = 0
        self.sessions: list[list[dict[str, Any]]] = []
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self._answers: dict[str, list[Answer]] = {}
        self.url = ""

    async def __aenter__(self) -> RestServer:
        app = web.Application()
        app.router.add_post("/v1/{path:.*}", self._serve)
        app.router.add_get("/v1/models", self._list)
        app.router.add_get("/v1/realtime", self._read_aloud)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}/v1"
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._runner.cleanup()

    def answers(self, path: str, *answers: Answer) -> None:
        self._answers.setdefault(path, []).extend(answers)

    def completions(self, *answers: Answer) -> None:
        self.answers("chat/completions", *answers)

    async def _list(self, request: web.Request) -> web.StreamResponse:
        """Tell the models that are offered, if the test gave some."""
        self.lists_asked += 1
        if self.list_of_models is not None:
            return await self.list_of_models(request)
        if self.models is None:
            raise web.HTTPNotFound
        return web.json_response({"object": "list", "data": [{"id": each} for each in self.models]})

    async def _read_aloud(self, request: web.Request) -> web.StreamResponse:
        """Serve a Realtime session whose responses are as many samples of 7 as their input has characters."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        events: list[dict[str, Any]] = [{"model": request.query["model"]}]
        self.sessions.append(events)

        async def send(kind: str, **fields: Any) -> None:
            await socket.send_json({"type": kind, "event_id": f"event_{uuid.uuid4()}", **fields})

        await send("session.created", session={"type": "realtime"})
        async for message in socket:
            event = json.loads(message.data)
            events.append(event)
            if event["type"] == "session.update":
                await send("session.updated", session=event["session"])
            elif (text := event["response"]["input"][0]["content"][0]["text"]) == "Fail.":
                await send(
                    "error", error={"type": "invalid_request_error", "code": "no", "message": "not this text"}
                )
            else:
                sound = base64.b64encode(np.full(len(text), 7, dtype="<i2").tobytes()).decode()
                name = str(len(events))
                place = {"response_id": f"r{name}", "item_id": f"i{name}", "output_index": 0, "content_index": 0}
                await send("response.output_audio.delta", delta=sound, **place)
                done = {"id": f"r{name}", "status": "completed", "output": [], "usage": REALTIME_USAGE}
                await send("response.done", response=done)
        return socket

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if request.content_type == "application/json":
            self.asked.append(await request.json())
        else:
            form = await request.post()
            read = {
                name: each.file.read() if isinstance(each, web.FileField) else each for name, each in form.items()
            }
            self.asked.append(read)
        self.headers.append(dict(request.headers))
        return await self._answers[request.match_info["path"]].pop(0)(request)


@contextmanager
def rest_server_on_its_own_thread() -> Iterator[RestServer]:
    """Serve beside everything else, for a test that keeps its own loop busy."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    server = RestServer()
    try:
        asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result(20)
        yield server
        asyncio.run_coroutine_threadsafe(server.__aexit__(), loop).result(20)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def events(*chunks: dict[str, Any], done: bool = True) -> Answer:
    """Answer by server-sent events."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for chunk in chunks:
            await response.write(f"data: {json.dumps(chunk)}\n\n".encode())
        if done:
            await response.write(b"data: [DONE]\n\n")
        return response

    return answer


def whole(body: Any, status: int = 200) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.json_response(body, status=status)

    return answer


def raw(data: bytes, content_type: str) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(body=data, content_type=content_type)

    return answer


def refusal(status: int, message: str, code: str = "invalid_value") -> Answer:
    return whole({"error": {"message": message, "type": "invalid_request_error", "code": code}}, status)


def chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"object": "chat.completion.chunk", "model": "gpt-audio-1.5", "choices": [choice]}


def spoken(words: str, pcm: bytes, audio_id: str = "audio_1", expires_at: float = 4e9) -> Answer:
    """Answer by speech, in pieces as the service sends them."""
    pieces = [{"id": audio_id, "transcript": each} for each in words.split(" ")[:1]]
    pieces += [{"transcript": f" {each}"} for each in words.split(" ")[1:]]
    third = len(pcm) // 3  # need not be whole samples
    sounds = [pcm[:third], pcm[third:]]
    pieces += [{"data": base64.b64encode(each).decode()} for each in sounds]
    pieces.append({"expires_at": expires_at})
    last = {"model": "gpt-audio-1.5", "choices": [], "usage": USAGE}
    return events(*(chunk({"audio": each}) for each in pieces), chunk({}, "stop"), last)


def written(words: str, usage: dict[str, Any] | None = None) -> Answer:
    cut = len(words) // 2
    last = {"model": "gpt-audio-1.5", "choices": [], "usage": usage or USAGE}
    return events(chunk({"content": words[:cut]}), chunk({"content": words[cut:]}), chunk({}, "stop"), last)


def calling(*calls: tuple[str, str, str]) -> Answer:
    """Call tools: (call id, name, arguments), the arguments in two pieces."""
    chunks = []
    for index, (call_id, name, arguments) in enumerate(calls):
        cut = len(arguments) // 2
        head = {"name": name, "arguments": arguments[:cut]}
        chunks.append(
            chunk({"tool_calls": [{"index": index, "id": call_id, "type": "function", "function": head}]})
        )
        rest = {"index": index, "function": {"arguments": arguments[cut:]}}
        chunks.append(chunk({"tool_calls": [rest]}))
    return events(*chunks, chunk({}, "tool_calls"))


def wav_answer(words: str, samples: Any, rate: int) -> Answer:
    """Answer in one piece, the sound as a file."""
    data = base64.b64encode(wav_bytes(samples, rate)).decode()
    audio = {"id": "audio_1", "data": data, "transcript": words, "expires_at": 4e9}
    message = {"role": "assistant", "content": None, "audio": audio}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return whole({"model": "gpt-audio-1.5", "choices": [choice], "usage": USAGE})
