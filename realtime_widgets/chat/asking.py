"""Base of `AudioChat` and `SpeechPipeline`: tools, history, one question at a time."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, TypeVar

from realtime_widgets.audio.samples import load_sound
from realtime_widgets.chat.history import History
from realtime_widgets.chat.rounds import Asked, ToolRounds
from realtime_widgets.chat.service import http_client
from realtime_widgets.concurrency.clock import REAL_CLOCK
from realtime_widgets.concurrency.io_thread import running_loop, shared_engine
from realtime_widgets.core.conversation.function_calls import check_max_rounds
from realtime_widgets.core.conversation.message import user_message
from realtime_widgets.core.usage.usage import Usage
from realtime_widgets.errors import ConfigurationError, SessionClosedError
from realtime_widgets.protocol.secrets import forget_locals
from realtime_widgets.runtime.tools.calls import SessionCalls
from realtime_widgets.timeline.builder import MOST_TURNS
from realtime_widgets.timeline.replies import of_reply
from realtime_widgets.timeline.timeline import Timeline
from realtime_widgets.tools import ToolRegistry, ToolRunner
from realtime_widgets.tools.diff import print_change

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable

    import aiohttp

    from realtime_widgets.audio.samples import Sound
    from realtime_widgets.chat.service import Service
    from realtime_widgets.reply import Reply
    from realtime_widgets.timeline.turns import TurnTimeline
    from realtime_widgets.widgets import ReplyCard

Self = TypeVar("Self", bound="Asking")


class Asking:
    """Questions and answers over HTTP; the requests run on the I/O thread, so a busy cell delays nothing.

    Parameters
    ----------
    instructions, tools
        As for `RealtimeSession`.
    max_rounds
        Times the tools may be called for one question.
    services
        All services that are asked.

    Raises
    ------
    ConfigurationError, ToolDefinitionError
        If a setting is invalid.
    """

    def __init__(
        self,
        instructions: str,
        tools: Iterable[Callable[..., Any]],
        max_rounds: int,
        services: Iterable[Service],
    ) -> None:
        check_max_rounds(max_rounds)
        self.tools = ToolRegistry()
        for function in tools:
            self.tools.add(function)
        self.tools.on_change(print_change)
        self._engine = shared_engine()
        self._history = History(instructions)
        self._services = tuple(services)
        self._runner = ToolRunner(running_loop())
        self._rounds = ToolRounds(self.tools, self._runner)
        self._lock = asyncio.Lock()
        self._used = Usage()
        self._turns: deque[TurnTimeline] = deque(maxlen=MOST_TURNS)

    def tool(self, function: Callable[..., Any] | None = None, **options: Any) -> Any:
        """Register a function that the model may call, as `RealtimeSession.tool` does."""
        return self.tools.add(function, **options)

    @property
    def calls(self) -> SessionCalls:
        """The tool calls, with which those that wait for approval are approved.

        A cell that awaits an answer keeps the next one waiting, so if a tool needs approval, ask in a task:
        ``task = asyncio.create_task(chat.ask(...))``, and then ``(await chat.calls.next_asking()).approve()``.
        """
        return SessionCalls(self._rounds)

    @property
    def usage(self) -> Usage:
        """All that was used so far, failed questions included."""
        return self._used

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The conversation in the shape of Chat Completions, for reading: sound is shown as its length."""
        return self._engine.run(self._history.shown)

    def timeline(self) -> Timeline:
        """Return where the time of each answer went, as a figure and as records; see `RealtimeSession.timeline`.

        Zero is when the whole question was asked: nothing is heard before.
        """
        return Timeline(self._turns)

    def clear(self) -> None:
        """Forget the conversation; tools and instructions stay."""
        self._engine.run(self._history.cut, 0)

    async def close(self) -> None:
        """Give up the calls that still run, and end; harmless if that was done before."""
        if self._rounds.state != "closed":
            await asyncio.wrap_future(self._engine.submit(self._rounds.close("it was closed")))
            self._runner.close()

    async def __aenter__(self: Self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    async def _ask(self, text: str | None, audio: Sound | None, rate: int | None, spoken: bool) -> Reply:
        if (text is None) == (audio is None):
            raise ConfigurationError("ask() takes a text or audio=, one of them")
        if audio is not None:
            return await self._submit(None, load_sound(audio, rate), spoken)
        if rate is not None:
            raise ConfigurationError("rate= belongs to audio=")
        return await self._submit(user_message(text).text, b"", spoken)

    async def _submit(self, text: str | None, pcm: bytes, spoken: bool) -> Reply:
        return await self._in_turn(lambda http, asked: self._answer(http, asked, text, pcm, spoken))

    async def _in_turn(self, work: Callable[[aiohttp.ClientSession, Asked], Coroutine[Any, Any, Reply]]) -> Reply:
        """Run `work`, which asks the services, on the I/O thread once all earlier work is over."""
        reply = await asyncio.wrap_future(self._engine.submit(self._done_in_turn(work)))
        number = self._turns[-1].number + 1 if self._turns else 1
        if reply.stages:
            self._turns.append(of_reply(reply, number))
        return reply

    async def _done_in_turn(
        self, work: Callable[[aiohttp.ClientSession, Asked], Coroutine[Any, Any, Reply]]
    ) -> Reply:
        async with self._lock:
            if self._rounds.state == "closed":
                raise SessionClosedError(f"no more questions: {self._rounds.closed_reason}")
            if self.tools.hosted:
                raise ConfigurationError(
                    "Chat Completions calls no MCP servers by itself: remove "
                    f"{', '.join(self.tools.hosted)} from the tools, or use a RealtimeSession"
                )
            for service in self._services:
                await service.prepare()
            asked = Asked(REAL_CLOCK, REAL_CLOCK.time())
            before = len(self._history)
            try:
                async with http_client() as http:
                    for service in self._services:
                        await service.choose_model(http)
                    return await work(http, asked)
            except BaseException as error:
                forget_locals(error)  # what the service sent may quote the key
                if not asked.results:
                    self._history.cut(before)  # nothing happened: the question can be asked again
                raise
            finally:
                self._used += asked.usage

    async def _answer(
        self, http: aiohttp.ClientSession, asked: Asked, text: str | None, pcm: bytes, spoken: bool
    ) -> Reply:
        """Answer a written question, or a spoken one if there is no `text`."""
        raise NotImplementedError


def reply_card(reply: Reply) -> ReplyCard:
    """Return the card of a reply that the page plays by itself, because no session's player can."""
    from realtime_widgets.widgets import reply_view  # brings ipywidgets, which a script never needs

    return reply_view(reply)
