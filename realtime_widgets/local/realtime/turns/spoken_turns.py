"""The user's turns in a session: detected or committed, made into items, recognised, and answered."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

from realtime_widgets.local.api.errors import SERVER_ERROR, RequestRefusedError, describe, log_failure
from realtime_widgets.local.inference.loading import StageUnavailableError
from realtime_widgets.local.realtime.conversation.conversation import Conversation, Item, Speech
from realtime_widgets.local.realtime.conversation.kept_sound import KeptSound
from realtime_widgets.local.realtime.turns.answer_policy import AnswerPolicy
from realtime_widgets.local.realtime.turns.listener import Listener, Utterance
from realtime_widgets.local.realtime.turns.live_words import LiveWords
from realtime_widgets.local.realtime.turns.settings import turn_taking
from realtime_widgets.local.realtime.turns.transcription import spoken_language, transcription_usage, writes_along

if TYPE_CHECKING:
    from realtime_widgets.local.inference.workers import Inference
    from realtime_widgets.local.models.interfaces import Recognition

_TRANSCRIPTION = "conversation.item.input_audio_transcription"


class Host(Protocol):
    """What turns need of their session."""

    @property
    def config(self) -> dict[str, Any]:
        """The effective configuration."""

    def emit(self, event: dict[str, Any]) -> None:
        """Send a server event."""

    def refuse(self, refusal: RequestRefusedError, event_id: str | None = None) -> None:
        """Send an error event."""

    def interrupt(self) -> bool:
        """End the answer under way; return whether there was one."""

    def answer(self, context: list[Item] | None) -> None:
        """Begin an answer as the session is configured; None answers the conversation as it is."""

    def prepare_answer(self, context: list[Item]) -> None:
        """Begin the work on an answer that is perhaps asked for next; nothing of it is sent."""

    def forget_prepared(self) -> None:
        """Give that work up."""


class SpokenTurns:
    """Follows speech from the audio to its answer.

    Parameters
    ----------
    inference
        Runs the models.
    conversation
        The conversation in which turns become items.
    host
        The session.
    """

    def __init__(self, inference: Inference, conversation: Conversation, host: Host) -> None:
        self._conversation = conversation
        self._host = host
        self._policy = AnswerPolicy()
        self._understanding: dict[str, asyncio.Task[None]] = {}
        #: The words of the item that is being said, as far as they are told.
        self._live: tuple[str, LiveWords] = ("", LiveWords())
        self.listener = Listener(inference, self, self.encoding)

    @property
    def encoding(self) -> str:
        """The wire's format of the user's audio."""
        return str(self._host.config["audio"]["input"]["format"]["type"])

    @property
    def understanding(self) -> list[asyncio.Task[None]]:
        """Recognitions under way."""
        return list(self._understanding.values())

    async def close(self) -> None:
        """End everything under way."""
        tasks = self.understanding
        for task in tasks:
            task.cancel()
        self.listener.close()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def configure(self) -> None:
        """Listen as the session is now configured."""
        config = self._host.config
        settings = config["audio"]["input"]["transcription"] or {}
        language = spoken_language(settings.get("language"), settings.get("languages"))
        await self.listener.configure(self.encoding, turn_taking(config), language, writes_along(config))

    async def commit(self) -> None:
        """Make an item of the buffered audio because the client asks for it."""
        utterance = await self.listener.commit()
        self._policy.stopped(utterance.item_id, wanted=False)
        self._commit(utterance)

    async def clear(self) -> None:
        """Drop the buffered audio."""
        await self.listener.clear()
        self._host.emit({"type": "input_audio_buffer.cleared"})
        self._answer_if(self._policy.dropped())

    def answered(self) -> None:
        """Note that an answer to everything recognised so far is being made."""
        self._policy.answered()
        self.listener.answering()

    def announce(self, item: Item, previous: str | None) -> None:
        """Send the events of an item that is complete from the start."""
        for kind in ("conversation.item.added", "conversation.item.done"):
            self._host.emit({"type": kind, "previous_item_id": previous, "item": item.snapshot()})

    def understand(self, item: Item) -> None:
        """Recognise the audio of a client's item."""
        for index, speech in item.speech.items():
            self._understand(item, index, self.listener.recognise(bytes(speech.data), speech.encoding))

    # Events of the listener

    def turn_started(self, item_id: str, audio_start_ms: int) -> None:
        """Announce the beginning of speech; interrupt the answer if configured."""
        self._host.forget_prepared()
        event = {"type": "input_audio_buffer.speech_started", "item_id": item_id}
        self._host.emit({**event, "audio_start_ms": audio_start_ms})
        taking = turn_taking(self._host.config)
        interrupts = taking is not None and taking.interrupt_response
        self._policy.started(interrupts, cut=interrupts and self._host.interrupt())

    def turn_stopped(self, utterance: Utterance, audio_end_ms: int) -> None:
        """Announce the end of speech, commit it, and answer it if configured."""
        event = {"type": "input_audio_buffer.speech_stopped", "item_id": utterance.item_id}
        self._host.emit({**event, "audio_end_ms": audio_end_ms})
        taking = turn_taking(self._host.config)
        self._policy.stopped(utterance.item_id, taking is not None and taking.create_response)
        self._commit(utterance)

    def stayed_silent(self, utterance: Utterance, audio_start_ms: int, audio_end_ms: int) -> None:
        """Commit the silence and answer it, whether or not there are words in it after all."""
        event = {"type": "input_audio_buffer.timeout_triggered", "item_id": utterance.item_id}
        self._host.emit({**event, "audio_start_ms": audio_start_ms, "audio_end_ms": audio_end_ms})
        self._policy.stopped(utterance.item_id, wanted=False)
        self._commit(utterance)
        self._answer(None)

    def turn_guessed(self, item_id: str, data: bytes, encoding: str, words: str) -> None:
        """Prepare the answer to what was said, if it is answered as soon as the turn is over."""
        taking = turn_taking(self._host.config)
        if taking is None or not taking.create_response or not self._policy.clear or self._understanding:
            return
        item = _spoken_item(item_id, data, encoding)
        item.speech[0].words = words
        if self._host.config["audio"]["input"]["transcription"] is not None:
            item.wire["content"][0]["transcript"] = words
        self._host.prepare_answer([*self._conversation, item])

    def guess_dropped(self) -> None:
        """Give up what was prepared."""
        self._host.forget_prepared()

    def words_so_far(self, item_id: str, text: str) -> None:
        """Tell the words of which two recognitions are sure."""
        if self._live[0] != item_id:
            self._live = (item_id, LiveWords())
        if delta := self._live[1].heard(text):
            self._host.emit(
                {"type": f"{_TRANSCRIPTION}.delta", "item_id": item_id, "content_index": 0, "delta": delta}
            )

    def listening_failed(self, error: Exception) -> None:
        """Report that turn detection has stopped; missing models are reported elsewhere."""
        if not isinstance(error, StageUnavailableError):
            log_failure("listening", error)
            text = f"Turn detection has stopped: {describe(error)}; commit the audio yourself."
            self._host.refuse(RequestRefusedError("server_error", text, kind=SERVER_ERROR))

    def _commit(self, utterance: Utterance) -> None:
        item = _spoken_item(utterance.item_id, utterance.data, utterance.encoding)
        previous = self._conversation.append(item)
        committed = {"type": "input_audio_buffer.committed", "previous_item_id": previous}
        self._host.emit({**committed, "item_id": utterance.item_id})
        self.announce(item, previous)
        self._understand(item, 0, utterance.recognition)

    def _understand(self, item: Item, index: int, recognition: asyncio.Task[Recognition]) -> None:
        key = f"{item.id}/{index}"
        task = asyncio.create_task(self._await_words(item, index, recognition))
        self._understanding[key] = task
        task.add_done_callback(lambda _: self._understanding.pop(key, None))

    async def _await_words(self, item: Item, index: int, recognition: asyncio.Task[Recognition]) -> None:
        live = self._live[1] if self._live[0] == item.id else LiveWords()
        settings = self._host.config["audio"]["input"]["transcription"]
        where = {"item_id": item.id, "content_index": index}
        speech = item.speech[index]
        try:
            words = (await recognition).text
        except Exception as error:
            speech.words = ""
            self._policy.understood(item.id, has_words=False)
            if not isinstance(error, StageUnavailableError):
                log_failure("recognition", error)
            if settings is not None:
                failure = {"type": SERVER_ERROR, "code": "server_error", "message": describe(error), "param": None}
                self._host.emit({"type": f"{_TRANSCRIPTION}.failed", **where, "error": failure})
            return
        speech.words = words
        if settings is not None:
            item.wire["content"][index]["transcript"] = words
            if delta := live.rest(words):
                self._host.emit({"type": f"{_TRANSCRIPTION}.delta", **where, "delta": delta})
            usage = transcription_usage(settings.get("model"), speech.milliseconds, words)
            completed = {"type": f"{_TRANSCRIPTION}.completed", **where}
            self._host.emit({**completed, "transcript": words, "usage": usage})
        self._answer_if(self._policy.understood(item.id, has_words=bool(words)))

    def _answer_if(self, due: bool) -> None:
        if due:
            self._answer(self._conversation.up_to_last_words())
        else:
            self._host.forget_prepared()

    def _answer(self, context: list[Item] | None) -> None:
        try:
            self._host.answer(context)
        except RequestRefusedError as refusal:
            self._host.refuse(refusal)


def _spoken_item(item_id: str, data: bytes, encoding: str) -> Item:
    wire = {
        "id": item_id,
        "object": "realtime.item",
        "type": "message",
        "status": "completed",
        "role": "user",
        "content": [{"type": "input_audio", "transcript": None}],
    }
    return Item(wire, {0: Speech(encoding, KeptSound(data))})
