"""RealtimeSession: the public face of a talk; its work is done on the I/O thread."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, Unpack

from realtime_widgets import exchanges
from realtime_widgets.accounts import Accounts
from realtime_widgets.asides import aside_settings
from realtime_widgets.asked_key import ASK, ask_for_key, placeholder
from realtime_widgets.blocking import blocking
from realtime_widgets.clock import REAL_CLOCK
from realtime_widgets.engine import running_loop
from realtime_widgets.errors import (
    ConfigurationError,
    SessionClosedError,
)
from realtime_widgets.journal import Journal
from realtime_widgets.latest import note_session
from realtime_widgets.protocol.endpoints import Endpoint, Secret, resolve_endpoint
from realtime_widgets.reconnect import ReconnectPolicy
from realtime_widgets.runtime import SessionRuntime
from realtime_widgets.session_tools import SessionTools
from realtime_widgets.settings import (
    FALSE_INTERRUPTION_S,
    Changes,
    SessionSettings,
    TurnDetection,
    changed,
    turn_detection_settings,
)
from realtime_widgets.sources import check_folder, load_sound
from realtime_widgets.tools import ToolRegistry, ToolRunner
from realtime_widgets.turns import user_message
from realtime_widgets.views import notebook_view

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Coroutine, Iterable, Mapping

    from realtime_widgets.budget import Budget
    from realtime_widgets.clock import Clock
    from realtime_widgets.pictures import Detail, Showable
    from realtime_widgets.prices import OwnPrices, PriceTable
    from realtime_widgets.protocol.credentials import TokenProvider
    from realtime_widgets.protocol.dialects import Dialect
    from realtime_widgets.reply import Reply
    from realtime_widgets.retrieval import RetrievedItem
    from realtime_widgets.sources import Sound
    from realtime_widgets.tools import HostedMcp
    from realtime_widgets.turns import Message

T = TypeVar("T")


class RealtimeSession(SessionTools):
    """A talk with a voice model, shown as its console when it is the last line of a cell.

    It connects at the first use and lives on after the cell returns; `close` ends it.

    Parameters
    ----------
    instructions : str, optional
        How the model should behave.
    voice : str, optional
        Name of a preset voice, such as ``"marin"``; the service's default otherwise.
    model : str, optional
        Model name; the endpoint's default otherwise.
    endpoint : str or Endpoint, optional
        ``"local"``, ``"openai"``, ``"xai"``, ``"azure:https://<resource>.openai.azure.com"`` or a base URL.
        Without one: ``OPENAI_BASE_URL``, then OpenAI where ``OPENAI_API_KEY`` is set, and the embedded local
        endpoint otherwise.
    turn_detection : str, mapping or None, optional
        ``"server_vad"`` (default), ``"semantic_vad"``, ``"push_to_talk"``, a `ServerVad` or `SemanticVad`, or
        settings in the protocol's shape.
    false_interruption_timeout : float or None
        Speech over an answer stops it at once. Where it turns out to be no speech (a cough: no words and no
        response of the service within so many seconds after it), the answer goes on where it stopped, once.
        A service that answers such sounds too makes them interruptions. None: what was stopped stays stopped.
    tools : iterable of callables, optional
        Functions that the model may call, and `HostedMcp` for those of MCP servers that the service calls; `tool`
        adds more at any time.
    api_key : str or callable, optional
        Key for the endpoint, or a function that gives a key or token for each connection, such as a
        `KeyPrompt`; otherwise the service's own variable, such as ``OPENAI_API_KEY``. ``"ask"`` asks the person:
        by a `KeyPrompt` under the cell, or in the terminal. It is never shown, logged or saved.
    speed : float, optional
        Of the voice, 0.25 to 1.5.
    transcription : str, optional
        Model that writes down what the user says.
    client : openai.AsyncOpenAI, optional
        A client of the openai package (any of its four) instead of `endpoint`: its address and key are taken.
    dialect : str, optional
        ``"ga"``, ``"2024"`` or ``"xai"`` for a server that does not show by itself what it speaks.
    capabilities : mapping, optional
        What the endpoint can or cannot do, where that is not known, such as ``{"truncate": False}``; see
        `Capabilities` for the names.
    reconnect : bool
        Whether a lost connection is tried again for up to a minute, with the conversation put back, and a
        session moves to a new connection before the service's own limit ends it.
    budget : Budget, optional
        What the session may use, in money and minutes, before it ends by itself: ``Budget(money=0.50)``.
    prices : mapping or PriceTable, optional
        Prices that go before the built-in ones, by name of a model or of a deployment: a `Price`, or the name
        of the model whose price it has, ``{"our-deployment": "gpt-realtime-2.1"}``.
    clock : Clock, optional
        For tests: what tells the time, such as `realtime_widgets.testing.ManualClock`.

    Raises
    ------
    ConfigurationError
        Where a setting cannot be; the text says what to do.
    ToolDefinitionError
        Where a function of `tools` cannot be a tool.
    """

    def __init__(
        self,
        instructions: str = "",
        *,
        voice: str | None = None,
        model: str | None = None,
        endpoint: str | Endpoint | None = None,
        turn_detection: TurnDetection = "server_vad",
        false_interruption_timeout: float | None = FALSE_INTERRUPTION_S,
        tools: Iterable[Callable[..., Any] | HostedMcp] = (),
        api_key: str | Secret | TokenProvider | None = None,
        speed: float = 1.0,
        transcription: str | None = None,
        client: Any = None,
        dialect: Dialect | None = None,
        capabilities: Mapping[str, Any] | None = None,
        reconnect: bool = True,
        budget: Budget | None = None,
        prices: PriceTable | OwnPrices | None = None,
        clock: Clock = REAL_CLOCK,
    ) -> None:
        settings = SessionSettings(
            instructions, voice, speed, turn_detection_settings(turn_detection), false_interruption_timeout
        )
        asked = isinstance(api_key, str) and api_key == ASK
        key = placeholder if asked else api_key
        resolved = resolve_endpoint(
            endpoint, key, model, transcription, client=client, dialect=dialect, capabilities=capabilities
        )
        resolved.capabilities.check(settings.session([], None))
        accounts = Accounts(resolved, prices, budget, clock)
        self.tools = ToolRegistry(resolved.capabilities.check)
        for function in tools:
            self.tools.add(function)  # type: ignore[type-var]
        if asked:
            resolved = ask_for_key(resolved)
        self.journal = Journal(clock.time)
        super().__init__()
        runner = ToolRunner(running_loop(), clock=clock.time)
        policy = ReconnectPolicy() if reconnect else ReconnectPolicy(limit_s=0)
        make = partial(SessionRuntime, accounts=accounts, policy=policy, clock=clock)
        self._runtime = self._engine.run(make, resolved, settings, self.tools, runner, self.journal)
        self._follow_tools()
        note_session(self)

    async def start(self) -> None:
        """Connect now instead of at the first use.

        Raises
        ------
        ConnectionFailedError, ConfigurationError, LocalEndpointError
            Where that fails; the text names the cure.
        """
        await self._io(self._runtime.start())

    async def ask(
        self,
        text: str | None = None,
        *,
        image: Showable | list[Showable] | None = None,
        detail: Detail = "auto",
        audio: Sound | None = None,
        rate: int | None = None,
        aside: bool = False,
        context: bool = True,
        spoken: bool = False,
        instructions: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Reply:
        """Ask by text, images or sound, and wait for the whole answer.

        The answer is heard at the player while it comes, where there is one.

        Parameters
        ----------
        text
            The question.
        image
            What to look at: a path, the bytes of a file, an array of pixels, an image of PIL or a figure of
            matplotlib, or a list of them; see `load_picture`.
        detail
            How closely: ``"low"``, ``"high"`` or ``"auto"``; `estimate_image_tokens` tells what that costs.
        audio
            Instead of `text` a sound file or an array of samples, spoken into the session in real time;
        rate
            its sample rate in hertz, where it is an array.
        aside
            Ask a text beside the conversation: at once, whatever is being said, and neither question nor
            answer becomes part of it. No tool is called, nothing is played.
        context
            Whether an aside knows the conversation so far.
        spoken
            Whether an aside is answered by speech (in the reply's `audio`) instead of text.
        instructions
            How the model should behave in an aside, in place of the session's instructions.
        metadata
            Of an aside: up to 15 texts by name, kept with the response.

        Raises
        ------
        ConfigurationError
            Where these do not go together.
        ConnectionFailedError
            Where the endpoint cannot be reached or goes away.
        ResponseFailedError
            Where the service reports that the answer failed.
        AudioError, ImageError
            Where `audio` or `image` cannot be used, or nobody speaks in `audio`.
        """
        if (text is None) == (audio is None) and (image is None or text is not None):
            raise ConfigurationError("ask() takes a text or audio=, one of them, and image= with or without")
        if aside:
            if audio is not None:
                raise ConfigurationError("an aside is asked by text; audio= speaks into the conversation")
            settings = aside_settings(spoken, instructions, metadata or {})
            self.endpoint.capabilities.check({**settings, "conversation": "none"})
            message = self._message(text, image, detail)
            return await self._io(exchanges.ask_aside(self, message, context, settings))
        if spoken or instructions is not None or metadata is not None or not context:
            raise ConfigurationError(
                "context=, spoken=, instructions= and metadata= are for an aside: pass aside=True"
            )
        if audio is not None:
            shown = self._message(None, image, detail) if image is not None else None
            replies, _ = await self._io(exchanges.talk(self, load_sound(audio, rate), shown))
            return replies[-1]
        return await self._io(exchanges.ask(self, self._message(text, image, detail)))

    def say(
        self,
        text: str = "",
        *,
        image: Showable | list[Showable] | None = None,
        detail: Detail = "auto",
        answer: bool = True,
    ) -> None:
        """Say something by text, show images, and go on; the answer comes to the player and the transcript.

        What is being said at that moment stops, as it would for a spoken word.

        Parameters
        ----------
        text, image, detail
            As `ask` takes them.
        answer
            Whether an answer is asked for. Without, nothing stops: show something, then speak about it.

        Raises
        ------
        ConfigurationError, ImageError
            Where there is nothing to say, or an image cannot be used.
        SessionClosedError
            Where the session is over.
        """
        message = self._message(text, image, detail)
        if self.state == "closed":
            raise SessionClosedError(f"this session is over: {self._runtime.closed_reason}")
        self._engine.call(lambda: self._runtime.run(exchanges.say(self._runtime, message, answer)))

    async def talk(
        self,
        sound: Sound,
        *,
        rate: int | None = None,
        out: str | os.PathLike[str] | None = None,
    ) -> list[Reply]:
        """Speak a sound into the session as a microphone would, and wait until all is answered and heard.

        Without a player on a page, the answer plays in real time into memory, so that speech over it
        interrupts it as it would in a room.

        Parameters
        ----------
        sound
            Path or bytes of a sound file, or an array of samples (n,) or (n, channels).
        rate
            Sample rate of an array, in hertz.
        out
            WAV file to write what was heard to.

        Returns
        -------
        list of Reply
            One for each turn, in order.

        Raises
        ------
        AudioError
            Where the sound cannot be used, or nobody speaks in it.
        ConnectionFailedError, ResponseFailedError
            As `ask`.
        """
        pcm = load_sound(sound, rate)
        if out is not None:
            check_folder(Path(out))
        replies, heard = await self._io(exchanges.talk(self, pcm))
        if out is not None:
            from realtime_widgets.audio import from_pcm16, write_wav  # brings numpy, which few need

            write_wav(out, from_pcm16(heard))
        return replies

    async def retrieve(self, item_id: str, *, limit: float = 10.0) -> RetrievedItem:
        """Get an item of the conversation as the service has it, with its sound.

        Parameters
        ----------
        item_id
            As in ``session.conversation[0].id``.
        limit
            Longest wait for it, in seconds.

        Raises
        ------
        ItemNotFoundError
            Where the service has no such item, or does not give it in time.
        ConnectionFailedError
            As `start`, and where the session ends meanwhile.
        """
        return await self._io(exchanges.retrieve(self._runtime, item_id, limit))

    async def update(self, **changes: Unpack[Changes]) -> None:
        """Change settings while the talk goes on, by the names they have when a session is made.

        These are ``instructions``, ``voice``, ``speed``, ``turn_detection`` and ``false_interruption_timeout``.

        The tools stay; what is being said now ends as it began.

        Raises
        ------
        ConfigurationError
            Where a value cannot be or the service refuses it (a voice once it has spoken): nothing changes.
        """
        settings = changed(self._runtime.settings, changes)
        self.endpoint.capabilities.check(settings.session([], None))
        await self._io(self._runtime.change(settings))

    def interrupt(self) -> None:
        """Stop what is being said; the model is told what was heard of it."""
        self._engine.call(lambda: self._runtime.perform(self._runtime.core.interrupt()))

    async def close(self) -> None:
        """End the session; harmless when it is over already."""
        await self._io(self._runtime.close())
        await self.mcp.close()

    ask_sync = blocking(ask)
    talk_sync = blocking(talk)
    close_sync = blocking(close)

    async def __aenter__(self) -> RealtimeSession:
        await self.start()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        names = ", ".join(self.tools) or "none"
        return f"<RealtimeSession {self.state}, endpoint {self.endpoint.name}, tools: {names}>"

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return notebook_view(self)

    def _message(self, text: str | None, image: Any, detail: Detail) -> Message:
        if image is not None:
            self.endpoint.capabilities.check_images()
        return user_message(text, image, detail)

    async def _io(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return await asyncio.wrap_future(self._engine.submit(coroutine))
