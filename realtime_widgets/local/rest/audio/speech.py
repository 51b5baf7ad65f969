"""``POST /v1/audio/speech``: text to speech, sent as it is made."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
import pybase64
from msgspec import Meta

from realtime_widgets.audio.pcm import SAMPLE_RATE
from realtime_widgets.local.api.errors import invalid_value
from realtime_widgets.local.api.names import Voice, rest_voice
from realtime_widgets.local.api.tokens import ASSISTANT_AUDIO_TOKEN_MS, audio_tokens, text_tokens
from realtime_widgets.local.api.validation import Shape, check
from realtime_widgets.local.models.codecs import CONTENT_TYPES, encoder
from realtime_widgets.local.rest.bodies import read_json
from realtime_widgets.local.rest.event_stream import EventStream, byte_stream

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from aiohttp import web

    from realtime_widgets.local.inference.workers import Inference

#: Fastest speech that stays intelligible here; the service goes to 4.
_FASTEST = 1.5


class SpeechCreate(Shape):
    """The body of the request."""

    input: Annotated[str, Meta(min_length=1, max_length=4096)]
    model: str
    voice: Voice
    instructions: str | None = None
    response_format: Literal["mp3", "opus", "aac", "flac", "wav", "pcm"] | None = None
    speed: Annotated[float, Meta(ge=0.25, le=4.0)] | None = None
    stream_format: Literal["sse", "audio"] | None = None


class SpeechRoutes:
    """The route; `inference` runs the models."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference

    async def create(self, request: web.Request) -> web.StreamResponse:
        """Speak the input."""
        body = check(await read_json(request), SpeechCreate)
        voice = rest_voice(body.voice, "voice")
        speed = 1.0 if body.speed is None else body.speed
        if speed > _FASTEST:
            text = f"Invalid value for 'speed': {speed:g} is above this endpoint's limit of {_FASTEST}."
            raise invalid_value(text, "speed")
        name = body.response_format or "mp3"
        speech = _Speech(self._inference, body.input, voice, speed, name)
        async with contextlib.aclosing(speech.blocks()) as blocks:
            # Before anything is sent, so that a failure up to the first sound is answered with its status.
            first = await anext(blocks, b"")
            if body.stream_format == "sse":
                return await _send_events(request, first, blocks, body.input, speech)
            async with byte_stream(request, CONTENT_TYPES[name]) as response:
                await response.write(first)
                async for block in blocks:
                    await response.write(block)
            return response


class _Speech:
    """One spoken text in its format, block by block."""

    def __init__(self, inference: Inference, text: str, voice: str, speed: float, name: str) -> None:
        self._inference = inference
        self._text = text
        self._voice = voice
        self._speed = speed
        self._encoder = encoder(name)
        self._samples = 0

    @property
    def milliseconds(self) -> float:
        """Duration of the audio so far."""
        return self._samples * 1000 / SAMPLE_RATE

    async def blocks(self) -> AsyncGenerator[bytes, None]:
        encode = self._encoder
        async with contextlib.aclosing(self._inference.speak(self._text, self._voice, self._speed)) as sounds:
            async for sound in sounds:
                self._samples += sound.samples.size
                if block := await self._inference.run(partial(encode, sound.samples)):
                    yield block
        # If nothing of the text can be read aloud, the file must still be valid.
        if not self._samples and (block := encode(np.zeros(SAMPLE_RATE // 10, dtype=np.int16))):
            yield block
        if block := await self._inference.run(encode.finish):
            yield block


async def _send_events(
    request: web.Request, first: bytes, blocks: AsyncGenerator[bytes, None], text: str, speech: _Speech
) -> web.StreamResponse:
    async with EventStream(request, done=False) as stream:
        await stream.send(_delta(first))
        async for block in blocks:
            await stream.send(_delta(block))
        read, made = text_tokens(text), audio_tokens(speech.milliseconds, ASSISTANT_AUDIO_TOKEN_MS)
        usage = {"input_tokens": read, "output_tokens": made, "total_tokens": read + made}
        await stream.send({"type": "speech.audio.done", "usage": usage})
    return stream.response


def _delta(block: bytes) -> dict[str, str]:
    return {"type": "speech.audio.delta", "audio": pybase64.b64encode(block).decode()}
