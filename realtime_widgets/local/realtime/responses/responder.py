"""Runs the responses of one session: one at a time in the conversation, any number out of band."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from realtime_widgets.local.api.errors import SERVER_ERROR, RequestRefusedError, describe, log_failure
from realtime_widgets.local.api.names import new_id
from realtime_widgets.local.api.tokens import PromptPart, Tokens, head, text_tokens
from realtime_widgets.local.brain.errors import MAX_OUTPUT_TOKENS, BrainError
from realtime_widgets.local.inference.loading import StageUnavailableError
from realtime_widgets.local.inference.pieces import Sound
from realtime_widgets.local.mcp.client import McpFailedError
from realtime_widgets.local.models.interfaces import BrainRequest, CallTool, Say
from realtime_widgets.local.realtime.conversation.context_window import ContextWindow
from realtime_widgets.local.realtime.hosted.approvals import Approvals, Asked, Request
from realtime_widgets.local.realtime.hosted.items import for_brain
from realtime_widgets.local.realtime.responses.response import HostedCall, Response, Status

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

    from realtime_widgets.local.inference.guesses import AnswerAhead
    from realtime_widgets.local.inference.pieces import Piece
    from realtime_widgets.local.inference.workers import Inference
    from realtime_widgets.local.mcp.definitions import HostedTool, Offer
    from realtime_widgets.local.realtime.conversation.conversation import Conversation, Item
    from realtime_widgets.local.realtime.hosted.servers import HostedServers
    from realtime_widgets.local.realtime.responses.options import ResponseOptions

    #: Returns the recognitions under way, for which an answer waits.
    Hearing = Callable[[], Sequence[asyncio.Task[None]]]
    #: Counts a response that begins; returns the reason if it may not.
    Permit = Callable[[], str | None]

logger = logging.getLogger(__name__)

#: Largest number of times that one response calls MCP servers and goes on with their results.
MAX_ROUNDS = 8


@dataclass(frozen=True)
class GoingOn:
    """What a response needs that goes on after the user's answer: the settings, and the items it depends on."""

    options: ResponseOptions
    context: Sequence[Item] | None


