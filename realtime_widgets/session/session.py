"""`RealtimeSession`: used from the user's threads; its work is done on the I/O thread."""

from __future__ import annotations

import asyncio
import math
import threading
import weakref
from contextvars import copy_context
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Unpack, overload

from realtime_widgets.concurrency.blocking import blocking
from realtime_widgets.concurrency.clock import REAL_CLOCK
from realtime_widgets.concurrency.io_thread import running_loop, shared_engine
from realtime_widgets.core.answer_settings import answer_settings, aside_settings
from realtime_widgets.core.call import SOUND_IS_ELSEWHERE, CallCore, CallSettings, attached
from realtime_widgets.core.checks.output import CUSHION_S
from realtime_widgets.core.conversation.export import ConversationExport, export
from realtime_widgets.core.conversation.function_calls import MAX_ROUNDS, check_max_rounds
from realtime_widgets.core.conversation.history import earlier_talk
from realtime_widgets.core.conversation.message import user_message
from realtime_widgets.core.reconnect.policy import ReconnectPolicy
from realtime_widgets.core.session import SessionCore
from realtime_widgets.core.settings import (
    FALSE_INTERRUPTION_S,
    Changes,
    SessionSettings,
    TurnDetection,
    changed,
)
from realtime_widgets.errors import ConfigurationError, SessionClosedError
from realtime_widgets.protocol.endpoint.endpoint import Endpoint, resolve_endpoint
from realtime_widgets.protocol.secrets import without_locals
from realtime_widgets.runtime.accounting import Accounts
from realtime_widgets.runtime.auditing import keep_records
from realtime_widgets.runtime.journal import Journal
from realtime_widgets.runtime.session_runtime import SessionRuntime
from realtime_widgets.runtime.sound.filler import Filler, FillerPlayer
from realtime_widgets.runtime.tools.calls import SessionCalls
from realtime_widgets.safety.audit import AuditTrail
from realtime_widgets.safety.registry import LIMIT_S
from realtime_widgets.safety.review import ReviewLog
from realtime_widgets.session import showing
from realtime_widgets.session.api_key import ASK, ask_for_key, placeholder
from realtime_widgets.session.lesson import make_lesson
from realtime_widgets.session.lifetime.life import session_life
from realtime_widgets.session.lifetime.notebook import watch_notebook
from realtime_widgets.session.lifetime.restarting import Restarts
from realtime_widgets.session.showing import TOKENS, WATCH_TOKENS, Shown, Watches, name_of
from realtime_widgets.session.talking import exchanges, reading
from realtime_widgets.session.talking.talk import save_heard
from realtime_widgets.shown_text import visible
from realtime_widgets.teaching.lesson import MINUTES, MONEY
from realtime_widgets.timeline.timeline import Timeline
from realtime_widgets.tools import ToolRegistry, ToolRunner
from realtime_widgets.tools.diff import changes_the_model, describe_change, print_change
from realtime_widgets.tools.mcp import McpServers

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence

    from realtime_widgets.audio.samples import Sound
    from realtime_widgets.concurrency.clock import Clock
    from realtime_widgets.core.conversation.history import History
    from realtime_widgets.core.conversation.message import Message
    from realtime_widgets.core.conversation.retrieval import RetrievedItem
    from realtime_widgets.core.model_settings import Answers, Effort, NoiseReduction, Transcription, Truncation
    from realtime_widgets.core.usage.budget import Budget
    from realtime_widgets.core.usage.context import ContextUse
    from realtime_widgets.core.usage.meter import RateLimit
    from realtime_widgets.core.usage.prices import OwnPrices, PriceTable
    from realtime_widgets.core.usage.usage import Usage
    from realtime_widgets.events import Dropped, SessionEvent
    from realtime_widgets.images import Detail, Showable
    from realtime_widgets.protocol.dialects import Dialect
    from realtime_widgets.protocol.endpoint.credentials import TokenProvider
    from realtime_widgets.protocol.secrets import Secret
    from realtime_widgets.recording.writing.recorder import RunningRecording
    from realtime_widgets.reply import Reply
    from realtime_widgets.runtime.session_runtime import State
    from realtime_widgets.safety.flagged import Flagged
    from realtime_widgets.safety.registry import IfFails
    from realtime_widgets.safety.verdict import Check, Place
    from realtime_widgets.session.event_stream import EventStream
    from realtime_widgets.session.over_http import ClientSecret
    from realtime_widgets.sources.objects import As
    from realtime_widgets.teaching.lesson import Lesson
    from realtime_widgets.tools import HostedMcp, ToolChange
    from realtime_widgets.widgets import AudioPlayer, Microphone, RealtimeConsole, ReplyCard
    from realtime_widgets.widgets.page.link import PageLink
    from realtime_widgets.widgets.teaching.lesson import LessonView

#: How long `mcp.add` waits for the service's answer to the new tools, in seconds.
TOOLS_TOLD_S = 5.0

T = TypeVar("T")
E = TypeVar("E", bound="SessionEvent")


_UNREAD = "Transcription is off: checks of the input see what is written, and not what is said."
#: Default number of events that a stream keeps for its reader: about 20 s of a spoken exchange.
EVENT_LIMIT = 1_000
#: Default limits of a recording: minutes, and millions of bytes.
RECORDED_MINUTES, RECORDED_MEGABYTES = 120.0, 1_000.0


