"""A turn, its tool calls, and the commands with which the core of a session has things done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.pictures import check_detail, load_pictures

if TYPE_CHECKING:
    from realtime_widgets.mcp_approvals import ApprovalRequest
    from realtime_widgets.pictures import Detail, Picture
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
class Wake:
    """Give this id to `SessionCore.wake` after so many seconds."""

    id: str
    seconds: float


@dataclass(frozen=True)
class RunTool:
    """Run this tool call and give its output to `SessionCore.tool_finished`."""

    call: ToolCall


@dataclass(frozen=True)
class AskApproval:
    """Ask the person for consent, and give the answer to `SessionCore.decide_approval`."""

    request: ApprovalRequest


@dataclass(frozen=True)
class TurnEnded:
    """This turn is over."""

    turn: Turn


@dataclass(frozen=True)
class Message:
    """What a person says by text and images: the item, and its images as pictures."""

    item: ev.JsonObject
    text: str = ""
    pictures: tuple[Picture, ...] = ()


def user_message(text: str | None, image: Any = None, detail: Detail = "auto") -> Message:
    """Return a written message, with the images that `load_pictures` takes.

    Raises
    ------
    ConfigurationError
        Where there is neither text nor image, or no such detail.
    ImageError
        Where an image cannot be used.
    """
    wordless = image is not None and (text is None or text == "")
    if not wordless and (not isinstance(text, str) or not text.strip()):
        raise ConfigurationError(f"there is nothing to say: give a text, not {text!r}")
    text = (text or "").encode(errors="replace").decode()  # half a surrogate pair cannot be sent
    content: list[ev.JsonObject] = [{"type": "input_text", "text": text}] if text else []
    check_detail(detail)
    pictures = load_pictures(image) if image is not None else []
    content += [{"type": "input_image", "image_url": each.uri, "detail": detail} for each in pictures]
    return Message({"type": "message", "role": "user", "content": content}, text, tuple(pictures))


def end_turn(turn: Turn) -> list[Command]:
    """End a turn, unless it is over."""
    if turn.done:
        return []
    turn.done = True
    return [TurnEnded(turn)]


Command = Send | Play | Silence | Wake | RunTool | AskApproval | TurnEnded