class Responder:
    """Makes responses on the models and sends their events.

    Parameters
    ----------
    inference
        Runs the models.
    conversation
        The default conversation.
    servers
        The MCP servers of the session.
    emit
        Receives each server event in order.
    drained
        Waits until the client has received enough of what was sent; awaited between pieces.
    on_done
        Called with each response after its last event.
    max_input_tokens
        Largest input of a response.
    """

    def __init__(
        self,
        inference: Inference,
        conversation: Conversation,
        servers: HostedServers,
        emit: Callable[[dict[str, Any]], None],
        drained: Callable[[], Awaitable[None]],
        *,
        on_done: Callable[[Response], None],
        max_input_tokens: int,
    ) -> None:
        self._inference = inference
        self._conversation = conversation
        self._servers = servers
        self._approvals: Approvals[GoingOn] = Approvals()
        #: What responses under way ask, by their ids.
        self._asking: dict[str, Asked[GoingOn]] = {}
        self._conversation_id = new_id("conv")
        self._emit = emit
        self._wait_drained = drained
        self._on_done = on_done
        self._window = ContextWindow(max_input_tokens)
        self._running: dict[str, tuple[Response, asyncio.Task[None]]] = {}
        self._active: Response | None = None
        self._last_prompt: list[PromptPart] = []
        #: The beginning of an answer that may be asked for, and what was given up and has not ended.
        self._prepared: AnswerAhead | None = None
        self._dropping: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """End everything under way without further events."""
        self.forget_prepared()
        tasks = [*(task for _, task in self._running.values()), *self._dropping]
        for _, making in self._running.values():
            making.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def prepare(self, options: ResponseOptions, context: Sequence[Item]) -> None:
        """Begin the work on a response that is perhaps asked for next.

        It has no events, joins nothing and calls nothing. It is used if the response is then made, of the same
        conversation with the same settings.

        Parameters
        ----------
        options
            The response's settings.
        context
            The conversation as it will then be.
        """
        self.forget_prepared()
        if self._active is not None or self._approvals.pending:
            return
        offer = self._servers.offer(options.tools, options.tool_choice)
        try:
            request, _ = self._brain_request(options, context, offer, in_earnest=False)
        except RequestRefusedError:  # the response, if it is made, reports it
            return
        voice = options.voice if options.speaks else None
        self._prepared = self._inference.answer_ahead(request, voice, options.speed)

    def forget_prepared(self) -> None:
        """Give up what `prepare` began."""
        if self._prepared is not None:
            task = asyncio.create_task(self._prepared.drop())
            self._prepared = None
            self._dropping.add(task)
            task.add_done_callback(self._dropping.discard)

    def respond(
        self,
        options: ResponseOptions,
        context: Sequence[Item] | None,
        hearing: Hearing,
        permit: Permit,
        approved: Sequence[Request] = (),
    ) -> None:
        """Begin a response.

        Parameters
        ----------
        options
            Its effective settings.
        context
            Items it depends on; None means the conversation as it is.
        hearing
            Returns the recognitions that must end before the brain is asked.
        permit
            Returns the reason if the response may not begin; it then fails at once.
        approved
            Calls of MCP servers that the user allowed; they are made first.

        Raises
        ------
        RequestRefusedError
            If the conversation has a response under way.
        """
        if options.in_conversation and self._active is not None:
            raise RequestRefusedError(
                "conversation_already_has_active_response",
                f"Conversation already has an active response in progress: {self._active.id}. "
                "Wait until the response is finished before creating a new one.",
            )
        items = list(self._conversation) if context is None else list(context)
        if options.in_conversation and options.input is None:
            approved = [*approved, *self._approvals.take_along()]
        conversation = self._conversation if options.in_conversation else None
        response = Response(options, conversation, self._conversation_id, self._emit)
        if options.in_conversation:
            self._active = response
        response.start()
        calls = []
        for request in approved:
            tool, arguments = request.tool, request.item.wire["arguments"]
            call = response.hosted_call(tool.server_label, tool.name, arguments, request.item.id)
            calls.append((call, tool))
        task = asyncio.create_task(self._make(response, items, hearing, permit(), calls))
        self._running[response.id] = (response, task)

    def check_approval(self, answer: dict[str, Any]) -> None:
        """Refuse an ``mcp_approval_response`` that answers no open request."""
        self._approvals.check(answer)

    def approve(self, answer: Item) -> None:
        """Apply the user's answer to a request for consent; `go_on` then continues what asked."""
        self._approvals.answer(answer)

    def go_on(self, hearing: Hearing, permit: Permit) -> ResponseOptions | None:
        """Begin the response that follows the user's answers, if one is due and nothing is in its way.

        Returns
        -------
        ResponseOptions or None
            Its settings; None if none has begun.
        """
        asked = self._approvals.due()
        if asked is None or (asked.in_conversation and self._active is not None):
            return None
        self._approvals.drop(asked)
        going_on = asked.context
        context = None if going_on.context is None else [*going_on.context, *asked.answers]
        self.respond(going_on.options, context, hearing, permit, asked.approved())
        return going_on.options

    def interrupt(self) -> bool:
        """End the conversation's response because the user speaks; return whether there was one."""
        if self._active is None:
            return False
        self._end(self._active, "cancelled", "turn_detected")
        return True

    def cancel(self, response_id: str | None) -> None:
        """End a response because the client asks for it: the one named, or that of the conversation.

        Raises
        ------
        RequestRefusedError
            If there is no such response.
        """
        if response_id is None:
            response = self._active
        else:
            response, _ = self._running.get(response_id, (None, None))
        if response is None:
            raise RequestRefusedError(
                "response_cancel_not_active", "Cancellation failed: no active response found.", "response_id"
            )
        self._end(response, "cancelled", "client_cancelled")

    async def _make(
        self,
        response: Response,
        context: list[Item],
        hearing: Hearing,
        obstacle: str | None,
        calls: Sequence[tuple[HostedCall, HostedTool]],
    ) -> None:
        options = response.options
        try:
            if obstacle is not None:
                raise RequestRefusedError("rate_limit_exceeded", obstacle, kind="rate_limit_error")
            if understanding := hearing():
                await asyncio.wait(understanding)
            await self._call(response, calls)
            offer = self._servers.offer(options.tools, options.tool_choice)
            for rounds_left in reversed(range(MAX_ROUNDS + 1)):
                if not rounds_left:
                    offer = replace(offer, tool_choice="none")
                goes_on = await self._round(response, context, offer)
                if not goes_on or response.finished:
                    break
                # What had to be called has been called.
                offer = replace(offer, tool_choice="auto")
            self._end(response, "completed")
        except RequestRefusedError as refusal:
            self._fail(response, refusal.code, refusal.message, refusal.kind)
        except (StageUnavailableError, BrainError) as error:
            if error.code == MAX_OUTPUT_TOKENS and options.max_output_tokens is not None:
                self._end(response, "incomplete", MAX_OUTPUT_TOKENS)
                return
            logger.warning("a response failed with %s", error.code)
            self._fail(response, error.code, describe(error))
        except Exception as error:
            log_failure("a response", error)
            self._fail(response, "server_error", describe(error))

    async def _round(self, response: Response, context: list[Item], offer: Offer) -> bool:
        """Ask the brain once and make its calls of MCP servers; return whether it has to be asked again."""
        options = response.options
        calls: list[tuple[HostedCall, HostedTool]] = []
        waits = False
        request, prompt = self._brain_request(options, [*context, *response.items], offer)
        response.prompt, response.previous_prompt = prompt, self._last_prompt
        self._last_prompt = prompt
        voice = options.voice if options.speaks else None
        async with contextlib.aclosing(self._answer(request, voice, options.speed)) as answer:
            async for piece in answer:
                match piece:
                    case Say(text=text):
                        response.say(text)
                    case Sound(samples=samples):
                        response.sound(samples)
                    case CallTool(name=name, arguments=arguments):
                        tool = offer.hosted.get(name)
                        if tool is None:
                            response.call(name, arguments)
                            waits = True
                        elif tool.asks:
                            self._ask(response, context, tool, arguments)
                            waits = True
                        else:
                            call = response.hosted_call(tool.server_label, tool.name, arguments)
                            calls.append((call, tool))
                if response.full:
                    self._end(response, "incomplete", MAX_OUTPUT_TOKENS)
                    return False
                await self._wait_drained()
        await self._call(response, calls)
        return bool(calls) and not waits

    def _answer(self, request: BrainRequest, voice: str | None, speed: float) -> AsyncGenerator[Piece, None]:
        """Return the pieces of an answer: those that were prepared for this request, or new ones."""
        prepared = self._prepared
        if prepared is None or not prepared.answers(request, voice, speed):
            return self._inference.answer(request, voice, speed)
        self._prepared = None
        return self._inference.take(prepared)

    async def _call(self, response: Response, calls: Sequence[tuple[HostedCall, HostedTool]]) -> None:
        """Make calls of MCP servers, one after another."""
        for call, tool in calls:
            response.begin_call(call)
            try:
                output = await self._servers.call(tool, call.item.wire["arguments"])
            except McpFailedError as error:
                response.end_call(call, error=error.error)
            else:
                response.end_call(call, output)

    def _ask(self, response: Response, context: list[Item], tool: HostedTool, arguments: str) -> None:
        """Ask the user for consent to a call, and keep what is needed to go on after the answer."""
        item = response.ask_approval(tool.server_label, tool.name, arguments)
        asked = self._asking.get(response.id)
        if asked is None:
            options = response.options
            if options.in_conversation:
                # The next response is the conversation's own: nobody asked for it under a name.
                options = replace(options, metadata=None)
            standing = options.in_conversation and options.input is None
            going_on = GoingOn(options, None if standing else context)
            asked = self._asking[response.id] = Asked(going_on, options.in_conversation)
            self._approvals.ask(asked)
        asked.requests.append(Request(item, tool))

    def _fail(self, response: Response, code: str, message: str, kind: str = SERVER_ERROR) -> None:
        self._end(response, "failed", error={"type": kind, "code": code, "message": message})

    def _brain_request(
        self, options: ResponseOptions, context: Sequence[Item], offer: Offer, *, in_earnest: bool = True
    ) -> tuple[BrainRequest, list[PromptPart]]:
        """Return what the brain is asked, and what that counts as input."""
        before = head(options.instructions, offer.functions)
        head_size = text_tokens(before)
        standing = options.input is None
        context = self._window.fitted(
            context, head_size, options.truncation, standing=standing, in_earnest=in_earnest
        )
        prompt = [PromptPart(before, Tokens(text=head_size))]
        prompt += [item.prompt_part() for item in context]
        request = BrainRequest(
            items=for_brain(context, offer),
            tools=offer.functions,
            tool_choice=offer.tool_choice,
            instructions=options.instructions,
            metadata=options.metadata or {},
            direction=options.direction,
            reasoning_effort=options.reasoning_effort,
            parallel_tool_calls=options.parallel_tool_calls,
            max_output_tokens=options.max_output_tokens,
            transcription=options.transcription,
        )
        return request, prompt

    def _end(
        self, response: Response, status: Status, reason: str | None = None, error: dict[str, Any] | None = None
    ) -> None:
        if response.finished:
            return
        _, task = self._running.pop(response.id)
        if self._active is response:
            self._active = None
            self.forget_prepared()
        response.finish(status, reason, error)
        if (asked := self._asking.pop(response.id, None)) is not None:
            asked.over = True
            if asked.context.context is not None:
                going_on = replace(asked.context, context=[*asked.context.context, *response.items])
                asked.context = going_on
        self._on_done(response)
        if task is not asyncio.current_task():
            task.cancel()
