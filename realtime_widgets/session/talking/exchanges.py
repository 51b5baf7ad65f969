"""Coroutines behind `ask`, `say`, `talk` and `retrieve`; they run on the I/O thread."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from realtime_widgets.core.conversation.commands import Send
from realtime_widgets.errors import (
    CheckStoppedError,
    ConnectionFailedError,
    ItemNotFoundError,
    ResponseFailedError,
    SessionClosedError,
)
from realtime_widgets.reply import Reply
from realtime_widgets.runtime.sound.speakers import InstantSpeaker, VirtualSpeaker
from realtime_widgets.session.talking.talk import Conversing

if TYPE_CHECKING:
    from realtime_widgets.core.conversation.items import Conversation
    from realtime_widgets.core.conversation.message import Message
    from realtime_widgets.core.conversation.retrieval import RetrievedItem
    from realtime_widgets.core.conversation.turns import Turn
    from realtime_widgets.runtime.session_runtime import SessionRuntime


async def ask(runtime: SessionRuntime, message: Message, settings: dict[str, Any]) -> Reply:
    """Put a message into the conversation and wait for the whole answer, made with `settings`.

    Raises as `_make_reply` does, and `CheckStoppedError` if a check stops the message.
    """
    await _start(runtime)
    message = await runtime.checked.message(message)
    turn, commands = runtime.core.ask(_item(runtime, message), settings, keep_audio=True)
    end = runtime.turn_end(turn)
    runtime.perform(commands)
    return _make_reply(runtime, await end)


async def answer(runtime: SessionRuntime, settings: dict[str, Any]) -> Reply:
    """Ask for an answer to nothing new, made with `settings`, and wait for the whole of it.

    Raises as `_make_reply` does.
    """
    await _start(runtime)
    turn, commands = runtime.core.answer(settings)
    end = runtime.turn_end(turn)
    runtime.perform(commands)
    return _make_reply(runtime, await end)


async def ask_aside(runtime: SessionRuntime, message: Message, context: bool, settings: dict[str, Any]) -> Reply:
    """Ask out of band, with the settings of `aside_settings`; raises as `_make_reply` does."""
    await _start(runtime)
    message = await runtime.checked.message(message)
    turn, commands = runtime.core.ask_aside(message.item, context, settings)
    turn.question = message.text
    end = runtime.turn_end(turn)
    runtime.perform(commands)
    return _make_reply(runtime, await end)


def say(runtime: SessionRuntime, message: Message, answer: bool = True) -> None:
    """Put a message into the conversation, once there is a connection; what is being said stops.

    With `answer` False nothing stops and no answer is asked for.
    """

    def put(message: Message) -> None:
        item = _item(runtime, message)
        runtime.perform(runtime.core.ask(item)[1] if answer else [runtime.core.put(item)])

    async def put_what_passes() -> None:
        with contextlib.suppress(CheckStoppedError):  # the user was told by the check
            put(await runtime.checked.message(message))

    def begin() -> None:
        if runtime.checked.looks_at(message):
            runtime.spawn(put_what_passes())
        else:
            put(message)

    if answer:
        runtime.perform(runtime.core.make_way())
    runtime.say(message.text or "an image", begin)


async def talk(
    runtime: SessionRuntime,
    pcm: bytes,
    shown: Message | None = None,
    heard: bytearray | None = None,
    conversing: Conversing | None = None,
) -> list[Reply]:
    """Speak sound into the session, after `shown`, and return the answers.

    Parameters
    ----------
    runtime
        The session.
    pcm
        PCM16 at 24 kHz.
    shown
        A message that goes before it.
    heard
        Takes the PCM16 of what was heard of the answers, also if the talk fails.
    conversing
        Speaks it, if more is to be added while it goes on.

    Raises
    ------
    SessionClosedError
        If the session ended before everything was answered, or before a turn began.
    """
    await _start(runtime)
    if shown is not None:
        runtime.perform([runtime.core.put(_item(runtime, await runtime.checked.message(shown)))])
    recorder = VirtualSpeaker(clock=runtime.clock) if isinstance(runtime.speaker, InstantSpeaker) else None
    before = runtime.use_speaker(recorder) if recorder else None
    conversing = conversing or Conversing(runtime)
    try:
        turns = await conversing.speak(pcm)
    except asyncio.CancelledError:
        for turn in conversing.turns():
            runtime.perform(runtime.core.give_up(turn))
        raise
    finally:
        if before:
            if runtime.core.ledger.playing:  # given up in the middle of an answer
                runtime.perform(runtime.core.interrupt())
            runtime.use_speaker(before)
        if heard is not None and recorder:
            heard += recorder.heard()
    if runtime.state == "closed" and not (turns and all(turn.done and not turn.error for turn in turns)):
        raise SessionClosedError(runtime.closed_reason)
    if heard is not None and not recorder:
        heard += b"".join(bytes(turn.audio) for turn in turns)
    return [_make_reply(runtime, turn) for turn in turns]


async def retrieve(runtime: SessionRuntime, item_id: str, limit_s: float) -> RetrievedItem:
    """Fetch an item from the service.

    Raises
    ------
    ItemNotFoundError
        If the service has no such item, or does not send it within `limit_s` seconds.
    SessionClosedError
        If the session ends before that.
    """
    await _start(runtime)
    core = runtime.core
    # After a loss an item may have got another id than the one by which it is known here.
    now = next((own for own, known in core.conversation.aliases.items() if known == item_id), item_id)
    wish = core.retrievals.ask(core.new_id("retrieve"), now, item_id)
    try:
        runtime.perform([Send(wish.event)])
        await runtime.until(lambda: wish.done or runtime.state == "closed", limit_s)
    finally:
        core.retrievals.give_up(wish)
    if wish.item is not None:
        return wish.item
    if runtime.state == "closed":
        raise SessionClosedError(f"this session is over: {runtime.closed_reason}")
    raise ItemNotFoundError(wish.error or f"the service did not send the item {item_id!r} within {limit_s:g} s")


async def _start(runtime: SessionRuntime) -> None:
    """Connect, if that is not done; raises as `SessionRuntime.start` does, and if it ended as it began."""
    await runtime.start()
    if runtime.state == "closed":
        raise SessionClosedError(f"this session is over: {runtime.closed_reason}")


def answer_text(conversation: Conversation, turn: Turn) -> str:
    """Return the words of the model's answer in a turn, of all its responses."""
    return _answer(conversation, turn)[1]


