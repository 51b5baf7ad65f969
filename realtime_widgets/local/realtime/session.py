"""One session: client events in, server events out, with the conversation and its responses between them."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Any

from realtime_widgets.local.api.errors import (
    SERVER_ERROR,
    RequestRefusedError,
    describe,
    invalid_value,
    log_failure,
)
from realtime_widgets.local.api.items import checked_item, decoded_audio
from realtime_widgets.local.api.names import new_id
from realtime_widgets.local.api.session_shapes import ResponseCreate
from realtime_widgets.local.api.validation import check
from realtime_widgets.local.inference.loading import StageUnavailableError
from realtime_widgets.local.mcp.definitions import is_mcp
from realtime_widgets.local.realtime import client_events as client
from realtime_widgets.local.realtime.conversation.conversation import Conversation, Item, item_of
from realtime_widgets.local.realtime.hosted.servers import HostedServers
from realtime_widgets.local.realtime.responses.options import ResponseOptions, response_options
from realtime_widgets.local.realtime.responses.rate_limits import RateLimits, SessionLimits
from realtime_widgets.local.realtime.responses.responder import Responder
from realtime_widgets.local.realtime.session_config import OBJECTS, default_config, public_config, updated_config
from realtime_widgets.local.realtime.turns.spoken_turns import SpokenTurns

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from realtime_widgets.local.inference.workers import Inference
    from realtime_widgets.local.realtime.responses.output_buffer import OutputBuffer
    from realtime_widgets.local.realtime.responses.response import Response


class ServerSession:
    """The server's side of one connection, without the connection.

    It must be made, used and closed on the event loop.

    Parameters
    ----------
    inference
        Runs the models.
    emit
        Receives each server event, with its ``event_id``, in order.
    drained
        Waits until the client has received enough of what was sent; awaited before much more is sent.
    config
        The effective configuration to begin with; None means the defaults.
    output
        The transport's output buffer, if the transport plays the answers in real time; None if the client does.
    limits
        What the session may use; None means the service's limits.

    Attributes
    ----------
    config : dict
        The effective configuration.
    """

    def __init__(
        self,
        inference: Inference,
        emit: Callable[[dict[str, Any]], None],
        drained: Callable[[], Awaitable[None]],
        config: dict[str, Any] | None = None,
        output: OutputBuffer | None = None,
        *,
        limits: SessionLimits | None = None,
    ) -> None:
        limits = limits or SessionLimits()
        self.id = new_id("sess")
        self.expires_at = int(time.time() + limits.seconds)
        self.config = default_config() if config is None else config
        self._inference = inference
        self._send = emit
        self._output = output
        if self.config["type"] == "realtime":
            self.config["model"] = inference.models.model_id
        self._conversation = Conversation()
        self._rate_limits = RateLimits(limits, time.monotonic)
        self._servers = HostedServers(limits.mcp, self._conversation, self.emit, self._tools_known)
        self._interrupting = False
        self._responder = Responder(
            inference,
            self._conversation,
            self._servers,
            self.emit,
            drained,
            on_done=self._response_over,
            max_input_tokens=limits.max_input_tokens,
        )
        self._turns = SpokenTurns(inference, self._conversation, self)
        self._reporter: asyncio.Task[None] | None = None
        self._preparation: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Announce the session and begin to listen."""
        await self._turns.configure()
        refusal = self._check_tools()
        self.emit({"type": "session.created", "session": self._public_config()})
        self._reporter = asyncio.create_task(self._report_problems())
        if refusal is not None:
            self.refuse(refusal)
        if tools := self.config.get("tools"):
            self._servers.use(tools)
            self._tools_known()

    def _check_tools(self) -> RequestRefusedError | None:
        """Leave the MCP servers out of the first configuration if the endpoint does not take them."""
        if not self.config.get("tools"):
            return None
        try:
            self.config["tools"] = self._servers.checked(self.config["tools"], "session.tools")
        except RequestRefusedError as refusal:
            self.config["tools"] = [tool for tool in self.config["tools"] if not is_mcp(tool)]
            return refusal
        return None

    async def close(self) -> None:
        """End everything under way."""
        tasks = [task for task in (self._reporter, self._preparation) if task is not None]
        for task in tasks:
            task.cancel()
        await self._turns.close()
        await self._responder.close()
        await self._servers.close()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def handle(self, frame: str) -> None:
        """Handle one text frame of the client; errors are sent to the client and never raised."""
        event_id = None
        try:
            value = client.read_frame(frame)
            event_id = client.event_id_of(value)
            await self._handle(client.read_event(value))
        except RequestRefusedError as refusal:
            self.refuse(refusal, event_id)
        except Exception as error:
            log_failure("handling a client event", error)
            failure = RequestRefusedError("server_error", describe(error), kind=SERVER_ERROR)
            self.refuse(failure, event_id)

    def refuse(self, refusal: RequestRefusedError, event_id: str | None = None) -> None:
        """Send an error event; `event_id` is that of the client's event."""
        self.emit({"type": "error", "error": refusal.body(event_id)})

    def emit(self, event: dict[str, Any]) -> None:
        """Send a server event, given without its id."""
        self._send({"event_id": new_id("event"), **event})

    async def _report_problems(self) -> None:
        for name in self._inference.models.names:
            try:
                await self._inference.models.get(name)
            except StageUnavailableError as problem:
                self.refuse(RequestRefusedError(problem.code, str(problem), kind=SERVER_ERROR))

    # Client events

    async def _handle(self, event: client.ClientEvent) -> None:
        match event:
            case client.Append(audio=audio):
                await self._turns.listener.append(decoded_audio(audio, "audio"))
            case client.SessionUpdateEvent(session=update):
                await self._update(update)
            case client.CreateItem():
                self._create_item(event)
            case client.Truncate(item_id=item_id, content_index=index, audio_end_ms=end_ms):
                self._truncate(item_id, index, end_ms)
            case client.NameItem(item_id=item_id) if event.type == "conversation.item.retrieve":
                item = self._conversation.get(item_id, "item_retrieve_invalid_item_id")
                self.emit({"type": "conversation.item.retrieved", "item": item.with_audio()})
            case client.NameItem(item_id=item_id):
                self._conversation.delete(item_id)
                self.emit({"type": "conversation.item.deleted", "item_id": item_id})
            case client.CreateResponse(response=override):
                self._create_response(override)
            case client.CancelResponse(response_id=response_id):
                self._responder.cancel(response_id)
            case _ if event.type == "input_audio_buffer.commit":
                await self._turns.commit()
            case _ if event.type == "input_audio_buffer.clear":
                await self._turns.clear()
            case _ if self._output is not None:
                self._clear_output()
            case _:
                raise invalid_value(f"'{event.type}' is for WebRTC and SIP; this is a WebSocket.", "type")

    async def _update(self, update: dict[str, Any]) -> None:
        known_tools = self.config.get("tools")
        config = updated_config(self.config, update, self._conversation.spoke)
        if update.get("tools"):
            config["tools"] = self._servers.checked(config["tools"], "session.tools")
        self.config = config
        await self._turns.configure()
        self.emit({"type": "session.updated", "session": self._public_config()})
        tools = self.config.get("tools")
        if update.get("tools"):
            self._servers.use(self.config["tools"])
        if tools is not None and tools != known_tools:
            self._tools_known()

    def _tools_known(self) -> None:
        """Let the brain prepare for the tools as far as they are known."""
        functions = self._servers.offer(self.config["tools"], "auto").functions
        self._preparation = asyncio.create_task(self._prepare(functions))

    async def _prepare(self, tools: list[dict[str, Any]]) -> None:
        with contextlib.suppress(StageUnavailableError):  # `_report_problems` reports it
            await self._inference.prepare(tools)

    def _public_config(self) -> dict[str, Any]:
        return {
            "object": OBJECTS[self.config["type"]],
            "id": self.id,
            "expires_at": self.expires_at,
            **public_config(self.config),
        }

    def _create_item(self, event: client.CreateItem) -> None:
        item = item_of(checked_item(event.item), self._turns.encoding, "item")
        approval = item.wire["type"] == "mcp_approval_response"
        if approval:
            self._responder.check_approval(item.wire)
        previous = self._conversation.insert(item, event.previous_item_id)
        self._turns.announce(item, previous)
        self._understand(item)
        if approval:
            self._responder.approve(item)
            self._go_on()

    def _truncate(self, item_id: str, content_index: int, audio_end_ms: int) -> None:
        self._conversation.truncate(item_id, content_index, audio_end_ms)
        self.emit(
            {
                "type": "conversation.item.truncated",
                "item_id": item_id,
                "content_index": content_index,
                "audio_end_ms": audio_end_ms,
            }
        )

    def _clear_output(self) -> None:
        """Silence what the transport plays, and truncate what was not heard."""
        for answer in self._output.clear() if self._output is not None else ():
            self.emit({"type": "output_audio_buffer.cleared", "response_id": answer.response_id})
            for cut in answer.cuts:
                with contextlib.suppress(RequestRefusedError):  # deleted meanwhile, or out of band
                    self._truncate(cut.item_id, cut.content_index, cut.heard_ms)

    # Responses

    def interrupt(self) -> bool:
        """End the answer under way because the user speaks; return whether there was one."""
        self._clear_output()
        self._interrupting = True  # what follows the answer comes after what the user says
        try:
            return self._responder.interrupt()
        finally:
            self._interrupting = False

    def answer(self, context: list[Item] | None) -> None:
        """Begin an answer as the session is configured; None answers the conversation as it is."""
        self._respond(response_options(self.config), context)

    def prepare_answer(self, context: list[Item]) -> None:
        """Begin the work on the answer to a turn that is perhaps over; nothing of it is sent."""
        self._responder.prepare(response_options(self.config), context)

    def forget_prepared(self) -> None:
        """Give that work up."""
        self._responder.forget_prepared()

    def _create_response(self, override: dict[str, Any] | None) -> None:
        if self.config["type"] == "transcription":
            raise invalid_value("A transcription session does not make responses.", "type")
        override = override or {}
        if check(override, ResponseCreate, "response").tools:
            override = {**override, "tools": self._servers.checked(override["tools"], "response.tools")}
        options = response_options(self.config, override, self._conversation.spoke)
        given = options.input
        own_tools = override.get("tools") or ()
        self._respond(
            options, None if given is None else [self._context_item(value) for value in given], own_tools
        )

    def _respond(
        self, options: ResponseOptions, context: list[Item] | None, own_tools: Sequence[dict[str, Any]] = ()
    ) -> None:
        def awaited() -> list[asyncio.Task[None]]:
            # A response with tools of its own would be in vain without them.
            return [*self._turns.understanding, *self._servers.listing(own_tools)]

        self._responder.respond(options, context, awaited, self._rate_limits.count_request)
        self._servers.use(own_tools)
        if options.in_conversation:
            self._turns.answered()

    def _go_on(self) -> None:
        """Begin the response that follows the user's answers to requests for consent, if one is due."""
        options = self._responder.go_on(lambda: self._turns.understanding, self._rate_limits.count_request)
        if options is not None and options.in_conversation:
            self._turns.answered()

    def _response_over(self, response: Response) -> None:
        self._rate_limits.count_tokens(response.total_tokens)
        self.emit({"type": "rate_limits.updated", "rate_limits": self._rate_limits.public()})
        if response.options.in_conversation:
            self._turns.listener.answered(response.playback_ms)
        if not self._interrupting:
            self._go_on()

    def _context_item(self, value: dict[str, Any]) -> Item:
        if value["type"] == "item_reference":
            return self._conversation.get(value["id"], "invalid_value")
        item = item_of(value, self._turns.encoding, "response.input")
        self._understand(item)
        return item

    def _understand(self, item: Item) -> None:
        """Begin to recognise what is said in an item, and to read what stands in its pictures."""
        self._turns.understand(item)
        self._inference.pictures.begin([item.wire])
