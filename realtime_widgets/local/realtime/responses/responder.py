"""Runs the responses of one session: one at a time in the conversation, any number out of band."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any

from realtime_widgets.local.api.errors import SERVER_ERROR, RequestRefusedError, describe, log_failure
from realtime_widgets.local.api.names import new_id
from realtime_widgets.local.api.tokens import PromptPart, Tokens, head, text_tokens
from realtime_widgets.local.brain.errors import MAX_OUTPUT_TOKENS, BrainError
from realtime_widgets.local.inference.loading import StageUnavailableError
from realtime_widgets.local.inference.pieces import Sound
from realtime_widgets.local.models.interfaces import BrainRequest, CallTool, Say
from realtime_widgets.local.realtime.conversation.context_window import ContextWindow
from realtime_widgets.local.realtime.responses.response import Response, Status

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from realtime_widgets.local.inference.workers import Inference
    from realtime_widgets.local.realtime.conversation.conversation import Conversation, Item
    from realtime_widgets.local.realtime.responses.options import ResponseOptions

    #: Returns the recognitions under way, for which an answer waits.
    Hearing = Callable[[], Sequence[asyncio.Task[None]]]
    #: Counts a response that begins; returns the reason if it may not.
    Permit = Callable[[], str | None]

logger = logging.getLogger(__name__)


class Responder:
    """Makes responses on the models and sends their events.

    Parameters
    ----------
    inference
        Runs the models.
    conversation
        The default conversation.
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
        emit: Callable[[dict[str, Any]], None],
        drained: Callable[[], Awaitable[None]],
        on_done: Callable[[Response], None],
        *,
        max_input_tokens: int,
    ) -> None:
        self._inference = inference
        self._conversation = conversation
        self._conversation_id = new_id("conv")
        self._emit = emit
        self._wait_drained = drained
        self._on_done = on_done
        self._window = ContextWindow(max_input_tokens)
        self._running: dict[str, tuple[Response, asyncio.Task[None]]] = {}
        self._active: Response | None = None
        self._last_prompt: list[PromptPart] = []

    async def close(self) -> None:
        """End everything under way without further events."""
        tasks = [task for _, task in self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def respond(
        self, options: ResponseOptions, context: Sequence[Item] | None, hearing: Hearing, permit: Permit
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
        conversation = self._conversation if options.in_conversation else None
        response = Response(options, conversation, self._conversation_id, self._emit)
        if options.in_conversation:
            self._active = response
        response.start()
        task = asyncio.create_task(self._make(response, items, hearing, permit()))
        self._running[response.id] = (response, task)

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

    async def _make(self, response: Response, context: list[Item], hearing: Hearing, obstacle: str | None) -> None:
        options = response.options
        try:
            if obstacle is not None:
                raise RequestRefusedError("rate_limit_exceeded", obstacle, kind="rate_limit_error")
            if understanding := hearing():
                await asyncio.wait(understanding)
            request = self._brain_request(response, context)
            voice = options.voice if options.speaks else None
            async with contextlib.aclosing(self._inference.answer(request, voice, options.speed)) as answer:
                async for piece in answer:
                    match piece:
                        case Say(text=text):
                            response.say(text)
                        case Sound(samples=samples):
                            response.sound(samples)
                        case CallTool(name=name, arguments=arguments):
                            response.call(name, arguments)
                    if response.full:
                        self._end(response, "incomplete", MAX_OUTPUT_TOKENS)
                        return
                    await self._wait_drained()
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

    def _fail(self, response: Response, code: str, message: str, kind: str = SERVER_ERROR) -> None:
        self._end(response, "failed", error={"type": kind, "code": code, "message": message})

    def _brain_request(self, response: Response, context: list[Item]) -> BrainRequest:
        options = response.options
        before = head(options.instructions, options.tools)
        head_size = text_tokens(before)
        context = self._window.fitted(context, head_size, options.truncation, standing=options.input is None)
        prompt = [PromptPart(before, Tokens(text=head_size))]
        prompt += [item.prompt_part() for item in context]
        response.prompt, response.previous_prompt = prompt, self._last_prompt
        self._last_prompt = prompt
        return BrainRequest(
            items=[item.for_brain() for item in context],
            tools=options.tools,
            tool_choice=options.tool_choice,
            instructions=options.instructions,
            metadata=options.metadata or {},
            direction=options.direction,
            reasoning_effort=options.reasoning_effort,
            parallel_tool_calls=options.parallel_tool_calls,
            max_output_tokens=options.max_output_tokens,
            transcription=options.transcription,
        )

    def _end(
        self, response: Response, status: Status, reason: str | None = None, error: dict[str, Any] | None = None
    ) -> None:
        if response.finished:
            return
        _, task = self._running.pop(response.id)
        if self._active is response:
            self._active = None
        response.finish(status, reason, error)
        self._on_done(response)
        if task is not asyncio.current_task():
            task.cancel()
