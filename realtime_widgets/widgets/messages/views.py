"""Messages of captions, replies, the recorder, the key prompt and the status line."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from realtime_widgets.widgets.messages.base import Message
from realtime_widgets.widgets.messages.insight import ShowPanel
from realtime_widgets.widgets.messages.transcript import Remove


class Caption(Struct, frozen=True):
    """What was said in one go, from `start` seconds of the captured sound on; until it is final it may change.

    `time` is the start as it is read.
    """

    id: str
    start: float
    time: str
    text: str
    final: bool
    speaker: str = ""


class UpsertCaption(Message, frozen=True, tag="upsert"):
    """A new or changed caption, to stand right after the caption `after` (first when that is null)."""

    entry: Caption
    after: str | None


CaptionsCommand = UpsertCaption | Remove


class ReplyClip(Message, frozen=True, tag="sound"):
    """A reply for the page that asked for it and plays it by itself, as a WAV file in the buffer."""

    buffer = "sound"

    page_id: str


class Silence(Message, frozen=True, tag="silence"):
    """The page stops playing a reply."""


ReplyCommand = ReplyClip | Silence


class PlayReply(Message, frozen=True, tag="play"):
    """A page wants to play the reply."""

    page_id: str


class StopReply(Message, frozen=True, tag="stop"):
    """A page wants the reply to stop."""


class ReplyEnded(Message, frozen=True, tag="ended"):
    """The page has played the reply by itself, or cannot."""


ReplyReport = PlayReply | StopReply | ReplyEnded


class Recording(Message, frozen=True, tag="recording"):
    """A whole recording, when it is over; PCM16 in the buffer."""

    buffer = "sound"

    rate: int


class Key(Message, frozen=True, tag="key"):
    """An API key; it is in the buffer, which no log shows."""

    buffer = "key"


class Forget(Message, frozen=True, tag="forget"):
    """The user wants to give another key."""


KeyReport = Key | Forget


class Status(Struct, frozen=True):
    """What a session does and whom it talks to; `usage` is tokens and money so far, in words.

    `hearing` is true while the service hears speech, `consents` counts tool calls that wait for the user, and
    `successor` is the port of the session that replaced this one (empty if none did); `panel` says that there is a
    panel to look into it.
    """

    state: Literal[
        "idle", "connecting", "preparing", "listening", "thinking", "speaking", "reconnecting", "closed"
    ]
    detail: str
    endpoint: str
    model: str
    voice: str
    tools: list[str]
    usage: str
    problem: str
    hearing: bool = False
    consents: int = 0
    successor: str = ""
    can_restart: bool = False
    panel: bool = False


class Restart(Message, frozen=True, tag="restart"):
    """The user starts a closed session again, with the talk so far or without it."""

    keep_talk: bool


class TalkHere(Message, frozen=True, tag="talk_here"):
    """The user wants to go on with an earlier session that another one has replaced."""


DockPlace = Literal["panel", "split"]


class ShowDock(Message, frozen=True, tag="show_dock"):
    """The user wants the console beside the code: in the side panel, or in a split."""

    place: DockPlace


StatusReport = Restart | TalkHere | ShowPanel | ShowDock


class CloseDock(Message, frozen=True, tag="close"):
    """The user closes the bar."""


DockReport = CloseDock
