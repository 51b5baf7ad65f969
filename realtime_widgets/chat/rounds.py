"""Thinks with tools: asks for a completion, runs the calls in it, and asks again until there is an answer."""

from __future__ import annotations

import asyncio
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from realtime_widgets.chat.wire import Completion, EventLines, JsonObject, event_of, realtime_usage, whole_text
from realtime_widgets.concurrency.observable import Observable
from realtime_widgets.core.usage.usage import Usage
from realtime_widgets.errors import ConnectionFailedError, ResponseFailedError
from realtime_widgets.reply import Stage
from realtime_widgets.tools.execution.calls import CallScheduler

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    import aiohttp

    from realtime_widgets.chat.history import History
    from realtime_widgets.chat.service import Service
    from realtime_widgets.concurrency.clock import Clock
    from realtime_widgets.tools import ToolRegistry, ToolResult, ToolRunner
    from realtime_widgets.tools.execution.calls import Decision


class ToolRounds(Observable):
    """Runs the calls of an answer side by side; each has exactly one output. On the I/O thread only."""

    def __init__(self, registry: ToolRegistry, runner: ToolRunner) -> None:
        super().__init__()
        self.registry = registry
        self.calls = CallScheduler(runner, lambda running: None, self.changed)
        self.state = "open"
        self.closed_reason = ""

    def name(self, calls: Sequence[Any]) -> None:
        """Assign a new id to a call if the server assigned none, or one that is already used."""
        taken = set(self.calls.by_id)
        for call in calls:
            if not call.call_id or call.call_id in taken:
                call.call_id = f"call_{uuid.uuid4().hex[:24]}"
            taken.add(call.call_id)

    async def run(self, calls: Sequence[Any]) -> list[ToolResult]:
        """Run these calls and wait for all their outputs; if this is cancelled, so are they."""
        for call in calls:
            self.calls.begin(call, *self.registry.to_run(call.name))
        running = [self.calls.by_id[call.call_id] for call in calls]
        try:
            await self.until(lambda: all(each.result for each in running))
        except asyncio.CancelledError:
            for call in calls:
                self.calls.cancel(call.call_id)
            raise
        return [each.result for each in running if each.result]

    def decide(self, decision: Decision, call_id: str, reason: str = "") -> None:
        """Apply the user's decision to a tool call."""
        self.calls.decide(decision, call_id, reason)

    async def close(self, reason: str) -> None:
        """Give up all calls, and those that come later."""
        self.state, self.closed_reason = "closed", reason
        self.calls.stop(reason)
        self.changed()
        await self.calls.wait()


@dataclass
class Asked:
    """One question on its way: what it took so far.

    Attributes
    ----------
    stages
        The steps so far; their times count from the question.
    results
        Tool calls that have ended.
    """

    clock: Clock
    began: float
    stages: list[Stage] = field(default_factory=list)
    results: list[ToolResult] = field(default_factory=list)

    def now(self) -> float:
        """Seconds since the question."""
        return self.clock.time() - self.began

    @property
    def usage(self) -> Usage:
        """Of all its stages."""
        return sum((stage.usage for stage in self.stages), Usage())

    def took(self, name: str, model: str, begin: float, first: float | None, usage: Usage) -> None:
        """Note a stage that ends now."""
        end = self.now()
        self.stages.append(Stage(name, model, begin, end if first is None else first, end, usage))


class Thinker:
    """Asks one service for completions, with the tools of a registry.

    Parameters
    ----------
    service
        The service that is asked.
    history
        The messages that are sent; grows by answers and outputs.
    rounds
        Runs the calls.
    max_rounds
        Times the tools may be called for one question; after that the model has to answer without.
    stage
        Name of a request among the stages.
    """

    def __init__(
        self, service: Service, history: History, rounds: ToolRounds, max_rounds: int, stage: str
    ) -> None:
        self._service = service
        self._history = history
        self._rounds = rounds
        self._max_rounds = max_rounds
        self._stage = stage

    async def answer(
        self,
        http: aiohttp.ClientSession,
        asked: Asked,
        options: JsonObject,
        hear: Callable[[str], object] = lambda text: None,
    ) -> list[Completion]:
        """Return the completions that answer the last question, in order; `hear` gets their text as it comes.

        What a failure leaves in the history can be asked on: whole rounds only.

        Raises
        ------
        ConnectionFailedError, ResponseFailedError
            If the service fails or refuses.
        """
        answers: list[Completion] = []
        while True:
            last = len(answers) >= self._max_rounds
            completion = await self._completion(http, asked, self._body(options, last), hear)
            answers.append(completion)
            if last:
                completion.calls.clear()
            self._rounds.name(completion.calls)
            if not completion.calls:
                self._history.answered(completion)
                return answers
            begin = asked.now()
            results = await self._rounds.run(completion.calls)
            asked.results += results
            asked.took("tools", "", begin, None, Usage())
            self._history.answered(completion)
            self._history.ran([(result.call_id, _output(result)) for result in results])

    def _body(self, options: JsonObject, last: bool) -> JsonObject:
        body = {"model": self._service.model, **options}
        if definitions := self._rounds.registry.definitions():
            body["tools"] = [_function(definition) for definition in definitions]
            if last:
                body["tool_choice"] = "none"
        return body

    async def _completion(
        self, http: aiohttp.ClientSession, asked: Asked, body: JsonObject, hear: Callable[[str], object]
    ) -> Completion:
        while True:
            try:
                return await self._request(http, asked, body, hear)
            except ResponseFailedError as error:
                # The service forgot sound before its time: send the words instead.
                if not self._history.disown(str(error)):
                    raise

    async def _request(
        self, http: aiohttp.ClientSession, asked: Asked, body: JsonObject, hear: Callable[[str], object]
    ) -> Completion:
        completion, begin, first = Completion(), asked.now(), None
        body = {**body, "messages": self._history.messages(time.time())}
        spoken = "audio" in body
        async with self._service.post(http, "chat/completions", json=body) as response:
            if response.content_type == "text/event-stream":
                async for chunk in _events(response, completion):
                    text = completion.take(chunk)
                    if first is None and (completion.pcm if spoken else text):
                        first = asked.now()
                    if text:
                        hear(text)
            elif text := completion.take_whole(event_of(await response.read())):
                hear(text)
        completion.settle()
        price = self._service.price(completion.model)
        model = completion.model or self._service.model
        usage = Usage.of_response(realtime_usage(completion.usage), price, model)
        asked.took(self._stage, model, begin, first, usage)
        if completion.finish_reason == "content_filter" and not completion.text:
            raise ResponseFailedError("the service's content filter withheld the answer", "content_filter")
        return completion


async def _events(response: aiohttp.ClientResponse, completion: Completion) -> AsyncIterator[JsonObject]:
    """Read server-sent events up to their end; `completion` says whether the answer is whole.

    Raises
    ------
    ConnectionFailedError
        If the stream ends before it is over.
    """
    lines = EventLines()
    async for block in response.content.iter_any():
        for event in lines.take(block):
            yield event
    if not (lines.done or completion.finish_reason):
        raise ConnectionFailedError("the endpoint broke off in the middle of its answer; ask again")


def _function(definition: JsonObject) -> JsonObject:
    """Bring a tool as a Realtime session has it into the shape of Chat Completions."""
    return {"type": "function", "function": {key: each for key, each in definition.items() if key != "type"}}


def _output(result: ToolResult) -> str:
    output = whole_text(result.output)
    if not result.images:
        return output
    return f"{output}\n[{len(result.images)} picture(s), which you cannot see here]"