def _answer(conversation: Conversation, turn: Turn) -> tuple[str, str]:
    """Return what the model said before its answer, if it marked that, and the answer."""
    responses = [conversation.responses[response_id] for response_id in turn.response_ids]
    items = [conversation.items.get(item_id) for each in responses for item_id in each.item_ids]
    said = [item for item in items if item and item.role == "assistant" and item.text]
    answer = " ".join(item.text for item in said if not item.preamble)
    preamble = " ".join(item.text for item in said if item.preamble)
    return (preamble, answer) if answer else ("", preamble)  # where nothing else was said, that is the answer


def _make_reply(runtime: SessionRuntime, turn: Turn) -> Reply:
    """Assemble what came back for a turn.

    Raises
    ------
    ConnectionFailedError, ResponseFailedError
        If the session ended during the answer, or the service reports that it failed.
    """
    if turn.error:
        if runtime.state == "closed":
            raise ConnectionFailedError(f"the session ended during the answer: {turn.error}")
        raise ResponseFailedError(turn.error, turn.error_code)
    conversation = runtime.core.conversation
    preamble, text = _answer(conversation, turn)
    results = [running.result for call_id in turn.call_ids if (running := runtime.tools.get(call_id))]
    pcm = bytes(turn.audio)
    turn.audio.clear()
    return Reply(
        text=text,
        preamble=preamble,
        question=runtime.core.question_of(turn),
        tool_calls=[result for result in results if result],
        usage=runtime.accounts.of_turn(turn, conversation),
        pcm=pcm,
        interrupted=turn.interrupted,
        heard=runtime.speaker.audible,
    )


def _item(runtime: SessionRuntime, message: Message) -> dict[str, Any]:
    """Return a message's item, with an id by which its pictures are found again."""
    if not message.pictures and message.shown is None:
        return message.item
    item = {"id": runtime.core.new_id("shown"), **message.item}
    if message.shown is not None:
        runtime.core.conversation.shown[item["id"]] = message.shown
    runtime.core.conversation.keep_pictures(item, message.pictures)
    return item
