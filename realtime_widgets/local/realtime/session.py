"""One session: client events in, server events out, the conversation and its responses between them."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Any

from realtime_widgets.local.models import StageUnavailableError
from realtime_widgets.local.realtime import client_events as client
from realtime_widgets.local.realtime.conversation import Conversation, Item, Speech, item_with_speech
from realtime_widgets.local.realtime.errors import SERVER_ERROR, RequestRefusedError, invalid_value
from realtime_widgets.local.realtime.failures import describe, log_failure
from realtime_widgets.local.realtime.identifiers import new_id
from realtime_widgets.local.realtime.items import checked_item, decoded_audio
from realtime_widgets.local.realtime.listening import Listener, Utterance
from realtime_widgets.local.realtime.responder import Responder
from realtime_widgets.local.realtime.response_options import ResponseOptions, response_options
from realtime_widgets.local.realtime.session_config import default_config, turn_taking, updated_config
from realtime_widgets.local.realtime.turn_answers import TurnAnswers
from realtime_widgets.local.realtime.usage import transcription_usage

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from realtime_widgets.local.inference import Inference
    from realtime_widgets.local.realtime.output_audio import OutputBuffer
    from realtime_widgets.local.stages import Recognition

#: Longest life of a session, in seconds: the service's own.
SESSION_SECONDS = 60 * 60


class ServerSession:
    """The server's side of one connection, without the connection.

    Must be made, used and closed on the event loop.

    Parameters
    ----------
    inference
        Runs the models.
    emit
        Takes each server event, with its ``event_id``, in order.
    room
        Awaited where much is about to be sent: returns when the client has taken enough of what was.
    config
        The effective configuration to begin with; None takes the defaults.
    output
        What plays the answers in real time, where that is not the client's.
    """

    def __init__(
        self,
        inference: Inference,
        emit: Callable[[dict[str, Any]], None],
        room: Callable[[], Awaitable[None]],
        config: dict[str, Any] | None = None,
        output: OutputBuffer | None = None,
    ) -> None:
        self.id = new_id("sess")
        self.expires_at = int(time.time()) + SESSION_SECONDS
        self._inference = inference
        self._send = emit
        self._output = output
        self._config = default_config() if config is None else config
        self._config["model"] = inference.models.brain.model_id
        self._conversation = Conversation()
        self._responder = Responder(inference, self._conversation, self._emit, room)
        self._understanding: dict[str, asyncio.Task[None]] = {}
        self._answers = TurnAnswers()
        self._listener = Listener(inference, self, self._input_encoding)
        self._reporter: asyncio.Task[None] | None = None
        self._preparation: asyncio.Task[None] | None = None

    @property
    def _input_encoding(self) -> str:
        return str(self._config["audio"]["input"]["format"]["type"])

    async def start(self) -> None:
        """Announce the session and begin to listen."""
        await self._configure_listener()
        self._emit({"type": "session.created", "session": self._public_config()})
        self._reporter = asyncio.create_task(self._report_problems())
        if self._config["tools"]:
            self._preparation = asyncio.create_task(self._prepare(self._config["tools"]))

    async def close(self) -> None:
        """End everything under way."""
        tasks = [*self._understanding.values()]
        tasks += [task for task in (self._reporter, self._preparation) if task is not None]
        for task in tasks:
            task.cancel()
        self._listener.close()
        await self._responder.close()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def handle(self, frame: str) -> None:
        """Take one text frame of the client; what is wrong with it is answered, never raised."""
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
        self._emit({"type": "error", "error": refusal.body(event_id)})

    def _emit(self, event: dict[str, Any]) -> None:
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
                await self._listener.append(decoded_audio(audio, "audio"))
            case client.SessionUpdateEvent(session=update):
                await self._update(update)
            case client.CreateItem():
                self._create_item(event)
            case client.Truncate(item_id=item_id, content_index=index, audio_end_ms=end_ms):
                self._truncate(item_id, index, end_ms)
            case client.NameItem(item_id=item_id) if event.type == "conversation.item.retrieve":
                item = self._conversation.get(item_id, "item_retrieve_invalid_item_id")
                self._emit({"type": "conversation.item.retrieved", "item": item.with_audio()})
            case client.NameItem(item_id=item_id):
                self._conversation.delete(item_id)
                self._emit({"type": "conversation.item.deleted", "item_id": item_id})
            case client.CreateResponse(response=override):
                self._respond(response_options(self._config, override, self._conversation.spoke))
            case client.CancelResponse(response_id=response_id):
                self._responder.cancel(response_id)
            case _ if event.type == "input_audio_buffer.commit":
                utterance = await self._listener.commit()
                self._answers.stopped(utterance.item_id, wanted=False)
                self._commit(utterance)
            case _ if event.type == "input_audio_buffer.clear":
                await self._listener.clear()
                self._emit({"type": "input_audio_buffer.cleared"})
                self._answer_turn(self._answers.dropped())
            case _ if self._output is not None:
                self._clear_output()
            case _:
                raise invalid_value(f"'{event.type}' is for WebRTC and SIP; this is a WebSocket.", "type")

    async def _update(self, update: dict[str, Any]) -> None:
        known_tools = self._config["tools"]
        self._config = updated_config(self._config, update, self._conversation.spoke)
        await self._configure_listener()
        self._emit({"type": "session.updated", "session": self._public_config()})
        if self._config["tools"] != known_tools:
            self._preparation = asyncio.create_task(self._prepare(self._config["tools"]))

    async def _prepare(self, tools: list[dict[str, Any]]) -> None:
        with contextlib.suppress(StageUnavailableError):  # `_report_problems` tells of that
            await self._inference.prepare(tools)

    async def _configure_listener(self) -> None:
        transcription = self._config["audio"]["input"]["transcription"] or {}
        language = transcription.get("language") or "en"
        await self._listener.configure(self._input_encoding, turn_taking(self._config), language)

    def _public_config(self) -> dict[str, Any]:
        return {
            "object": "realtime.session",
            "id": self.id,
            "expires_at": self.expires_at,
            **self._config,
        }

    def _create_item(self, event: client.CreateItem) -> None:
        item = item_with_speech(checked_item(event.item), self._input_encoding, "item")
        previous = self._conversation.insert(item, event.previous_item_id)
        self._announce(item, previous)
        self._understand_all(item)

    def _understand_all(self, item: Item) -> None:
        for index, speech in item.speech.items():
            self._understand(item, index, self._listener.recognise(bytes(speech.data), speech.encoding))

    def _announce(self, item: Item, previous: str | None) -> None:
        for kind in ("conversation.item.added", "conversation.item.done"):
            self._emit({"type": kind, "previous_item_id": previous, "item": item.snapshot()})

    def _truncate(self, item_id: str, content_index: int, audio_end_ms: int) -> None:
        self._conversation.truncate(item_id, content_index, audio_end_ms)
        self._emit(
            {
                "type": "conversation.item.truncated",
                "item_id": item_id,
                "content_index": content_index,
                "audio_end_ms": audio_end_ms,
            }
        )

    def _clear_output(self) -> None:
        """Silence what the transport plays, and forget what of it was not heard."""
        for answer in self._output.clear() if self._output is not None else ():
            self._emit({"type": "output_audio_buffer.cleared", "response_id": answer.response_id})
            for cut in answer.cuts:
                with contextlib.suppress(RequestRefusedError):  # deleted meanwhile, or beside the conversation
                    self._truncate(cut.item_id, cut.content_index, cut.heard_ms)

    # Turns

    def turn_started(self, item_id: str, audio_start_ms: int) -> None:
        """Tell of the beginning of speech; it interrupts, if it may."""
        self._emit(
            {
                "type": "input_audio_buffer.speech_started",
                "item_id": item_id,
                "audio_start_ms": audio_start_ms,
            }
        )
        taking = turn_taking(self._config)
        interrupts = taking is not None and taking.interrupt_response
        if interrupts:
            self._clear_output()
        self._answers.started(interrupts, cut=interrupts and self._responder.interrupt())

    def turn_stopped(self, utterance: Utterance, audio_end_ms: int) -> None:
        """Tell of the end of speech, commit it, and answer it if that is wanted."""
        self._emit(
            {
                "type": "input_audio_buffer.speech_stopped",
                "item_id": utterance.item_id,
                "audio_end_ms": audio_end_ms,
            }
        )
        taking = turn_taking(self._config)
        self._answers.stopped(utterance.item_id, taking is not None and taking.create_response)
        self._commit(utterance)

    def listening_failed(self, error: Exception) -> None:
        """Tell of turn detection that has stopped; models that are missing are told of already."""
        if not isinstance(error, StageUnavailableError):
            log_failure("listening", error)
            text = f"Turn detection has stopped: {describe(error)}; commit the audio yourself."
            self.refuse(RequestRefusedError("server_error", text, kind=SERVER_ERROR))

    def _commit(self, utterance: Utterance) -> None:
        wire = {
            "id": utterance.item_id,
            "object": "realtime.item",
            "type": "message",
            "status": "completed",
            "role": "user",
            "content": [{"type": "input_audio", "transcript": None}],
        }
        item = Item(wire, {0: Speech(utterance.encoding, bytearray(utterance.data))})
        previous = self._conversation.append(item)
        self._emit(
            {
                "type": "input_audio_buffer.committed",
                "previous_item_id": previous,
                "item_id": utterance.item_id,
            }
        )
        self._announce(item, previous)
        self._understand(item, 0, utterance.recognition)

    def _understand(self, item: Item, index: int, recognition: asyncio.Task[Recognition]) -> None:
        key = f"{item.id}/{index}"
        task = asyncio.create_task(self._take_words(item, index, recognition))
        self._understanding[key] = task
        task.add_done_callback(lambda _: self._understanding.pop(key, None))

    async def _take_words(self, item: Item, index: int, recognition: asyncio.Task[Recognition]) -> None:
        wanted = self._config["audio"]["input"]["transcription"] is not None
        where = {"item_id": item.id, "content_index": index}
        speech = item.speech[index]
        kind = "conversation.item.input_audio_transcription"
        try:
            words = (await recognition).text
        except Exception as error:
            speech.words = ""
            self._answers.understood(item.id, has_words=False)
            if not isinstance(error, StageUnavailableError):
                log_failure("recognition", error)
            if wanted:
                failure = {"type": SERVER_ERROR, "code": "server_error", "message": describe(error), "param": None}
                self._emit({"type": f"{kind}.failed", **where, "error": failure})
            return
        speech.words = words
        if wanted:
            item.wire["content"][index]["transcript"] = words
            if words:
                self._emit({"type": f"{kind}.delta", **where, "delta": words})
            usage = transcription_usage(speech.milliseconds, words)
            self._emit({"type": f"{kind}.completed", **where, "transcript": words, "usage": usage})
        self._answer_turn(self._answers.understood(item.id, has_words=bool(words)))

    def _answer_turn(self, due: bool) -> None:
        if not due:
            return
        try:
            self._respond(response_options(self._config), self._conversation.up_to_last_words())
        except RequestRefusedError as refusal:
            self.refuse(refusal)

    def _respond(self, options: ResponseOptions, context: list[Item] | None = None) -> None:
        if options.input is not None:
            context = [self._context_item(value) for value in options.input]
        self._responder.respond(options, context, lambda: list(self._understanding.values()))
        if options.in_conversation:
            self._answers.answered()

    def _context_item(self, value: dict[str, Any]) -> Item:
        if value["type"] == "item_reference":
            return self._conversation.get(value["id"], "invalid_value")
        item = item_with_speech(value, self._input_encoding, "response.input")
        self._understand_all(item)
        return item
