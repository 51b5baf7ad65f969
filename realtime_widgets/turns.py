"""A turn, its tool calls, and the commands with which the core of a session has things done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from realtime_widgets.errors import ConfigurationError

if TYPE_CHECKING:
    from realtime_widgets.playback import Block
    from realtime_widgets.protocol import events as ev


@dataclass
class ToolCall:
    """A call that the model made; `output` is what went back to it."""

    call_id: str
    item_id: str
    response_id: str
    name: str
    arguments: str
    answered: bool = False
    output: str = ""


@dataclass
class Turn:
    """One exchange: what was asked, all responses it took, and how it ended.

    Attributes
    ----------
    id
        Also tells which request a turn belongs to; spoken turns are named by the session.
    spoken
        Whether it began with speech instead of a text.
    response_ids
        Responses in order; tool calls make more than one.
    call_ids
        Tool calls, in order.
    audio
        PCM16 of the answer, where `keep_audio` is set.
    question
        What was asked, where the conversation does not hold it.
    interrupted, done
        How far it is; `error` and `error_code` are set where it failed.
    """

    id: str
    keep_audio: bool = False
    spoken: bool = False
    response_ids: list[str] = field(default_factory=list)
    call_ids: list[str] = field(default_factory=list)
    audio: bytearray = field(default_factory=bytearray)
    question: str = ""
    interrupted: bool = False
    done: bool = False
    error: str = ""
    error_code: str | None = None


@dataclass(frozen=True)
class Notice:
    """Something to tell the person, at its place in the conversation."""

    id: str
    kind: Literal["notice", "error"]
    text: str
    after_item_id: str | None


@dataclass(frozen=True)
class Send:
    """Send this event."""

    event: ev.ClientEvent


@dataclass(frozen=True)
class Play:
    """Hand this block to the player."""

    block: Block


@dataclass(frozen=True)
class Silence:
    """Silence the player and report its final positions to `SessionCore.silenced`."""


@dataclass(frozen=True)
class RunTool:
    """Run this tool call and give its output to `SessionCore.tool_finished`."""

    call: ToolCall


@dataclass(frozen=True)
class TurnEnded:
    """This turn is over."""

    turn: Turn


def user_message(text: str) -> ev.JsonObject:
    """Return the item of a written message.

    Raises
    ------
    ConfigurationError
        Where it is no text, or empty.
    """
    if not isinstance(text, str) or not text.strip():
        raise ConfigurationError(f"there is nothing to say: give a text, not {text!r}")
    text = text.encode(errors="replace").decode()  # half a surrogate pair cannot be sent
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def end_turn(turn: Turn) -> list[Command]:
    """End a turn, unless it is over."""
    if turn.done:
        return []
    turn.done = True
    return [TurnEnded(turn)]


Command = Send | Play | Silence | RunTool | TurnEnded