class RealtimeSession:
    """A conversation with a voice model, shown as a console when it is the last line of a cell.

    It connects at its first use and keeps running after the cell returns; `close` ends it, and `restart` starts it
    again.

    Parameters
    ----------
    instructions : str, optional
        How the model should behave.
    voice : str, optional
        Name of a preset voice, such as ``"marin"``, or the id of an own one; the service's default otherwise.
    model : str, optional
        Model name; the endpoint's default otherwise.
    endpoint : str or Endpoint, optional
        ``"local"``, ``"openai"``, ``"xai"``, ``"azure:https://<resource>.openai.azure.com"`` or a base URL.
        By default ``OPENAI_BASE_URL``, then OpenAI if ``OPENAI_API_KEY`` is set, otherwise the embedded local
        endpoint.
    turn_detection : str, mapping or None, optional
        ``"server_vad"`` (default), ``"semantic_vad"``, ``"push_to_talk"``, a `ServerVad` or `SemanticVad`, or
        settings in the protocol's shape.
    false_interruption_timeout : float or None
        Speech over an answer stops it at once. If no words and no response of the service follow within this many
        seconds (it was a cough), the answer resumes where it stopped, once. A service that answers such sounds
        makes them interruptions. None never resumes.
    tools : iterable of callables, optional
        Functions that the model may call, and `HostedMcp` for tools of MCP servers that the service itself calls;
        `tool` adds more at any time.
    api_key : str or callable, optional
        Key for the endpoint, or a function that returns a key or token for each connection, such as a
        `KeyPrompt`; by default the service's own variable, such as ``OPENAI_API_KEY``. ``"ask"`` asks the user, by
        a `KeyPrompt` under the cell or in the terminal. The key is never shown, logged or saved.
    speed : float, optional
        Speed of the voice, 0.25 to 1.5.
    transcription : str, Transcription or mapping, optional
        Model that transcribes what the user says, or a `Transcription` with languages, terms and more; ``"off"``
        for none.
    answers : str
        ``"speech"``, or ``"text"`` for answers without sound.
    reasoning : str, optional
        How much the model thinks before it answers: ``"minimal"``, ``"low"``, ``"medium"``, ``"high"`` or
        ``"xhigh"``.
    max_output_tokens : int or "inf", optional
        Longest answer, with its tool calls: 1 to 4,096 tokens.
    truncation : str, Truncation or mapping, optional
        How a talk that outgrows the model's context is shortened: ``"auto"``, ``"disabled"`` or a `Truncation`.
    tool_choice : str or mapping
        ``"auto"``, ``"none"``, ``"required"`` or the name of the tool to call.
    parallel_tool_calls : bool, optional
        Whether the model may call several tools at once.
    noise_reduction : str, NoiseReduction or mapping, optional
        ``"near_field"`` (a headset), ``"far_field"`` (a laptop, a room), ``"off"`` or a `NoiseReduction`.
    tracing : str or mapping, optional
        ``"auto"``, or names under which the service records this session.
    include : sequence of str
        What else the service shall send.
    safety_identifier : str, optional
        Who talks, for the service's monitoring: a text that names no person, such as a hash.
    extra : mapping, optional
        Fields in the protocol's shape for what has no setting here yet, merged over all others.
    client : openai.AsyncOpenAI, optional
        A client of the openai package (any of its four), whose address and key are used instead of `endpoint`.
    dialect : str, optional
        ``"ga"``, ``"2024"`` or ``"xai"``, if it cannot be derived from the endpoint.
    capabilities : mapping, optional
        Abilities of the endpoint that the package does not know, such as ``{"truncate": False}``; see
        `Capabilities` for the names.
    reconnect : bool
        Whether to reconnect for up to a minute after a loss and restore the conversation, and to move to a new
        connection before the service's own limit ends the session. A question whose answer breaks off with the
        connection is asked again three times at most.
    budget : Budget, optional
        Money, minutes or tokens after which the session ends by itself: ``Budget(money=0.50)``.
    prices : mapping or PriceTable, optional
        Prices that override the built-in ones, by name of a model or deployment: a `Price`, or the name of the
        model whose price it has, ``{"our-deployment": "gpt-realtime-2.1"}``.
    history : RealtimeSession, ConversationExport or list of mapping, optional
        An earlier talk with which it begins, as text: a session, its ``conversation``, or messages as of Chat
        Completions. The newest 48,000 characters are taken, and the transcript says so; each answer pays for them.
    call_id : str, optional
        Id of a running call (WebRTC or SIP) to join, such as ``"rtc_..."``: the session sees what is said, runs
        its tools, asks and interrupts; sound stays in the call, and `close` leaves the call running. Of the
        settings only those given are changed in the call.
    max_rounds : int
        Times the tools may be called for one question; after that the model has to answer.
    cushion : float or None
        With checks of the output, seconds of sound that are kept back behind the words that have passed, against
        a voice that speaks faster than expected. None plays sound as it comes: a check then stops an answer that
        may have been heard in part.
    filler : Filler or str, optional
        What is heard when a turn has been silent for some seconds: a sentence, or a `Filler` with a sound.
    review : ReviewLog, optional
        Where what checks flag is kept for review; in memory by default.
    audit : AuditTrail, optional
        Where consents, verdicts and settings are written down; in memory by default.
    clock : Clock, optional
        Source of time, for tests: `realtime_widgets.testing.ManualClock`.

    Attributes
    ----------
    tools : ToolRegistry
        All tools, by name: list, call, disable and remove them here.
    mcp : McpServers
        MCP servers whose tools the model may call: ``await session.mcp.add("uvx mcp-server-time")``.
    checks : SessionChecks
        Checks of what is said and heard, with what each has done, its delay and its cost; `check` adds one.
    review : ReviewLog
        What checks flagged, and what people decided on it; a `ReviewQueue` shows it.
    audit : AuditTrail
        Consents, refusals, verdicts and settings, each record with the hash of the one before.
    journal : Journal
        Every event with its time, without sound and images: ``session.journal.save("events.jsonl")``.

    Raises
    ------
    ConfigurationError
        If a setting is invalid; the text says what to do.
    ToolDefinitionError
        If a function in `tools` cannot be a tool.
    """

    @without_locals
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
        transcription: str | Transcription | Mapping[str, Any] | None = None,
        answers: Answers = "speech",
        reasoning: Effort | Mapping[str, Any] | None = None,
        max_output_tokens: int | Literal["inf"] | None = None,
        truncation: Literal["auto", "disabled"] | Truncation | Mapping[str, Any] | None = None,
        tool_choice: str | Mapping[str, Any] = "auto",
        parallel_tool_calls: bool | None = None,
        noise_reduction: str | NoiseReduction | Mapping[str, Any] | None = None,
        tracing: Literal["auto"] | Mapping[str, Any] | None = None,
        include: Sequence[str] = (),
        safety_identifier: str | None = None,
        extra: Mapping[str, Any] | None = None,
        client: Any = None,
        dialect: Dialect | None = None,
        capabilities: Mapping[str, Any] | None = None,
        reconnect: bool = True,
        budget: Budget | None = None,
        prices: PriceTable | OwnPrices | None = None,
        history: RealtimeSession | History | None = None,
        call_id: str | None = None,
        max_rounds: int = MAX_ROUNDS,
        cushion: float | None = CUSHION_S,
        filler: Filler | str | None = None,
        review: ReviewLog | None = None,
        audit: AuditTrail | None = None,
        clock: Clock = REAL_CLOCK,
    ) -> None:
        check_max_rounds(max_rounds)
        earlier: Any = history.conversation if isinstance(history, RealtimeSession) else history
        talk = None if earlier is None else earlier_talk(earlier)
        settings = (SessionSettings if call_id is None else CallSettings)(
            instructions,
            voice,
            speed,
            turn_detection,
            false_interruption_timeout,
            answers,
            reasoning,
            max_output_tokens,
            truncation,
            tool_choice,
            parallel_tool_calls,
            noise_reduction,
            transcription,
            tracing,
            include,
            safety_identifier,
            extra,
        )
        asked = isinstance(api_key, str) and api_key == ASK
        key = placeholder if asked else api_key
        resolved = resolve_endpoint(
            endpoint, key, model, settings.heard_by, client=client, dialect=dialect, capabilities=capabilities
        )
        if call_id is not None:
            resolved = attached(resolved, call_id, history)
        resolved.capabilities.check(settings.session([], resolved.heard_by))
        accounts = Accounts(resolved, prices, budget, clock)
        self.tools = ToolRegistry(resolved.capabilities.check)
        for function in tools:
            self.tools.add(function)  # type: ignore[type-var]
        if asked:
            resolved = ask_for_key(resolved)
        self.journal = Journal(clock.time)
        self._engine = shared_engine()
        runner = ToolRunner(running_loop(), clock=clock.time)
        policy = ReconnectPolicy() if reconnect else ReconnectPolicy(limit_s=0)
        core = SessionCore if call_id is None else CallCore
        make = partial(
            SessionRuntime, accounts=accounts, policy=policy, max_rounds=max_rounds, clock=clock, core=core
        )
        self._runtime = self._engine.run(make, resolved, settings, self.tools, runner, self.journal)
        #: The plan of a lesson; None for any other talk.
        self.plan: Lesson | None = None
        self._runtime.checks.hold_back(cushion)
        if filler is not None:
            made = Filler(filler) if isinstance(filler, str) else filler
            self._engine.run(FillerPlayer, self._runtime, made)
        self.checks = self._runtime.checks.registry
        self.review = ReviewLog() if review is None else review
        self.audit = AuditTrail() if audit is None else audit
        self._engine.run(keep_records, self._runtime, self.tools, self.review, self.audit)
        self._follow_tools()
        _made[:] = [each for each in _made if each() is not None]
        _made.append(weakref.ref(self))
        if talk is not None:
            self._engine.run(self._runtime.begin_with, talk)
        if resolved.call_id:
            self._engine.run(
                self._runtime.tell, f"Attached to the call {resolved.call_id}: its sound stays there."
            )
        watch_notebook()
        self._watches = Watches(self)
        self._engine.run(session_life().add, self)

    @classmethod
    def lesson(
        cls,
        title: str,
        *,
        questions: Sequence[str | tuple[str, str]] = (),
        answers: Mapping[str, str] | str | os.PathLike[str] | None = None,
        minutes: float = MINUTES,
        money: float | None = MONEY,
        checks: bool = True,
        tell_speaker: bool = False,
        **options: Any,
    ) -> RealtimeSession:
        """Return a session for a class, which shows itself in large letters.

        Its tools are fixed, it takes no camera, and it ends by itself. People take the floor one after another,
        each with a microphone of the browser's computer, and hold a button while they speak.

        Parameters
        ----------
        title
            What the lesson is about.
        questions
            Up to nine prepared questions, as buttons; each a text, or a text and a note for the teacher.
        answers
            Answers that are certain, by the questions or by words that are in them, or the path of a script: the
            local endpoint gives them, and nothing else.
        minutes, money
            Limits: minutes of connected time, and US dollars; None for no limit in money.
        checks
            Whether personal data and secrets are hidden, and orders in the results of tools withheld.
        tell_speaker
            Whether the model is told which table has the floor.
        **options
            As for `RealtimeSession`; `instructions` are added to those of a lesson.

        Raises
        ------
        ConfigurationError
            If a value cannot be, or the checks need what is not installed; the text says what to do.
        """
        made: RealtimeSession = make_lesson(
            cls,
            title,
            questions=questions,
            answers=answers,
            minutes=minutes,
            money=money,
            checks=checks,
            tell_speaker=tell_speaker,
            options=options,
        )
        return made

    @property
    def camera_allowed(self) -> bool:
        """Whether a `Camera` may show something in this session: not in a lesson."""
        return self.plan is None

    def handout(self, path: str | os.PathLike[str], title: str | None = None) -> Path:
        """Write the talk as a handout, by nbconvert: questions, answers as they were heard, tool calls, pictures.

        Parameters
        ----------
        path
            Where to: a name that ends in ``.html``, ``.pdf``, ``.md`` or ``.ipynb``. A file that is there is
            replaced once the new one is whole.
        title
            Its heading; by default that of the lesson.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        ConfigurationError
            If there is no such kind, what makes it is not installed, or the file cannot be written.
        """
        from realtime_widgets.teaching.handout import write_handout  # brings what runs a browser

        heading = title or (self.plan.title if self.plan else "A talk")
        return write_handout(self.conversation, path, heading)

    @property
    def runtime(self) -> SessionRuntime:
        """The session's I/O side, for widgets; use it on the I/O thread only."""
        return self._runtime

    @property
    def state(self) -> State:
        """One of idle, connecting, preparing, listening, thinking, speaking, reconnecting, closed."""
        return self._runtime.state

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint of the session."""
        return self._runtime.endpoint

    @property
    def usage(self) -> Usage:
        """Tokens and money so far, of all responses and of transcription."""
        return self._engine.run(lambda: self._runtime.accounts.usage)

    @property
    def usage_by_turn(self) -> list[Usage]:
        """Usage of each turn so far, in order; what belongs to no turn is in `usage` only."""
        return self._engine.run(self._usage_by_turn)

    @property
    def context(self) -> ContextUse:
        """How full the model's context is, by what its last answer read."""
        return self._engine.run(lambda: self._runtime.accounts.context)

    @property
    def rate_limits(self) -> dict[str, RateLimit]:
        """What is left of the account's limits, by name, as last reported by the service."""
        return self._engine.run(lambda: self._runtime.accounts.rate_limits)

    def timeline(self) -> Timeline:
        """Return where the time of each turn went, as a figure and as records.

        Speech begins and ends where it does in the captured sound, and the answer where the player played it; what
        the service decided and sent stands at the time when it came. What the loudspeaker and the microphone
        themselves are late by cannot be seen here.

        Returns
        -------
        Timeline
            The newest 1,000 turns: ``timeline[-1].delay``, ``timeline.records()``, ``timeline.figure()``.
        """
        runtime = self._runtime
        return self._engine.run(lambda: Timeline(runtime.timeline.turns()))

    @property
    def transcript(self) -> str:
        """The conversation so far as plain text, a line for each message."""
        items = self._engine.run(lambda: list(self._runtime.core.conversation))
        return "\n".join(f"{item.role}: {item.text}" for item in items if item.text)

    @property
    def calls(self) -> SessionCalls:
        """The model's tool calls: their state, and methods to approve, deny or cancel them."""
        self._engine.check()
        return SessionCalls(self._runtime, self._runtime.core.approvals.requests)

    @property
    def conversation(self) -> ConversationExport:
        """The conversation as it is now, with tool calls; see `to_messages`, `to_markdown`, `to_records`."""
        core = self._runtime.core
        return self._engine.run(lambda: export(core.conversation, core.ledger))

    def tool(self, function: Callable[..., Any] | None = None, **options: Any) -> Any:
        """Register a function that the model may call; running the cell again replaces it.

        Works with and without parentheses; `options` are those of `ToolRegistry.add`. The function is
        returned unchanged. Sync functions run in a worker thread, async ones on the notebook's loop, unless
        an option says otherwise; see `ToolOptions`.

        The cell says in a line which version it is and what changed, with the difference if the model sees one. It
        is told between two responses; until then its calls use the old code, as do calls that are running.

        An interruption stops the voice but not the tools: only the button on its card, `calls`, its time limit
        and the end of the session end a call early.
        """
        return self.tools.add(function, **options)

    def check(
        self,
        place: Place,
        check: Check | None = None,
        *,
        name: str | None = None,
        limit: float = LIMIT_S,
        if_fails: IfFails = "close",
    ) -> Any:
        """Have a function look at what is said and heard before it goes on; running the cell again replaces it.

        Use it as a decorator, ``@session.check("output")``, or with a ready check of `realtime_widgets.checks`.
        An answer is checked sentence by sentence, and each is shown and heard once it has passed. Tools that the
        service calls itself are not seen. See `checks` for what each has done.

        Parameters
        ----------
        place
            ``"input"``: what the user says or writes. ``"output"``: a sentence of an answer.
            ``"tool_arguments"`` and ``"tool_result"``: what a tool gets and returns. ``"picture"``: an image on
            its way to the model.
        check, name, limit, if_fails
            As for `SessionChecks.add`.

        Returns
        -------
        callable
            The function, or what decorates one if there is none yet.

        Raises
        ------
        ConfigurationError
            If a value cannot be; the text says what to do.

        Examples
        --------
        >>> @session.check("output")  # doctest: +SKIP
        ... def no_prices(text):
        ...     return checks.replace_by("Prices are on the web page.", "a price") if "$" in text else None
        """
        if check is None:
            return partial(self.check, place, name=name, limit=limit, if_fails=if_fails)
        if place == "input" and self._speech_is_unread():
            self._engine.call(self._runtime.tell, _UNREAD)
        return self.checks.add(place, check, name=name, limit=limit, if_fails=if_fails)

    @property
    def flagged(self) -> list[Flagged]:
        """What checks did not let pass, or flagged, oldest first: the last 1,000."""
        return self._engine.run(lambda: list(self._runtime.checks.flagged))

    async def start(self) -> None:
        """Connect now instead of at the first use.

        Raises
        ------
        ConnectionFailedError, ConfigurationError, LocalEndpointError
            If the endpoint cannot be reached, refuses the settings, or lacks something; the text names the cure.
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
        tools: Iterable[str | Callable[..., Any]] | None = None,
        tool_choice: str | Mapping[str, Any] | None = None,
        text_only: bool = False,
        max_output_tokens: int | Literal["inf"] | None = None,
        voice: str | Mapping[str, Any] | None = None,
        reasoning: Effort | Mapping[str, Any] | None = None,
        extra: Mapping[str, Any] | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Reply:
        """Ask by text, images or sound, and wait for the whole answer.

        The player, if there is one, plays the answer while it comes.

        Parameters
        ----------
        text
            The question.
        image
            Image to look at: a path, the bytes of a file, an array of pixels, an image of PIL or a figure of
            matplotlib, or a list of them; see `load_picture`.
        detail
            How closely to look: ``"low"``, ``"high"`` or ``"auto"``; see `estimate_image_tokens` for the cost.
        audio
            A sound file or an array of samples to speak into the session in real time, instead of `text`.
        rate
            Sample rate in hertz; required if `audio` is an array.
        aside
            Whether to ask out of band: `text` is answered at once, whatever is being said, and neither question
            nor answer becomes part of the conversation. No tool is called, nothing is played.
        context
            Whether an aside knows the conversation so far.
        spoken
            Whether an aside is answered by speech (in the reply's `audio`) instead of text.
        instructions
            How the model should behave in this answer, in place of the session's instructions.
        tools
            Names or functions of the only tools that it may call for this answer.
        tool_choice, max_output_tokens, voice, reasoning
            For this answer, as for `RealtimeSession`. A tool that is forced is forced once.
        text_only
            Whether this answer is text without sound.
        extra
            Fields in the protocol's shape for what has no setting here yet, merged into this ``response.create``.
        metadata
            Up to 15 texts by name, which the service keeps with the response to an aside.

        Raises
        ------
        ConfigurationError
            If these arguments do not go together.
        ConnectionFailedError
            If the endpoint cannot be reached, or the connection is lost.
        ResponseFailedError
            If the service reports that the answer failed.
        AudioError, ImageError
            If `audio` or `image` cannot be used, or nobody speaks in `audio`.
        """
        if (text is None) == (audio is None) and (image is None or text is not None):
            raise ConfigurationError("ask() takes a text or audio=, one of them, and image= with or without")
        settings = answer_settings(
            instructions=instructions,
            tools=tools,
            offered={each["name"]: each for each in self.tools.definitions()},
            tool_choice=tool_choice,
            text_only=text_only,
            max_output_tokens=max_output_tokens,
            voice=voice,
            reasoning=reasoning,
            extra=extra,
        )
        self.endpoint.capabilities.check(settings)
        if aside:
            if audio is not None:
                raise ConfigurationError("an aside is asked by text; audio= speaks into the conversation")
            if tools is not None or tool_choice is not None:
                raise ConfigurationError("no tool is called in an aside: leave out tools= and tool_choice=")
            settings = aside_settings(spoken and not text_only, metadata or {}, settings)
            self.endpoint.capabilities.check({**settings, "conversation": "none"})
            message = self._message(text, image, detail)
            return self._shown(await self._io(exchanges.ask_aside(self._runtime, message, context, settings)))
        if spoken or metadata is not None or not context:
            raise ConfigurationError("context=, spoken= and metadata= are for an aside: pass aside=True")
        self._asks()
        if audio is not None:
            self._check_sound()
            if settings:
                raise ConfigurationError(
                    f"{', '.join(settings)} cannot be set for a spoken question, which the service answers by "
                    "itself: use `update` for the session"
                )
            shown = self._message(None, image, detail) if image is not None else None
            from realtime_widgets.audio.samples import load_sound  # brings numpy, which texts never need

            replies = await self._io(exchanges.talk(self._runtime, load_sound(audio, rate), shown))
            return self._shown(replies[-1])
        return self._shown(
            await self._io(exchanges.ask(self._runtime, self._message(text, image, detail), settings))
        )

    async def say_exactly(self, text: str) -> Reply:
        """Have the model say a text word for word, as part of the conversation, and wait until it is said.

        The services have no command for this: the model is asked to read the text out, and `Reply.exact` tells
        whether its words were those of the text. No tool is called.

        Parameters
        ----------
        text
            What to say, at most 4,000 characters.

        Raises
        ------
        ConfigurationError
            If there is no text, or it is too long.
        ConnectionFailedError, ResponseFailedError
            As for `ask`.
        """
        settings = reading.reading(text)
        self._asks()
        return self._shown(await self._io(reading.say_exactly(self._runtime, text, settings)))

    def say(
        self,
        text: str = "",
        *,
        image: Showable | list[Showable] | None = None,
        detail: Detail = "auto",
        answer: bool = True,
    ) -> None:
        """Send a text or images without waiting; the answer comes to the player and the transcript.

        An answer that is being said stops, as it would for speech.

        Parameters
        ----------
        text, image, detail
            As for `ask`.
        answer
            Whether to ask for an answer. If not, nothing stops: show something, then speak about it.

        Raises
        ------
        ConfigurationError, ImageError
            If there is nothing to say, or an image cannot be used.
        SessionClosedError
            If the session is over.
        """
        self.send_message(self._message(text, image, detail), answer)

    def show(
        self,
        value: object,
        note: str = "",
        *,
        as_: As = "auto",
        tokens: int = TOKENS,
        detail: Detail = "auto",
        answer: bool = False,
    ) -> Shown:
        """Show the model an object of the notebook: an image if the model sees and that says most, else a text.

        A table becomes its shape, its columns and its first rows, a chart its image or what is in it, an error its
        traceback, a function its source. What was sent is a card of the transcript.

        Parameters
        ----------
        value
            A frame of pandas, polars or Arrow, an array, a figure of matplotlib, plotly, altair or bokeh, an image
            or its path, an object with a rich display, a function, captured output of a cell, an exception, or any
            data.
        note
            What you say of it.
        as_
            ``"image"``, ``"text"`` or ``"auto"``.
        tokens
            Most tokens that it may take, estimated; 100 or more.
        detail
            How closely the model looks at an image: ``"low"``, ``"high"`` or ``"auto"``.
        answer
            Whether to ask for an answer; what is being said stops then. If not, nothing stops: speak about it.

        Returns
        -------
        Shown
            What was sent, and what was left out.

        Raises
        ------
        ConfigurationError, ImageError
            If a setting cannot be, or the object cannot be shown like that.
        SessionClosedError
            If the session is over.
        """
        sees = self.endpoint.capabilities.images
        shown = showing.make(value, note, name_of(value), as_=as_, tokens=tokens, detail=detail, sees=sees)
        self.send_message(shown.message, answer)
        return shown

    def watch(self, name: str, note: str = "", *, tokens: int = WATCH_TOKENS) -> None:
        """Show the model a variable of the notebook now and after each cell that changes it.

        The model forgets what it was before. A change inside large data is seen by samples.

        Parameters
        ----------
        name
            The variable's name; it need not exist yet.
        note
            What you say of it, each time.
        tokens
            Most tokens that it may take each time, estimated.

        Raises
        ------
        ConfigurationError
            If there is no notebook here, or that is no name of a variable.
        """
        self._watches.add(name, note, tokens)

    def unwatch(self, name: str) -> None:
        """Stop watching a variable; harmless if it is not watched."""
        self._watches.remove(name)

    async def talk(
        self,
        sound: Sound,
        *,
        rate: int | None = None,
        out: str | os.PathLike[str] | None = None,
    ) -> list[Reply]:
        """Speak a sound into the session in real time, and wait until everything is answered and heard.

        Without a player on a page the answer is played into memory in real time, so that speech over it
        interrupts it as it would in a room.

        Parameters
        ----------
        sound
            Path or bytes of a sound file, or an array of samples (n,) or (n, channels).
        rate
            Sample rate of an array, in hertz.
        out
            Path of a WAV file for what was heard, also if the talk fails. If it cannot be written after all, a
            problem in the transcript names the temporary file that holds it.

        Returns
        -------
        list of Reply
            One reply for each turn, in order.

        Raises
        ------
        AudioError
            If the sound cannot be used, nobody speaks in it, or there can be no file `out`.
        ConnectionFailedError, ResponseFailedError
            As for `ask`.
        """
        from realtime_widgets.audio import samples  # brings numpy, which a microphone never needs

        self._check_sound()
        pcm = samples.load_sound(sound, rate)
        if out is not None:
            samples.check_folder(Path(out))
        heard, replies = bytearray(), None
        self._asks()
        try:
            replies = await self._io(exchanges.talk(self._runtime, pcm, heard=heard))
        finally:
            something = heard or replies is not None
            if out is not None and something and (problem := save_heard(Path(out), bytes(heard))):
                self._engine.call(self._runtime.problem, problem)
        return [self._shown(reply) for reply in replies]

    async def retrieve(self, item_id: str, *, limit: float = 10.0) -> RetrievedItem:
        """Fetch an item of the conversation, with its sound, from the service.

        Parameters
        ----------
        item_id
            Id of the item, such as ``session.conversation[0].id``.
        limit
            Longest time to wait, in seconds.

        Raises
        ------
        ItemNotFoundError
            If the service has no such item, or does not send it in time.
        ConnectionFailedError
            As for `start`, or if the session ends before the item comes.
        """
        return await self._io(exchanges.retrieve(self._runtime, item_id, limit))

    async def hang_up(self) -> None:
        """End the call to which this session is attached, for all who are in it.

        Raises
        ------
        ConfigurationError
            If the session is attached to none.
        ConnectionFailedError, ResponseFailedError
            If the endpoint cannot be reached, or the call is over.
        """
        from realtime_widgets.session import over_http  # brings the ways to talk over HTTP

        await self._io(over_http.hang_up(self.endpoint))

    async def client_secret(self, *, expires_after: int = 600) -> ClientSecret:
        """Have the service make a key with a short life that opens a session with this session's settings.

        It is for a page or a program that talks with the service itself and must not have the real key. The
        session that it opens is another one than this; its tools are the functions of this one by their
        descriptions, which the page has to answer for.

        Parameters
        ----------
        expires_after
            Seconds for which it opens sessions, between 10 and 7,200.

        Returns
        -------
        ClientSecret
            With the key as its `value`, which shows only when it is revealed.

        Raises
        ------
        ConfigurationError
            If `expires_after` is out of range.
        ConnectionFailedError, LocalEndpointError, ResponseFailedError
            If the endpoint cannot be reached, or makes no such keys.
        """
        from realtime_widgets.session import over_http  # brings the ways to talk over HTTP

        seconds = over_http.lifetime(expires_after)
        await self.start()  # the local endpoint has its address then
        endpoint = self._runtime.endpoint
        settings = self._runtime.settings.session(self.tools.definitions(), endpoint.heard_by)
        return await self._io(over_http.make_client_secret(endpoint, settings, seconds))

    async def update(self, **changes: Unpack[Changes]) -> None:
        """Change settings of the running session.

        Tools stay as they are; an answer that is being said is not affected.

        Parameters
        ----------
        **changes
            Settings by name, with values as for `RealtimeSession`: ``instructions``, ``voice``, ``speed``,
            ``turn_detection``, ``false_interruption_timeout``, ``transcription``, ``answers``, ``reasoning``,
            ``max_output_tokens``, ``truncation``, ``tool_choice``, ``parallel_tool_calls``, ``noise_reduction``,
            ``tracing``, ``include``, ``safety_identifier``, ``extra``.

        Raises
        ------
        ConfigurationError
            If a value is invalid, or the service refuses it (a voice that has spoken cannot change); nothing is
            changed.
        """
        before = self._runtime.settings
        assert isinstance(before, SessionSettings)  # a talk's
        settings = changed(before, changes)
        self.endpoint.capabilities.check(settings.session([], self.endpoint.heard_by))
        await self._io(self._runtime.change(settings))

    @overload
    def events(self, kind: type[E], /, *, limit: int = EVENT_LIMIT) -> EventStream[E | Dropped]: ...
    @overload
    def events(self, *kinds: type[SessionEvent], limit: int = EVENT_LIMIT) -> EventStream[SessionEvent]: ...
    def events(self, *kinds: type[Any], limit: int = EVENT_LIMIT) -> EventStream[Any]:
        """Follow the session: an async iterator over what happens from now on, until the session is over.

        Several streams may be read at once, each on any event loop. A reader that is too slow loses the oldest
        events and receives a `Dropped` with their number. Reading changes nothing in the session.

        Parameters
        ----------
        *kinds
            Classes of `realtime_widgets.events` to yield, besides `Dropped`; all if none are named. While someone
            speaks, sound alone makes up to 100 `Received` and `Sent` a second.
        limit
            Events that wait for the reader at most.

        Returns
        -------
        EventStream
            Yields the members of `SessionEvent`.

        Raises
        ------
        ConfigurationError
            If `limit` is not a whole number above 0, or there is no such kind.

        Examples
        --------
        >>> async for event in session.events(TurnEnded, ToolCallChanged):  # doctest: +SKIP
        ...     match event:
        ...         case TurnEnded(question=question, text=text):
        ...             print(question, "->", text)
        ...         case ToolCallChanged(call) if call.phase == "approval":
        ...             call.approve()
        """
        self._engine.check()
        from realtime_widgets.session.event_stream import EventStream  # its records take a while to make

        return EventStream(self._runtime, kinds, limit)

    def record(
        self,
        path: str | os.PathLike[str],
        *,
        sources: bool = False,
        minutes: float = RECORDED_MINUTES,
        megabytes: float = RECORDED_MEGABYTES,
        replace: bool = False,
    ) -> RunningRecording:
        """Record the session from now on: every event, what was said and heard, tool calls, settings and costs.

        It is written while the talk goes on, so that a crash loses its last second at most. At the end of the
        session it is whole, and goes on in the same file if the session is started again, or replaced in the
        notebook while it runs. Keys are not in it; the voices of both sides are, and the transcript says so. Open
        it with `Recording.load`.

        Parameters
        ----------
        path
            The file; ``.rwz`` is added if that is not its ending. In a folder that is there, a file named by the
            time. Run again it goes on: for the same session, one that took its place, or one that was begun after
            its end.
        sources
            Whether the source code of the tools is recorded too, so that their calls can be run elsewhere.
        minutes, megabytes
            Limits of the recording; up to 360 minutes and 4,000 MB. It ends at the first, and the session says so.
        replace
            Whether a recording that is there already is replaced.

        Returns
        -------
        RunningRecording
            With its `seconds`, its `problem`, and `stop`; as a context manager it ends with the block.

        Raises
        ------
        ConfigurationError
            If a limit cannot be, the file is there already, or it cannot be written.
        SessionClosedError
            If the session is over.
        """
        from realtime_widgets.recording.writing.recorder import record  # brings numpy, which writes the sound

        return record(
            self._runtime,
            self.tools,
            path,
            sources=sources,
            minutes=minutes,
            megabytes=megabytes,
            replace=replace,
        )

    def delete(self, item_id: str) -> None:
        """Take a message out of the talk: the model does not have it any more, and the transcript neither.

        Parameters
        ----------
        item_id
            Id of the message, such as ``session.conversation[0].id``.

        Raises
        ------
        ConfigurationError
            If there is no such message, it is still being said, or the service deletes nothing.
        """
        self._engine.run(self._runtime.delete_item, item_id)

    def edit(self, item_id: str, text: str) -> None:
        """Put other words in the place of a message, as text: for the model they were said all along.

        Parameters
        ----------
        item_id
            Id of the message.
        text
            The new words.

        Raises
        ------
        ConfigurationError
            If there is no such message, it is still being said, it has images, `text` is empty, or the service
            deletes nothing.
        """
        self._engine.run(self._runtime.edit_item, item_id, text)

    def interrupt(self) -> None:
        """Stop the current answer; it is truncated at what was heard, so the model knows how much that was."""
        self._engine.call(lambda: self._runtime.perform(self._runtime.core.interrupt()))

    async def close(self) -> None:
        """End the session; harmless if it is over."""
        await self._io(self._runtime.close())
        await self.mcp.close()

    async def restart(self, *, keep_talk: bool = True, budget: Budget | None = None) -> None:
        """Start the session again after its end, on this object: same settings, tools, MCP servers and widgets.

        A running session is closed first. What was used before counts for `usage` and the budget.

        Parameters
        ----------
        keep_talk
            Whether the conversation so far is put into the new connection, as text; otherwise it begins empty,
            and so does the transcript.
        budget
            A new budget in place of the old one.

        Raises
        ------
        SessionClosedError
            If the budget is used up.
        ConnectionFailedError, ConfigurationError, LocalEndpointError
            As for `start`.
        """
        await self._io(self._restarts.restart(keep_talk, budget))

    @property
    def kept_sound_minutes(self) -> float:
        """Minutes of both sides' sound, together, that the transcript can play again (15 at first; 0 keeps none).

        It is kept in memory only, 2.9 MB a minute; of more the oldest turns go, and their button says so.
        """
        return self._engine.run(lambda: self._runtime.sounds.minutes)

    @kept_sound_minutes.setter
    def kept_sound_minutes(self, minutes: float) -> None:
        if not 0 <= minutes < math.inf:
            raise ConfigurationError(f"kept_sound_minutes must be 0 or more, not {minutes}")

        def keep() -> None:
            self._runtime.sounds.minutes = minutes
            self._runtime.perform([])  # the transcript shows it

        self._engine.run(keep)

    def dock(self, shown: bool | Literal["panel", "split"] = True) -> None:
        """Show the session beside the code: in JupyterLab's side panel or a split, elsewhere as a bar over it.

        JupyterLab's command palette has it too, under "Talk". The bar has microphone, stop and the last words.
        Either is another view of the same session and the same sound; it goes when the user closes it, and with
        the session.

        Parameters
        ----------
        shown
            Whether it is shown; False takes it away. ``"split"`` shows it beside the notebook, as wide as you
            make it, and ``"panel"`` (as True does) in the side panel; elsewhere both are the bar.

        Raises
        ------
        ConfigurationError
            If there is no such place, or the sound of the session is in a call.
        SessionClosedError
            If the session is over.
        """
        self._check_sound()
        if shown not in (True, False, "panel", "split"):
            raise ConfigurationError(f'dock() takes "panel", "split" or False, not {shown!r}')
        if shown and self.state == "closed":
            raise SessionClosedError(
                f"this session is over: {self._runtime.closed_reason}; start it again with session.restart()"
            )
        self._console().dock(bool(shown), "split" if shown == "split" else "panel")

    def page(self, address: str | None = None) -> PageLink:
        """Return a link that opens the console in a browser tab of its own: the same talk, the same sound.

        It is for where a notebook's page has no microphone: VS Code, Colab, frames, plain http. The kernel serves
        the tab on loopback; where there is one, the Jupyter server relays it under its own address, and Colab,
        code-server and Codespaces forward it. It counts once, for one tab and ten minutes.

        Parameters
        ----------
        address
            Where a proxy of yours shows the kernel's port, such as ``"https://example.org/talk/"``.

        Returns
        -------
        PageLink
            Shows itself as the link; ``new_url()`` returns an address as text, and ``open_browser()`` opens it on
            the kernel's machine.

        Raises
        ------
        ConfigurationError
            If the address is none of http or https.
        """
        from realtime_widgets.widgets.page.link import PageLink  # most sessions never need it

        return PageLink(self._console(), address)

    def talk_here(self) -> None:
        """Go on with the session in its console, although another one took its place in the notebook."""
        self._engine.run(session_life().talk_here, self)

    def start_again(self, keep_talk: bool) -> None:
        """Start a session that is over again, without waiting; one that runs begins anew if its talk is not kept.

        What goes wrong is shown as a problem.
        """
        self._engine.call(self._restarts.begin, keep_talk)

    ask_sync = blocking(ask)
    say_exactly_sync = blocking(say_exactly)
    talk_sync = blocking(talk)
    close_sync = blocking(close)
    restart_sync = blocking(restart)

    async def __aenter__(self) -> RealtimeSession:
        await self.start()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        names = ", ".join(self.tools) or "none"
        return visible(f"<RealtimeSession {self.state}, endpoint {self.endpoint.name}, tools: {names}>")

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return self._view()._repr_mimebundle_()

    def _ipython_display_(self) -> None:
        self._view()._ipython_display_()

    def _display_(self) -> Any:
        return self._view()  # marimo shows what this returns

    @property
    def player(self) -> AudioPlayer:
        """The player of the session's console; `player.stream` is what it plays, for widgets of ipywebrtc.

        Raises
        ------
        ConfigurationError
            If the sound of the session is in a call.
        """
        self._check_sound()
        player = self._console().player
        assert player is not None  # only a call has none
        return player

    @property
    def microphone(self) -> Microphone:
        """The microphone of the session's console; its `source` can be a stream of ipywebrtc.

        Raises
        ------
        ConfigurationError
            If the sound of the session is in a call.
        """
        self._check_sound()
        microphone = self._console().microphone
        assert microphone is not None  # only a call has none
        return microphone

    def _view(self) -> RealtimeConsole | LessonView:
        if self.plan is None:
            return self._console()
        from realtime_widgets.widgets.teaching.lesson import lesson_view_of  # brings ipywidgets

        return lesson_view_of(self, self.plan)

    def _console(self) -> RealtimeConsole:
        from realtime_widgets.widgets import console_of  # brings ipywidgets, which a script never needs

        return console_of(self)

    def _speech_is_unread(self) -> bool:
        audio = self._runtime.settings.session([], self.endpoint.heard_by).get("audio", {})
        return not audio.get("input", {}).get("transcription", True)

    def _check_sound(self) -> None:
        if self.endpoint.call_id:
            raise ConfigurationError(SOUND_IS_ELSEWHERE)

    def _asks(self) -> None:
        """Note on the asking thread who asks: the answer is played in that browser."""
        for note in self._runtime.on_asked:
            note()

    def _usage_by_turn(self) -> list[Usage]:
        core = self._runtime.core
        return [self._runtime.accounts.of_turn(turn, core.conversation) for turn in core.turns.values()]

    def _follow_tools(self) -> None:
        """Announce changes of the tools to the model, and end MCP servers with the session."""
        self.tools.on_change(self._tool_changed)
        #: The cells that added the tools; those given at first stand under "".
        self._cells = {"": copy_context()}
        self._runtime.print_refusal = self._tell_cell
        self.mcp = McpServers(
            self.tools, lambda text: self._engine.call(self._runtime.problem, text), self._tools_told
        )
        self._restarts = Restarts(self._runtime, self.mcp)
        self._engine.call(self._runtime.observe, self._end_with_session, "state")

    def _tool_changed(self, change: ToolChange) -> None:
        self._cells[change.name] = copy_context()
        if not (change.new and change.new.origin):
            print_change(change)  # in the cell that added the tool
        elif changes_the_model(change):
            line = describe_change(change).splitlines()[0].removesuffix(":")
            self._engine.call(self._runtime.tell, f"{line} ({change.new.origin}).")
        self._engine.call(self._runtime.update_tools)

    async def _tools_told(self) -> None:
        await self._io(self._runtime.tools_told(TOOLS_TOLD_S))

    def _tell_cell(self, name: str, text: str) -> bool:
        """Print a refusal under the cell that added the tool; on the I/O thread, which does not print itself."""
        tool = self.tools.get(name)
        if not name or (tool and tool.origin):
            return False
        cell = self._cells.get(name, self._cells[""])
        threading.Thread(target=cell.copy().run, args=(print, text), name="realtime-print").start()
        return True

    def _end_with_session(self) -> None:
        if self._runtime.state == "closed":
            self.mcp.end()

    def _shown(self, reply: Reply) -> Reply:
        return replace(reply, _view=self._card)

    def _card(self, reply: Reply) -> ReplyCard:
        from realtime_widgets.widgets import reply_view  # brings ipywidgets, which a script never needs

        return reply_view(reply, self)

    def _message(self, text: str | None, image: Any, detail: Detail) -> Message:
        if image is not None:
            self.endpoint.capabilities.check_images()
        return user_message(text, image, detail)

    def send_message(self, message: Message, answer: bool = False) -> None:
        """Send a message that is made already; see `say` for what follows and what is raised."""
        if self.state == "closed":
            raise SessionClosedError(
                f"this session is over: {self._runtime.closed_reason}; start it again with session.restart()"
            )
        if answer:
            self._asks()
        self._engine.call(exchanges.say, self._runtime, message, answer)

    async def _io(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return await asyncio.wrap_future(self._engine.submit(coroutine))


#: The sessions that are still in use, in the order in which they were made; none is kept alive.
_made: list[weakref.ref[RealtimeSession]] = []


def latest_session() -> RealtimeSession | None:
    """Return the newest session that is not over, else the newest one; None if there is none."""
    sessions = [session for each in reversed(_made) if (session := each()) is not None]
    return next((session for session in sessions if session.state != "closed"), sessions[0] if sessions else None)
