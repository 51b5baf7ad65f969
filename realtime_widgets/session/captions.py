"""`Captions`: a lecture or a recording written down; its work is done on the I/O thread."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from realtime_widgets.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE
from realtime_widgets.concurrency.blocking import blocking
from realtime_widgets.concurrency.clock import REAL_CLOCK
from realtime_widgets.concurrency.io_thread import running_loop, shared_engine
from realtime_widgets.core.captions.core import CaptionCore
from realtime_widgets.core.captions.settings import CaptionSettings, caption_transcription
from realtime_widgets.core.captions.subtitles import FORMATS, to_markdown, to_srt, to_text, to_vtt
from realtime_widgets.core.reconnect.policy import ReconnectPolicy
from realtime_widgets.errors import ConfigurationError, ConnectionFailedError, SessionClosedError
from realtime_widgets.protocol.endpoint.endpoint import Endpoint, resolve_endpoint
from realtime_widgets.protocol.secrets import without_locals
from realtime_widgets.runtime.accounting import Accounts
from realtime_widgets.runtime.journal import Journal
from realtime_widgets.runtime.session_runtime import SessionRuntime
from realtime_widgets.session.api_key import ASK, ask_for_key, placeholder
from realtime_widgets.session.lifetime.life import session_life
from realtime_widgets.session.lifetime.notebook import watch_notebook
from realtime_widgets.shown_text import visible
from realtime_widgets.tools import ToolRegistry, ToolRunner

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Coroutine, Mapping, Sequence
    from typing import Literal

    from realtime_widgets.audio.samples import Sound
    from realtime_widgets.concurrency.clock import Clock
    from realtime_widgets.core.captions.segments import Segment
    from realtime_widgets.core.model_settings import NoiseReduction
    from realtime_widgets.core.settings import TurnDetection
    from realtime_widgets.core.usage.budget import Budget
    from realtime_widgets.core.usage.prices import OwnPrices, PriceTable
    from realtime_widgets.core.usage.usage import Usage
    from realtime_widgets.protocol.dialects import Dialect
    from realtime_widgets.protocol.endpoint.credentials import TokenProvider
    from realtime_widgets.protocol.secrets import Secret
    from realtime_widgets.runtime.session_runtime import State
    from realtime_widgets.widgets.console.captions import CaptionConsole

T = TypeVar("T")

#: What the local endpoint calls the model that transcribes.
LOCAL_MODEL = "local-whisper"
#: Sound of the microphone that is held while there is no connection, in seconds: longer than one is tried for.
HOLD_S = 90.0
#: Sound of a recording that is sent ahead of its words, in seconds: less than is kept to be sent again.
AHEAD_S = 45.0
#: Blocks in which a recording is sent, in milliseconds.
BLOCK_MS = 100
#: How long the service may be silent about what it was sent; how long `close` waits for last words; in seconds.
STALL_S, LAST_WORDS_S = 120.0, 5.0
_BLOCK_BYTES = SAMPLE_RATE * BLOCK_MS // 1000 * BYTES_PER_SAMPLE


class Captions:
    """What is said, written down live and not answered; shown in large letters as the last line of a cell.

    It connects when the microphone opens or at `transcribe`. `close` ends it, and switches the microphone off.

    Where the model finds turns by itself, the service does; otherwise sound is committed at its pauses, and after
    15 s without one, so that words never wait for long.

    Parameters
    ----------
    endpoint : str or Endpoint, optional
        As for `RealtimeSession`.
    model : str, optional
        Model that transcribes: ``"gpt-transcribe"`` (OpenAI's default), ``"gpt-live-transcribe"`` or
        ``"gpt-realtime-whisper"``, which write while somebody speaks; on Azure the deployment.
    language : str, optional
        Language that is spoken, as ``"de"``.
    languages : sequence of str, optional
        Languages that may be spoken, for models that take several; instead of `language`.
    keywords : sequence of str, optional
        Names and terms that are likely to be said.
    prompt : str, optional
        Words that the model may lean on.
    delay : str, optional
        How long ``gpt-realtime-whisper`` waits for certainty: ``"minimal"``, ``"low"``, ``"medium"``, ``"high"``,
        ``"xhigh"``.
    logprobs : bool
        Whether the service sends the probability of each word, which the journal keeps.
    turn_detection : str, mapping or None, optional
        ``"auto"`` (default), or as for `RealtimeSession`; None commits at pauses here.
    noise_reduction : str, NoiseReduction or mapping, optional
        As for `RealtimeSession`.
    font_size : float
        Size of the letters in CSS pixels, to begin with.
    api_key, client, dialect, capabilities, reconnect, budget, prices, extra, clock
        As for `RealtimeSession`. While a lost connection is tried for again, the microphone's sound is held; what
        has no words yet is heard again by the next one.

    Attributes
    ----------
    journal : Journal
        Every event with its time, without sound.

    Raises
    ------
    ConfigurationError
        If a setting is invalid, or the endpoint writes nothing down.

    Examples
    --------
    >>> captions = Captions(endpoint="local")
    >>> await captions.transcribe("lecture.flac")  # doctest: +SKIP
    >>> captions.save("lecture.srt")  # doctest: +SKIP
    """

    @without_locals
    def __init__(
        self,
        *,
        endpoint: str | Endpoint | None = None,
        model: str | None = None,
        language: str | None = None,
        languages: Sequence[str] | str | None = None,
        keywords: Sequence[str] | None = None,
        prompt: str | None = None,
        delay: Literal["minimal", "low", "medium", "high", "xhigh"] | None = None,
        logprobs: bool = False,
        turn_detection: Literal["auto"] | TurnDetection = "auto",
        noise_reduction: str | NoiseReduction | Mapping[str, Any] | None = None,
        font_size: float = 28.0,
        api_key: str | Secret | TokenProvider | None = None,
        client: Any = None,
        dialect: Dialect | None = None,
        capabilities: Mapping[str, Any] | None = None,
        reconnect: bool = True,
        budget: Budget | None = None,
        prices: PriceTable | OwnPrices | None = None,
        extra: Mapping[str, Any] | None = None,
        clock: Clock = REAL_CLOCK,
    ) -> None:
        asked = isinstance(api_key, str) and api_key == ASK
        key = placeholder if asked else api_key
        found = resolve_endpoint(
            endpoint, key, model, model, client=client, dialect=dialect, capabilities=capabilities
        )
        resolved = _transcribing(found, model)
        transcription = caption_transcription(
            resolved.model,
            language,
            languages,
            keywords=keywords,
            prompt=prompt,
            delay=delay,
            logprobs=logprobs or None,
        )
        settings = CaptionSettings(transcription, turn_detection, noise_reduction, extra)
        resolved.capabilities.check(settings.session())
        accounts = Accounts(resolved, prices, budget, clock)
        self.font_size = font_size
        #: Captions call no tools and have no MCP servers: what shows sessions asks for them.
        self.tools, self.mcp = ToolRegistry(), None
        if asked:
            resolved = ask_for_key(resolved)
        self.journal = Journal(clock.time)
        self._settings = settings
        self._clock = clock
        self._engine = shared_engine()
        self._busy = False
        self._restarting = asyncio.Lock()
        self._console_shown: CaptionConsole | None = None
        make = partial(
            SessionRuntime,
            accounts=accounts,
            policy=ReconnectPolicy() if reconnect else ReconnectPolicy(limit_s=0),
            clock=clock,
            core=CaptionCore,
            hold_s=HOLD_S,
        )
        runner = ToolRunner(running_loop(), clock=clock.time)
        self._runtime = self._engine.run(make, resolved, settings, ToolRegistry(), runner, self.journal)
        watch_notebook()
        self._engine.run(session_life().add, self)

    @property
    def runtime(self) -> SessionRuntime:
        """The I/O side, for widgets; use it on the I/O thread only."""
        return self._runtime

    @property
    def state(self) -> State:
        """One of idle, connecting, preparing, listening, reconnecting, closed."""
        return self._runtime.state

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint."""
        return self._runtime.endpoint

    @property
    def usage(self) -> Usage:
        """Minutes or tokens, and money so far."""
        return self._engine.run(lambda: self._runtime.accounts.usage)

    @property
    def segments(self) -> list[Segment]:
        """What was said so far, in order, with times in seconds of the captured sound."""
        return self._engine.run(lambda: self._core.segments)

    @property
    def text(self) -> str:
        """What was said so far, a line for each segment."""
        return to_text(self.segments)

    def to_srt(self) -> str:
        """Return what was said so far as SRT (SubRip) subtitles: two lines of 42 characters at most at a time."""
        return to_srt(self.segments)

    def to_vtt(self) -> str:
        """Return what was said so far as WebVTT subtitles."""
        return to_vtt(self.segments)

    def to_markdown(self) -> str:
        """Return what was said so far as markdown, a paragraph with its time for each segment."""
        return to_markdown(self.segments)

    def save(
        self, path: str | os.PathLike[str], *, format: Literal["srt", "vtt", "md", "txt"] | None = None
    ) -> Path:
        """Write what was said so far to a file.

        Parameters
        ----------
        path
            The file.
        format
            ``"srt"``, ``"vtt"``, ``"md"`` or ``"txt"``; by default what the file's name ends in.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        ConfigurationError
            If there is no such format, or the file cannot be written.
        """
        file = Path(path)
        kind = file.suffix.lower().removeprefix(".") if format is None else format
        if kind not in FORMATS:
            names = ", ".join(FORMATS)
            raise ConfigurationError(f"captions are saved as {names}, not as {kind!r}: name one as format=")
        try:
            file.write_text(FORMATS[kind](self.segments), encoding="utf-8")
        except OSError as error:
            raise ConfigurationError(f"{file} could not be written: {error.strerror}") from None
        return file

    async def start(self) -> None:
        """Connect now instead of at the first sound; raises as `RealtimeSession.start` does."""
        await self._io(self._runtime.start())

    async def transcribe(self, sound: Sound, *, rate: int | None = None, realtime: bool = False) -> list[Segment]:
        """Write down a recording, and wait for all its words.

        It is committed at its pauses, whatever the turn detection, and goes as fast as the service writes it down:
        at most 45 s ahead of the words. Its times go on after the sound before it; the microphone has to be off.

        Parameters
        ----------
        sound
            Path or bytes of a sound file, or an array of samples (n,) or (n, channels).
        rate
            Sample rate of an array, in hertz.
        realtime
            Whether it goes at the pace at which it was said.

        Returns
        -------
        list of Segment
            What was said in it.

        Raises
        ------
        AudioError
            If the sound cannot be used.
        ConfigurationError
            If the microphone is on, or another recording is being written down.
        ConnectionFailedError
            If the endpoint cannot be reached, or is silent for two minutes about what it was sent.
        SessionClosedError
            If the captions are closed, or end before all words are there.
        """
        from realtime_widgets.audio.samples import load_sound  # brings numpy, which a microphone never needs

        return await self._io(self._transcribe(load_sound(sound, rate), realtime))

    async def close(self) -> None:
        """End the captions, once the last words are there (5 s at most); harmless if they are over."""
        if self._console_shown is not None:
            self._console_shown.microphone.stop()
        await self._io(self._close())

    async def restart(self, *, keep: bool = True, budget: Budget | None = None) -> None:
        """Start again after the end, on this object.

        Parameters
        ----------
        keep
            Whether it goes on after what was said before; otherwise it begins empty.
        budget
            A new budget in place of the old one.

        Raises
        ------
        SessionClosedError
            If the budget is used up.
        ConnectionFailedError, ConfigurationError, LocalEndpointError
            As for `start`.
        """
        await self._io(self._restart(keep, budget))

    def talk_here(self) -> None:
        """Go on with these captions, although others took their place in the notebook."""
        self._engine.run(session_life().talk_here, self)

    def start_again(self, keep_talk: bool) -> None:
        """Start captions that are over again, without waiting; what goes wrong is shown as a problem."""
        self._engine.call(lambda: self._runtime.run(self._restart(keep_talk, anew=False)))

    transcribe_sync = blocking(transcribe)
    close_sync = blocking(close)

    async def __aenter__(self) -> Captions:
        await self.start()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        endpoint = self.endpoint
        return visible(f"<Captions {self.state}, endpoint {endpoint.name}, model {endpoint.model}>")

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return self._console()._repr_mimebundle_()

    def _ipython_display_(self) -> None:
        self._console()._ipython_display_()

    def _display_(self) -> Any:
        return self._console()  # marimo shows what this returns

    def _console(self) -> CaptionConsole:
        from realtime_widgets.widgets.console.captions import caption_console_of  # brings ipywidgets

        self._console_shown = caption_console_of(self)
        return self._console_shown

    @property
    def _core(self) -> CaptionCore:
        core = self._runtime.core
        assert isinstance(core, CaptionCore)
        return core

    async def _transcribe(self, pcm: bytes, realtime: bool) -> list[Segment]:
        if self._busy:
            raise ConfigurationError(
                "another recording is being written down: wait for that, or use other captions"
            )
        self._busy = True
        runtime, settings = self._runtime, self._settings
        try:
            await runtime.start()
            if settings.turn_detection is not None:
                await runtime.change(settings.committed_here())
                runtime.perform(self._core.clear())  # what the service has kept of the sound before
            begin = self._core.sound.seconds
            await self._feed(pcm, realtime)
            runtime.perform(self._core.flush())
            await self._wait(lambda: not self._core.words_to_come)
            return [segment for segment in self._core.segments if segment.end > begin]
        finally:
            self._busy = False
            if runtime.state != "closed" and runtime.settings is not settings:
                await runtime.change(settings)

    async def _feed(self, pcm: bytes, realtime: bool) -> None:
        started = self._clock.time()
        for start in range(0, len(pcm), _BLOCK_BYTES):
            await self._wait(lambda: self._connected and self._core.unwritten_s < AHEAD_S)
            self._runtime.hear(pcm[start : start + _BLOCK_BYTES])
            due = started + (start + _BLOCK_BYTES) / BYTES_PER_SAMPLE / SAMPLE_RATE
            wait_s = due - self._clock.time()
            await (self._clock.sleep(wait_s) if realtime and wait_s > 0 else asyncio.sleep(0))

    @property
    def _connected(self) -> bool:
        return self._runtime.state in ("preparing", "listening")

    async def _wait(self, reached: Callable[[], bool]) -> None:
        """Wait for the service, as long as it does something."""
        runtime = self._runtime
        while not reached():
            if runtime.state == "closed":
                raise SessionClosedError(f"these captions are over: {runtime.closed_reason}")
            if not await runtime.until(self._moves_on(reached), STALL_S, topics=("state", "conversation")):
                raise ConnectionFailedError(
                    f"{runtime.endpoint.title} wrote nothing down for {STALL_S:g} s of what it was sent"
                )

    def _moves_on(self, reached: Callable[[], bool]) -> Callable[[], bool]:
        came = self._came()
        return lambda: reached() or self._came() != came

    def _came(self) -> object:
        """What of the service is there: it changes with each of its words."""
        segments = self._core.segments
        return self._runtime.state, self._core.unwritten_s, len(segments), segments[-1:]

    async def _close(self) -> None:
        runtime = self._runtime
        if self._connected:
            runtime.perform(self._core.microphone_closed("closed"))
            await runtime.until(
                lambda: not (self._core.words_to_come and self._connected),
                LAST_WORDS_S,
                topics=("state", "conversation"),
            )
        await runtime.close()

    async def _restart(self, keep: bool, budget: Budget | None = None, anew: bool = True) -> None:
        """Start again; without `anew` only if it is over: a second click means the same start."""
        runtime = self._runtime
        async with self._restarting:
            if not anew and runtime.state != "closed":
                return
            await runtime.close()
            if budget is not None:
                runtime.accounts.limit(budget)
            if used_up := runtime.accounts.used_up:
                raise SessionClosedError(f"these captions are over: {used_up}")
            runtime.reopen(keep)
            await runtime.start()

    async def _io(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return await asyncio.wrap_future(self._engine.submit(coroutine))


def _transcribing(endpoint: Endpoint, model: str | None) -> Endpoint:
    """Return an endpoint for sessions that only write down, by the model that the user named or its usual one."""
    heard_by = LOCAL_MODEL if endpoint.local and model is None else endpoint.heard_by
    if heard_by is None:
        raise ConfigurationError(
            f"no model of {endpoint.title} is known that transcribes: name it as model="
            if endpoint.capabilities.transcription
            else f"{endpoint.title} writes nothing down: choose another endpoint"
        )
    return replace(endpoint, model=heard_by, transcription=heard_by, captions=True)
