"""`AudioChat`: Chat Completions with audio, for use in a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

from realtime_widgets.chat.asking import Asking, reply_card
from realtime_widgets.chat.rounds import Thinker
from realtime_widgets.chat.service import DEFAULT_VOICE, Service
from realtime_widgets.errors import ConfigurationError
from realtime_widgets.protocol.secrets import without_locals
from realtime_widgets.reply import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import aiohttp

    from realtime_widgets.audio.samples import Sound
    from realtime_widgets.chat.rounds import Asked
    from realtime_widgets.core.usage.prices import OwnPrices, PriceTable
    from realtime_widgets.protocol.endpoint.credentials import TokenProvider
    from realtime_widgets.protocol.endpoint.endpoint import Endpoint
    from realtime_widgets.protocol.secrets import Secret

#: Model asked of OpenAI if the user names none (current in November 2026).

AudioFormat = Literal["pcm16", "wav", "mp3", "opus"]


class AudioChat(Asking):
    """Talks with a model by Chat Completions: whole recordings or text in, speech or text out.

    Unlike a `RealtimeSession` it hears nothing before the question is whole, cannot be interrupted by voice,
    and sends the whole conversation with each question; it needs no connection that stays open.

    Parameters
    ----------
    instructions : str, optional
        How the model should behave.
    voice : str, optional
        Name of a preset voice.
    model : str, optional
        Model name; the endpoint's default otherwise.
    endpoint, api_key, client, prices
        As for `RealtimeSession`: the embedded local endpoint if nothing is configured.
    tools : iterable of callables, optional
        Functions that the model may call; `tool` adds more at any time.
    spoken : bool
        Whether answers are speech (and its words) or text alone.
    audio_format : {"pcm16", "wav", "mp3", "opus"}
        Format in which speech is sent. Only ``"pcm16"`` is streamed; `Reply.audio` is the same with all of them.
    max_rounds : int
        Times the tools may be called for one question; after that the model has to answer.

    Raises
    ------
    ConfigurationError
        If a setting is invalid; the text says what to do.
    ToolDefinitionError
        If a function in `tools` cannot be a tool.

    Examples
    --------
    >>> chat = AudioChat("You are brief.")
    >>> reply = await chat.ask(audio="question.wav")  # doctest: +SKIP
    >>> reply.text, reply.audio, reply.usage  # doctest: +SKIP
    """

    @without_locals
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
        self._service = Service(endpoint, api_key, model, job="answer", client=client, prices=prices)
        super().__init__(instructions, tools, max_rounds, [self._service])
        self._spoken = spoken
        self._audio = {"voice": voice or DEFAULT_VOICE, "format": audio_format}
        self._thinker = Thinker(self._service, self._history, self._rounds, max_rounds, "answer")

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint that is asked."""
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
            Path or bytes of a sound file, or an array of samples (n,) or (n, channels), instead of `text`.
        rate
            Sample rate in hertz; required if `audio` is an array.
        spoken
            Whether this answer is speech; as the chat was made if None.

        Raises
        ------
        ConfigurationError, AudioError
            If there is not exactly one question, or the sound cannot be used.
        ConnectionFailedError
            If the endpoint cannot be reached, refuses access or breaks off.
        ResponseFailedError
            If the service refuses the question or fails to answer. The conversation is as before, plus the
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
            _view=reply_card,
        )
