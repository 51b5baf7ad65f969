"""Asking, saying and talking, as a session has them done on the I/O thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realtime_widgets.answers import make_reply
from realtime_widgets.errors import ItemNotFoundError, SessionClosedError
from realtime_widgets.sources import Conversing
from realtime_widgets.speakers import InstantSpeaker, VirtualSpeaker
from realtime_widgets.turns import Send

if TYPE_CHECKING:
    from realtime_widgets.reply import Reply
    from realtime_widgets.retrieval import RetrievedItem
    from realtime_widgets.runtime import SessionRuntime
    from realtime_widgets.session import RealtimeSession
    from realtime_widgets.turns import Message


async def ask(session: RealtimeSession, message: Message) -> Reply:
    """Put a message into the conversation and wait for the whole answer; raises as `make_reply` does."""
    runtime = session.runtime
    await runtime.start()
    turn, commands = runtime.core.ask(_item(runtime, message), keep_audio=True)
    end = runtime.turn_end(turn)
    runtime.perform(commands)
    return make_reply(session, await end)


async def ask_aside(session: RealtimeSession, message: Message, context: bool, settings: dict[str, Any]) -> Reply:
    """Ask beside the conversation, with the settings of `aside_settings`; raises as `make_reply` does."""
    runtime = session.runtime
    await runtime.start()
    turn, commands = runtime.core.ask_aside(message.item, context, settings)
    turn.question = message.text
    end = runtime.turn_end(turn)
    runtime.perform(commands)
    return make_reply(session, await end)


async def say(runtime: SessionRuntime, message: Message, answer: bool = True) -> None:
    """Put a message into the conversation; what is being said stops, and the answer goes its own way.

    Without `answer` nothing stops and nothing is asked for.
    """
    await runtime.start()
    if answer:
        runtime.perform(runtime.core.interrupt())
        runtime.perform(runtime.core.ask(_item(runtime, message))[1])
    else:
        runtime.perform([runtime.core.put(_item(runtime, message))])


async def talk(session: RealtimeSession, pcm: bytes, shown: Message | None = None) -> tuple[list[Reply], bytes]:
    """Speak sound into the session, after `shown`; gives the answers, and what was heard of them as PCM16.

    Raises
    ------
    SessionClosedError
        Where the session ended before all was answered.
    """
    runtime = session.runtime
    await runtime.start()
    if shown is not None:
        runtime.perform([runtime.core.put(_item(runtime, shown))])
    recorder = VirtualSpeaker(clock=runtime.clock) if isinstance(runtime.speaker, InstantSpeaker) else None
    before = runtime.use_speaker(recorder) if recorder else None
    try:
        turns = await Conversing(runtime).speak(pcm)
    finally:
        if before:
            if runtime.core.ledger.playing:  # given up in the middle of an answer
                runtime.perform(runtime.core.interrupt())
            runtime.use_speaker(before)
    if runtime.state == "closed" and not all(turn.done and not turn.error for turn in turns):
        raise SessionClosedError(runtime.closed_reason)
    heard = recorder.heard() if recorder else b"".join(bytes(turn.audio) for turn in turns)
    return [make_reply(session, turn) for turn in turns], heard


async def retrieve(runtime: SessionRuntime, item_id: str, limit_s: float) -> RetrievedItem:
    """Get an item as the service has it.

    Raises
    ------
    ItemNotFoundError
        Where it has none of that id, or does not give it within `limit_s` seconds.
    SessionClosedError
        Where the session ends meanwhile.
    """
    await runtime.start()
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
    raise ItemNotFoundError(wish.error or f"the service did not give the item {item_id!r} within {limit_s:g} s")


def _item(runtime: SessionRuntime, message: Message) -> dict[str, Any]:
    """Return a message's item; with an id where its pictures are to be found again."""
    if not message.pictures:
        return message.item
    item = {"id": runtime.core.new_id("shown"), **message.item}
    runtime.core.conversation.keep_pictures(item, message.pictures)
    return item
