"""``POST /v1/audio/transcriptions``: a recording in, its words out, streamed or with times."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from realtime_widgets.errors import AudioError, ConfigurationError
from realtime_widgets.local.api.errors import RequestRefusedError, invalid_value
from realtime_widgets.local.models.codecs import decoded
from realtime_widgets.local.models.interfaces import RECOGNITION_RATE
from realtime_widgets.local.realtime.turns.transcription import spoken_language, transcription_usage
from realtime_widgets.local.rest.audio.forms import Form, read_form
from realtime_widgets.local.rest.audio.subtitles import joined_text, srt, verbose, vtt
from realtime_widgets.local.rest.event_stream import EventStream

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    import numpy as np
    import numpy.typing as npt

    from realtime_widgets.local.inference.workers import Inference
    from realtime_widgets.local.speech.transcribing import Segment

#: Largest file in bytes and longest recording in seconds: the service's own limits.
MAX_FILE_BYTES = 25 * 1024 * 1024
LONGEST_S = 1500.0
_FORMATS = ("json", "text", "srt", "verbose_json", "vtt")
#: Accepted; without effect here.
_WITHOUT_EFFECT = ("prompt", "temperature", "keywords", "chunking_strategy")
_KNOWN = ("model", "language", "languages", "response_format", "stream", "timestamp_granularities", "include")


@dataclass(frozen=True)
class _Options:
    language: str
    response_format: str
    stream: bool

    @property
    def timed(self) -> bool:
        return self.response_format in ("srt", "verbose_json", "vtt")


class TranscriptionRoutes:
    """The route; `inference` runs the models."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference

    async def create(self, request: web.Request) -> web.StreamResponse:
        """Transcribe the file."""
        form = await read_form(request, MAX_FILE_BYTES)
        options = _options(form)
        if form.file is None:
            raise RequestRefusedError("missing_required_parameter", "Missing required parameter: 'file'.", "file")
        samples = await self._samples(form.file)
        joined = not (options.timed or options.stream)
        segments = self._inference.transcribe(samples, options.language, joined)
        try:
            async with contextlib.aclosing(segments):
                if options.stream:
                    return await _send_events(request, segments, samples)
                return _answer([segment async for segment in segments], options, samples)
        except ConfigurationError as error:
            raise invalid_value(f"Invalid value for 'language': {error}.", "language") from None

    async def _samples(self, file: bytearray) -> npt.NDArray[np.int16]:
        try:
            return await self._inference.run(lambda: decoded(file, RECOGNITION_RATE, LONGEST_S))
        except AudioError as error:
            raise invalid_value(f"Invalid value for 'file': {error}.", "file") from None


def _options(form: Form) -> _Options:
    for name in form.fields:
        if name.partition("[")[0] not in (*_KNOWN, *_WITHOUT_EFFECT):
            raise RequestRefusedError("unknown_parameter", f"Unknown parameter: '{name}'.", name)
    if not form.one("model"):
        raise RequestRefusedError("missing_required_parameter", "Missing required parameter: 'model'.", "model")
    response_format = form.one("response_format") or "json"
    if response_format not in _FORMATS:
        text = f"Invalid value for 'response_format': choose one of {', '.join(_FORMATS)}."
        raise invalid_value(text, "response_format")
    stream = (form.one("stream") or "false").lower()
    if stream not in ("true", "false"):
        raise invalid_value("Invalid value for 'stream': expected true or false.", "stream")
    language = spoken_language(form.one("language"), form.fields.get("languages"))
    options = _Options(language, response_format, stream == "true")
    if options.stream and options.timed:
        text = f"'{response_format}' cannot be streamed; choose json or text, or leave 'stream' out."
        raise invalid_value(text, "response_format")
    if form.fields.get("include"):
        raise invalid_value("This endpoint has no log probabilities; leave 'include' out.", "include")
    granularities = form.fields.get("timestamp_granularities", [])
    if granularities and response_format != "verbose_json":
        text = "'timestamp_granularities' needs 'response_format' to be verbose_json."
        raise invalid_value(text, "timestamp_granularities")
    if set(granularities) - {"segment"}:
        text = "The recogniser here has times of segments only; ask for 'segment'."
        raise invalid_value(text, "timestamp_granularities")
    return options


def _answer(segments: list[Segment], options: _Options, samples: npt.NDArray[np.int16]) -> web.Response:
    seconds = samples.size / RECOGNITION_RATE
    match options.response_format:
        case "json":
            text = joined_text(segments)
            return web.json_response({"text": text, "usage": transcription_usage(None, seconds * 1000, text)})
        case "verbose_json":
            return web.json_response(verbose(segments, options.language, seconds))
        case "srt":
            return web.Response(text=srt(segments))
        case "vtt":
            return web.Response(text=vtt(segments), content_type="text/vtt")
        case _:
            return web.Response(text=joined_text(segments) + "\n")


async def _send_events(
    request: web.Request, segments: AsyncGenerator[Segment, None], samples: npt.NDArray[np.int16]
) -> web.StreamResponse:
    # Before anything is sent, so that a failure up to the first words is answered with its status.
    first = await anext(segments, None)
    heard = [first] if first is not None else []
    async with EventStream(request, done=False) as stream:
        if first is not None:
            await stream.send({"type": "transcript.text.delta", "delta": first.text})
        async for segment in segments:
            heard.append(segment)
            await stream.send({"type": "transcript.text.delta", "delta": f" {segment.text}"})
        text = joined_text(heard)
        usage = transcription_usage(None, samples.size * 1000 / RECOGNITION_RATE, text)
        await stream.send({"type": "transcript.text.done", "text": text, "usage": usage})
    return stream.response
