"""AudioChat: Chat Completions with audio, as people use it in a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

from realtime_widgets.chat.asking import Asking
from realtime_widgets.chat.rounds import Thinker
from realtime_widgets.chat.service import DEFAULT_VOICE, Service
from realtime_widgets.errors import ConfigurationError
from realtime_widgets.reply import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import aiohttp

    from realtime_widgets.chat.rounds import Asked
    from realtime_widgets.prices import OwnPrices, PriceTable
    from realtime_widgets.protocol.credentials import TokenProvider
    from realtime_widgets.protocol.endpoints import Endpoint, Secret
    from realtime_widgets.sources import Sound

#: Model asked of OpenAI where the person names none (current in November 2026).
OPENAI_AUDIO_MODEL = "gpt-audio-1.5"

AudioFormat = Literal["pcm16", "wav", "mp3", "opus"]


class AudioChat(Asking):
    """Talks with a model by Chat Completions: whole recordings or text in, speech or text out.

    Unlike a `RealtimeSession` it hears nothing before the question is whole, cannot be interrupted by voice,
    and sends the conversation anew with each question; it needs no connection that stays open.

    Parameters
    ----------
    instructions : str, optional
        How the model should behave.
    voice : str, optional
        Name of a preset voice.
    model : str, optional
        Model name; the endpoint's default otherwise.
    endpoint, api_key, client, prices
        As `RealtimeSession` takes them: the embedded local endpoint where nothing is configured.
    tools : iterable of callables, optional
        Functions that the model may call; `tool` adds more at any time.
    spoken : bool
        Whether answers are speech (and its words) or text alone.
    audio_format : {"pcm16", "wav", "mp3", "opus"}
        How speech travels. Only ``"pcm16"`` is streamed; `Reply.audio` is the same with all of them.
    max_rounds : int
        Times the tools may be called for one question; after that the model has to answer.

    Raises
    ------
    ConfigurationError
        Where a setting cannot be; the text says what to do.
    ToolDefinitionError
        Where a function of `tools` cannot be a tool.

    Examples
    --------
    >>> chat = AudioChat("You are brief.")
    >>> reply = await chat.ask(audio="question.wav")  # doctest: +SKIP
    >>> reply.text, reply.audio, reply.usage  # doctest: +SKIP
    """

    def __init__(
        self,
        instructions: str = "",
        *,
        voice: str | None = None,
        model: str | None = None,
        endpoint: str | Endpoint | None = None,
        tools: Iterable[Callable[..., Any]] = (),
        api_key: str | Secret | TokenProvider | None = None,
        spoken: bool = True,
        audio_format: AudioFormat = "pcm16",
        client: Any = None,
        prices: PriceTable | OwnPrices | None = None,
        max_rounds: int = 8,
    ) -> None:
        if audio_format not in get_args(AudioFormat):
            known = ", ".join(get_args(AudioFormat))
            raise ConfigurationError(f"audio_format must be one of {known}, not {audio_format!r}")
        self._service = Service(
            endpoint, api_key, model, default_model=OPENAI_AUDIO_MODEL, client=client, prices=prices
        )
        super().__init__(instructions, tools, max_rounds, [self._service])
        self._spoken = spoken
        self._audio = {"voice": voice or DEFAULT_VOICE, "format": audio_format}
        self._thinker = Thinker(self._service, self._history, self._rounds, max_rounds, "answer")

    @property
    def endpoint(self) -> Endpoint:
        """Where it asks."""
        return self._service.endpoint

    async def ask(
        self,
        text: str | None = None,
        *,
        audio: Sound | None = None,
        rate: int | None = None,
        spoken: bool | None = None,
    ) -> Reply:
        """Ask by text or sound, and wait for the whole answer.

        Parameters
        ----------
        text
            The question.
        audio
            Instead of `text` a sound file, its bytes, or an array of samples;
        rate
            its sample rate in hertz, where it is an array.
        spoken
            Whether this answer is speech, where it shall differ from the others.

        Raises
        ------
        ConfigurationError, AudioError
            Where there is not one question, or the sound cannot be used.
        ConnectionFailedError
            Where the endpoint cannot be reached, refuses us or breaks off.
        ResponseFailedError
            Where it refuses the question or fails to answer; the conversation is as before, and with the
            outputs of tools that ran.
        """
        return await self._ask(text, audio, rate, self._spoken if spoken is None else spoken)

    def __repr__(self) -> str:
        names = ", ".join(self.tools) or "none"
        return f"<AudioChat with {self.endpoint.name}, model {self.endpoint.model}, tools: {names}>"

    async def _answer(
        self, http: aiohttp.ClientSession, asked: Asked, text: str | None, pcm: bytes, spoken: bool
    ) -> Reply:
        if text is None:
            self._history.ask_by_sound(pcm)
        else:
            self._history.ask(text)
        options: dict[str, Any] = {"modalities": ["text", "audio"] if spoken else ["text"]}
        if spoken:
            options["audio"] = self._audio
        if not spoken or self._audio["format"] == "pcm16":
            options |= {"stream": True, "stream_options": {"include_usage": True}}
        answers = await self._thinker.answer(http, asked, options)
        return Reply(
            text=" ".join(each.text for each in answers if each.text),
            question=text or "",
            tool_calls=asked.results,
            usage=asked.usage,
            pcm=b"".join(bytes(each.pcm) for each in answers),
            heard=False,
            stages=tuple(asked.stages),
        )
