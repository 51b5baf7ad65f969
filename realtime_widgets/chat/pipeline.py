"""`SpeechPipeline`: transcribe, think, speak, each by a separate service."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from realtime_widgets.audio.pcm import BYTES_PER_SAMPLE, duration_ms
from realtime_widgets.audio.samples import from_pcm16, wav_bytes
from realtime_widgets.chat.asking import Asking, reply_card
from realtime_widgets.chat.models import reads_aloud
from realtime_widgets.chat.realtime_voice import RealtimeVoice
from realtime_widgets.chat.rounds import Thinker
from realtime_widgets.chat.service import DEFAULT_VOICE, Service
from realtime_widgets.chat.wire import EventLines, event_of, speech_of, speech_usage
from realtime_widgets.core.conversation.message import user_message
from realtime_widgets.core.usage.usage import Usage
from realtime_widgets.errors import AudioError, ConfigurationError, ResponseFailedError
from realtime_widgets.protocol.secrets import without_locals
from realtime_widgets.reply import Reply
from realtime_widgets.sentences import SentenceCutter

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

    import aiohttp

    from realtime_widgets.audio.samples import Sound
    from realtime_widgets.chat.models import Job
    from realtime_widgets.chat.rounds import Asked
    from realtime_widgets.chat.service import ModelLists
    from realtime_widgets.core.usage.prices import OwnPrices, PriceTable
    from realtime_widgets.protocol.endpoint.credentials import TokenProvider
    from realtime_widgets.protocol.endpoint.endpoint import Endpoint
    from realtime_widgets.protocol.secrets import Secret

    #: What does a stage: an address, an `Endpoint`, or the names of `_STAGE_FIELDS` with their values.
    StageAt = str | Endpoint | Mapping[str, Any] | None

_STAGE_FIELDS = ("endpoint", "model", "api_key", "client")


class SpeechPipeline(Asking):
    """Talks by three services in a row; the first sentence is spoken while the rest is thought.

    Each stage may be another endpoint of the OpenAI kind, such as a language model on this machine between a
    service's ears and voice. What is not words is lost on the way: the model reads a transcript, and the voice
    reads its answer.

    Parameters
    ----------
    instructions : str, optional
        How the model that thinks should behave.
    voice : str, optional
        Name of the voice that speaks.
    endpoint, api_key, client, prices
        As for `RealtimeSession`; used by all stages that have no endpoint of their own.
    transcribe, think, speak : str, Endpoint or mapping, optional
        Service of a stage: an address as for `endpoint`, an `Endpoint`, or a mapping with any of ``endpoint``,
        ``model``, ``api_key`` and ``client``. A key given for all stages goes to none that has its own endpoint.
        Without a model, the best known one of those that the endpoint offers is taken at the first question.
        ``speak="realtime"``, or a Realtime model, has the answers read aloud in a Realtime session, which is asked
        to do so word for word; this is also done where an endpoint has no model that only speaks.
    tools, spoken, max_rounds
        As for `AudioChat`.
    language : str, optional
        Language of the user as ISO 639-1; the service detects it if None.

    Raises
    ------
    ConfigurationError, ToolDefinitionError
        As `AudioChat` does.

    Examples
    --------
    >>> pipeline = SpeechPipeline(endpoint="local")
    >>> ollama = {"endpoint": "http://localhost:11434/v1", "model": "llama3.2"}
    >>> pipeline = SpeechPipeline(endpoint="local", think=ollama)
    """

    @without_locals
    def __init__(
        self,
        instructions: str = "",
        *,
        voice: str | None = None,
        endpoint: str | Endpoint | None = None,
        transcribe: StageAt = None,
        think: StageAt = None,
        speak: StageAt = None,
        tools: Iterable[Callable[..., Any]] = (),
        api_key: str | Secret | TokenProvider | None = None,
        spoken: bool = True,
        language: str | None = None,
        client: Any = None,
        prices: PriceTable | OwnPrices | None = None,
        max_rounds: int = 8,
    ) -> None:
        common = {"endpoint": endpoint, "api_key": api_key, "client": client}
        lists: ModelLists = {}

        def service(stage: str, at: StageAt, job: Job) -> Service:
            return Service(**_settings(stage, at, common), job=job, prices=prices, lists=lists)

        self._ears = service("transcribe", transcribe, "transcribe")
        self._mind = service("think", think, "think")
        by_realtime = speak == "realtime"
        self._voice = service("speak", None if by_realtime else speak, "read" if by_realtime else "speak")
        super().__init__(instructions, tools, max_rounds, [self._ears, self._mind, self._voice])
        self._spoken = spoken
        self._voice_name = voice or DEFAULT_VOICE
        self._language = language
        self._thinker = Thinker(self._mind, self._history, self._rounds, max_rounds, "think")

    @property
    def endpoints(self) -> dict[str, Endpoint]:
        """The endpoints by stage."""
        return {
            "transcribe": self._ears.endpoint,
            "think": self._mind.endpoint,
            "speak": self._voice.endpoint,
        }

    async def ask(
        self,
        text: str | None = None,
        *,
        audio: Sound | None = None,
        rate: int | None = None,
        spoken: bool | None = None,
    ) -> Reply:
        """Ask by text or sound, and wait for the whole answer; parameters and errors are those of `AudioChat.ask`.

        `Reply.question` is what was recognised, and `Reply.stages` what each stage took.
        """
        return await self._ask(text, audio, rate, self._spoken if spoken is None else spoken)

    async def speak(self, text: str) -> Reply:
        """Read a text aloud; it does not become part of the conversation.

        Raises
        ------
        ConfigurationError
            If there is no text.
        ConnectionFailedError, ResponseFailedError
            As `ask`.
        """
        read = user_message(text).text

        async def work(http: aiohttp.ClientSession, asked: Asked) -> Reply:
            cutter, sentences = SentenceCutter(), asyncio.Queue[str | None]()
            for sentence in (*cutter.take(read), *cutter.finish(), None):
                sentences.put_nowait(sentence)
            sound = await self._speak(http, asked, sentences)
            return Reply(
                text=read,
                question="",
                tool_calls=[],
                usage=asked.usage,
                pcm=sound,
                heard=False,
                stages=tuple(asked.stages),
                _view=reply_card,
            )

        return await self._in_turn(work)

    def __repr__(self) -> str:
        stages = ", ".join(f"{stage} by {at.model} of {at.name}" for stage, at in self.endpoints.items())
        return f"<SpeechPipeline {stages}, tools: {', '.join(self.tools) or 'none'}>"

    async def _answer(
        self, http: aiohttp.ClientSession, asked: Asked, text: str | None, pcm: bytes, spoken: bool
    ) -> Reply:
        question = await self._transcribe(http, asked, pcm) if text is None else text
        self._history.ask(question)
        sentences: asyncio.Queue[str | None] = asyncio.Queue()
        speech = asyncio.ensure_future(self._speak(http, asked, sentences))
        cutter = SentenceCutter()

        def hear(piece: str) -> None:
            for sentence in cutter.take(piece) if spoken else ():
                sentences.put_nowait(sentence)

        options = {"stream": True, "stream_options": {"include_usage": True}}
        try:
            answers = await self._thinker.answer(http, asked, options, hear)
            for sentence in cutter.finish():
                sentences.put_nowait(sentence)
            sentences.put_nowait(None)
            sound = await speech
        finally:
            speech.cancel()
            await asyncio.gather(speech, return_exceptions=True)
        return Reply(
            text=" ".join(each.text for each in answers if each.text),
            question=question,
            tool_calls=asked.results,
            usage=asked.usage,
            pcm=sound,
            heard=False,
            stages=tuple(asked.stages),
            _view=reply_card,
        )

    async def _transcribe(self, http: aiohttp.ClientSession, asked: Asked, pcm: bytes) -> str:
        import aiohttp

        begin = asked.now()
        form = aiohttp.FormData({"model": self._ears.model, "response_format": "json"})
        if self._language:
            form.add_field("language", self._language)
        form.add_field("file", wav_bytes(from_pcm16(pcm)), filename="question.wav", content_type="audio/wav")
        async with self._ears.post(http, "audio/transcriptions", data=form) as response:
            body = event_of(await response.read())
        # A model that is billed by the length of the sound may not report it.
        usage = body.get("usage") or {"seconds": duration_ms(len(pcm)) / 1000}
        price = self._ears.price()
        asked.took(
            "transcribe", self._ears.model, begin, None, Usage.of_transcription(usage, price, self._ears.model)
        )
        words = body.get("text")
        if not isinstance(words, str) or not words.strip():
            raise AudioError(
                "no words were recognised in this sound: is it loud enough, is its rate the right one?"
            )
        return words.strip()

    async def _speak(
        self, http: aiohttp.ClientSession, asked: Asked, sentences: asyncio.Queue[str | None]
    ) -> bytes:
        if reads_aloud(self._voice.model):
            async with RealtimeVoice(self._voice.endpoint, self._voice_name) as voice:
                return await self._speak_all(asked, sentences, voice.read)
        return await self._speak_all(asked, sentences, partial(self._spoken_blocks, http))

    async def _speak_all(
        self,
        asked: Asked,
        sentences: asyncio.Queue[str | None],
        blocks: Callable[[str, list[dict[str, Any] | None]], AsyncIterator[bytes]],
    ) -> bytes:
        sound = bytearray()
        while (sentence := await sentences.get()) is not None:
            begin, first = asked.now(), None
            used: list[dict[str, Any] | None] = []
            async for block in blocks(sentence, used):
                first = asked.now() if first is None else first
                sound += block
            if len(sound) % BYTES_PER_SAMPLE:
                raise ResponseFailedError(f"{self._voice.endpoint.title} sent half a sample of sound; ask for PCM")
            usage = used[-1] if used else None
            model = self._voice.model
            cost = Usage.of_spoken_text(sentence, usage, self._voice.price(), model)
            asked.took("speak", model, begin, first, cost)
        return bytes(sound)

    async def _spoken_blocks(
        self, http: aiohttp.ClientSession, text: str, used: list[dict[str, Any] | None]
    ) -> AsyncIterator[bytes]:
        """Yield a spoken text; its usage, if the service sends events that tell it, is appended to `used`."""
        body = {"model": self._voice.model, "input": text, "voice": self._voice_name, "response_format": "pcm"}
        if self._tells_usage():
            body["stream_format"] = "sse"
        async with self._voice.post(http, "audio/speech", json=body) as response:
            if response.content_type != "text/event-stream":
                async for block in response.content.iter_any():
                    yield block
                return
            lines = EventLines()
            async for block in response.content.iter_any():
                for event in lines.take(block):
                    if pcm := speech_of(event):
                        yield pcm
                    if event.get("type") == "speech.audio.done":
                        used.append(speech_usage(event.get("usage")))
        if not used:
            raise ResponseFailedError(f"{self._voice.endpoint.title} broke off its speech; ask again")

    def _tells_usage(self) -> bool:
        """Whether the service sends its speech in events, with tokens at the end; older voices do not."""
        at = self._voice.endpoint
        return (at.local or at.service in ("openai", "azure")) and not at.model.startswith("tts-1")


def _settings(stage: str, at: StageAt, common: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of the `Service` of a stage; a stage with its own endpoint gets no common settings."""
    if isinstance(at, Mapping):
        for name in at:
            if name not in _STAGE_FIELDS:
                raise ConfigurationError(f"{stage} has no {name!r}; it may have {', '.join(_STAGE_FIELDS)}")
        given = dict(at)
    else:
        given = {} if at is None else {"endpoint": at}
    own = given.get("endpoint") is not None or given.get("client") is not None
    return {"api_key": None, "endpoint": None, "model": None, **({} if own else common), **given}
