"""Asking, saying and talking, as a session has them done on the I/O thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realtime_widgets.answers import make_reply
from realtime_widgets.errors import SessionClosedError
from realtime_widgets.sources import Conversing
from realtime_widgets.speakers import InstantSpeaker, VirtualSpeaker
from realtime_widgets.turns import user_message

if TYPE_CHECKING:
    from realtime_widgets.reply import Reply
    from realtime_widgets.runtime import SessionRuntime
    from realtime_widgets.session import RealtimeSession
    from realtime_widgets.usage import Usage


async def ask(session: RealtimeSession, item: dict[str, Any]) -> Reply:
    """Put an item into the conversation and wait for the whole answer; raises as `make_reply` does."""
    runtime = session.runtime
    await runtime.start()
    turn, commands = runtime.core.ask(item, keep_audio=True)
    end = runtime.turn_end(turn)
    runtime.perform(commands)
    return make_reply(session, await end)


async def ask_aside(session: RealtimeSession, text: str, context: bool, settings: dict[str, Any]) -> Reply:
    """Ask a text beside the conversation, with the settings of `aside_settings`; raises as `make_reply` does."""
    runtime, item = session.runtime, user_message(text)
    await runtime.start()
    turn, commands = runtime.core.ask_aside(item, context, settings)
    turn.question = text
    end = runtime.turn_end(turn)
    runtime.perform(commands)
    return make_reply(session, await end)


async def say(runtime: SessionRuntime, item: dict[str, Any]) -> None:
    """Put an item into the conversation; what is being said stops, and the answer goes its own way."""
    await runtime.start()
    runtime.perform(runtime.core.interrupt())
    runtime.perform(runtime.core.ask(item)[1])


async def talk(session: RealtimeSession, pcm: bytes) -> tuple[list[Reply], bytes]:
    """Speak sound into the session; gives the answers, and what was heard of them as PCM16.

    Raises
    ------
    SessionClosedError
        Where the session ended before all was answered.
    """
    runtime = session.runtime
    await runtime.start()
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


def usage_by_turn(runtime: SessionRuntime) -> list[Usage]:
    """Tell what each turn used so far, in order."""
    core = runtime.core
    return [runtime.accounts.of_turn(turn, core.conversation) for turn in core.turns.values()]
