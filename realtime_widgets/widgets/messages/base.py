"""What all messages have, and the words that several of them use."""

from __future__ import annotations

from typing import ClassVar, Literal

from msgspec import Struct

InputMode = Literal["open", "push_to_talk"]
MicrophoneState = Literal["off", "opening", "on", "error"]
#: Why a microphone was closed: by the user, or by what happened around it.
CloseReason = Literal[
    "user", "idle", "hidden", "unseen", "unplugged", "kernel", "other_page", "replaced", "closed", "error", ""
]
#: Whether a page can play: not loaded yet, ready, held back by the browser until a click, or failed.
SoundState = Literal["waiting", "ready", "blocked", "failed"]


class Message(Struct, frozen=True, tag_field="type"):
    """What all messages have: a type, and the name of what their buffer holds, if they have one."""

    buffer: ClassVar[str] = ""


class PageError(Message, frozen=True, tag="page_error"):
    """A page could not handle a message of the kernel: its type, and what the browser says of it."""

    message: str
    problem: str
