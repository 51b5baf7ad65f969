"""Puts the answer of a turn together, on the I/O thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_widgets.errors import ConnectionFailedError, ResponseFailedError
from realtime_widgets.reply import Reply
from realtime_widgets.speakers import InstantSpeaker

if TYPE_CHECKING:
    from realtime_widgets.session import RealtimeSession
    from realtime_widgets.turns import Turn


def make_reply(session: RealtimeSession, turn: Turn) -> Reply:
    """Return what came back for a turn.

    Raises
    ------
    ConnectionFailedError, ResponseFailedError
        Where the session ended during the answer, or the service reports that it failed.
    """
    runtime = session.runtime
    if turn.error:
        if runtime.state == "closed":
            raise ConnectionFailedError(f"the session ended during the answer: {turn.error}")
        raise ResponseFailedError(turn.error, turn.error_code)
    conversation = runtime.core.conversation
    responses = [conversation.responses[response_id] for response_id in turn.response_ids]
    items = [conversation.items.get(item_id) for each in responses for item_id in each.item_ids]
    texts = [item.text for item in items if item and item.role == "assistant" and item.text]
    results = [running.result for call_id in turn.call_ids if (running := runtime.tools.get(call_id))]
    pcm = bytes(turn.audio)
    turn.audio.clear()
    return Reply(
        text=" ".join(texts),
        question=runtime.core.question_of(turn),
        tool_calls=[result for result in results if result],
        usage=runtime.accounts.of_turn(turn, conversation),
        pcm=pcm,
        interrupted=turn.interrupted,
        heard=not isinstance(runtime.speaker, InstantSpeaker),
        _session=session,
    )
