"""``POST /v1/chat/completions``: written and spoken turns, answered in text or speech, whole or streamed."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING, Any

import pybase64
from aiohttp import web

from realtime_widgets.local.api.names import new_id
from realtime_widgets.local.api.tokens import USER_AUDIO_TOKEN_MS, Tokens, audio_tokens
from realtime_widgets.local.http.expiring import ExpiringStore
from realtime_widgets.local.models.codecs import encoded
from realtime_widgets.local.models.interfaces import BrainRequest
from realtime_widgets.local.rest.bodies import read_json
from realtime_widgets.local.rest.chat.answer import ChatAnswer
from realtime_widgets.local.rest.chat.messages import KeptAnswer, Prompt, read_messages
from realtime_widgets.local.rest.chat.options import read_chat
from realtime_widgets.local.rest.chat.recordings import Recordings
from realtime_widgets.local.rest.event_stream import EventStream

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from realtime_widgets.local.inference.pieces import Piece
    from realtime_widgets.local.inference.workers import Inference

#: Largest body in bytes: 15 MiB of audio as base64, and a long conversation.
MAX_BODY_BYTES = 32 * 1024 * 1024
#: Seconds that a spoken answer is kept, and how many are kept at the same time.
KEPT_SECONDS, MAX_KEPT_ANSWERS = 3600, 10_000


class ChatRoutes:
    """The route.

    Parameters
    ----------
    inference
        Runs the models.
    clock
        Returns the present as Unix time in seconds.
    """

    def __init__(self, inference: Inference, clock: Callable[[], float]) -> None:
        self._inference = inference
        self._clock = clock
        self._kept: ExpiringStore[KeptAnswer] = ExpiringStore(MAX_KEPT_ANSWERS, clock)
        self._recordings = Recordings(inference)

    async def create(self, request: web.Request) -> web.StreamResponse:
        """Answer the conversation."""
        messages, options = read_chat(await read_json(request, MAX_BODY_BYTES))
        prompt = read_messages(messages, self._kept.get)
        self._inference.pictures.begin(prompt.items)
        read = prompt.tokens + await self._listen(prompt)
        wanted = BrainRequest(
            items=prompt.items,
            tools=options.tools,
            tool_choice=options.tool_choice,
            instructions=prompt.instructions,
            metadata=options.metadata,
        )
        head = {
            "id": new_id("chatcmpl"),
            "created": int(self._clock()),
            "model": self._inference.models.model_id,
            "service_tier": "default",
            "system_fingerprint": None,
        }
        answer = ChatAnswer(options)
        async with contextlib.aclosing(self._inference.answer(wanted, options.voice)) as pieces:
            if options.stream:
                return await self._stream(request, head, answer, pieces, read)
            async for piece in pieces:
                for _ in answer.add(piece):
                    pass
                if answer.finish_reason is not None:
                    break
        answer.finish()
        choice = {
            "index": 0,
            "message": answer.message(await self._audio(answer)),
            "logprobs": None,
            "finish_reason": answer.finish_reason,
        }
        body = {"object": "chat.completion", **head, "choices": [choice], "usage": answer.usage(read)}
        return web.json_response(body)

    async def _listen(self, prompt: Prompt) -> Tokens:
        """Recognise the recordings of a prompt; return their tokens."""
        tokens = Tokens()
        for recording in prompt.recordings:
            heard = await self._recordings.hear(recording)
            recording.part["transcript"] = heard.words
            tokens += Tokens(audio=audio_tokens(heard.milliseconds, USER_AUDIO_TOKEN_MS))
        return tokens

    def _keep(self, answer: ChatAnswer) -> KeptAnswer:
        kept = KeptAnswer(answer.text, answer.milliseconds, int(self._clock()) + KEPT_SECONDS)
        self._kept.put(answer.audio_id, kept, kept.expires_at)
        return kept

    async def _audio(self, answer: ChatAnswer) -> dict[str, Any] | None:
        """Return the ``audio`` object of a spoken answer, and keep the answer."""
        if not answer.spoken:
            return None
        kept = self._keep(answer)
        name = answer.options.audio_format.replace("pcm16", "pcm")
        data = await self._inference.run(partial(encoded, answer.samples, name))
        return {
            "id": answer.audio_id,
            "data": pybase64.b64encode(data).decode(),
            "expires_at": kept.expires_at,
            "transcript": kept.transcript,
        }

    async def _stream(
        self,
        request: web.Request,
        head: dict[str, Any],
        answer: ChatAnswer,
        pieces: AsyncGenerator[Piece, None],
        read: Tokens,
    ) -> web.StreamResponse:
        options = answer.options
        usage = {"usage": None} if options.include_usage else {}

        def chunk(delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
            choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
            return {"object": "chat.completion.chunk", **head, "choices": [choice], **usage}

        # Before anything is sent, so that a failure up to the first piece is answered with its status.
        piece = await anext(pieces, None)
        async with EventStream(request) as stream:
            content = {"content": ""} if options.voice is None else {}
            await stream.send(chunk({"role": "assistant", **content, "refusal": None}))
            while piece is not None:
                for delta in answer.add(piece):
                    await stream.send(chunk(delta))
                piece = None if answer.finish_reason is not None else await anext(pieces, None)
            answer.finish()
            if answer.spoken:
                kept = self._keep(answer)
                await stream.send(chunk({"audio": {"expires_at": kept.expires_at}}))
            await stream.send(chunk({}, answer.finish_reason))
            if options.include_usage:
                await stream.send({**chunk({}), "choices": [], "usage": answer.usage(read)})
        return stream.response
