"""Messages between the widgets' Python side and their TypeScript twins (`js/src/messages.ts`).

Every message is a custom widget message: a small JSON object with a `type`, and for sound one binary
buffer beside it (PCM16 little endian, mono, 24 kHz). Audio never travels as base64 or in a trait.

The audio port, kernel to page (`PortCommand`)
    ``activate``    which page plays and captures; the others keep silent
    ``configure``   block length, longest message of speech, start-up buffer, input mode
    ``play``        one block of a content part, with its generation; sound in the buffer
    ``end``         no more blocks will follow for that content part
    ``clear``       fall silent now and start a new generation; answered by ``cleared``
    ``microphone``  close the microphone (opening needs a click in the page)

The audio port, page to kernel (`PortReport`)
    ``hello``       a page has loaded the port, or wants to play and capture again; it waits for ``activate``
    ``audio``       one captured block, with the player's ``playback`` where there is news; sound in the buffer
    ``microphone``  the microphone's state, with message and cure where it could not open
    ``playback``    how far each content part has really been played, about ten times a second
    ``cleared``     final positions of what a ``clear`` cut
    ``interrupt``   the person pressed stop; the page is silent already and drops all older blocks
    ``talk``        push-to-talk was pressed or released

The transcript, kernel to page
    ``upsert``      one entry, new or changed, and the id of the entry before it
    ``remove``      the id of an entry that is gone
The transcript, page to kernel
    ``say``         the person typed a message
    ``decide``      the person allows, refuses or stops a tool call

The reply view, page to kernel
    ``play``, ``stop``  with the page that asks
    ``ended``           the sound is over (or could not be played) where the page plays it by itself
The reply view without a session's player, kernel to page (`ReplySound`)
    ``sound``       a WAV file in the buffer, for the page that asked
    ``silence``     stop playing

The recorder, page to kernel
    ``recording``   what was recorded, when it is over; sound in the buffer

The key prompt, page to kernel
    ``key``         an API key; it is in the binary buffer, for no log shows that
    ``forget``      the person wants to give another one
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

InputMode = Literal["open", "push_to_talk"]
MicrophoneState = Literal["off", "opening", "on", "error"]


class Activate(TypedDict):
    """Which page plays and captures."""

    type: Literal["activate"]
    page_id: str


class Configure(TypedDict):
    """Settings of the port's sound."""

    type: Literal["configure"]
    block_ms: float
    group_ms: float
    startup_ms: float
    input_mode: InputMode


class Play(TypedDict):
    """One block of speech to queue, from sample `start` of its part on; PCM16 in the buffer."""

    type: Literal["play"]
    generation: int
    item_id: str
    content_index: int
    start: int


class End(TypedDict):
    """The content part has been sent whole."""

    type: Literal["end"]
    generation: int
    item_id: str
    content_index: int


class Clear(TypedDict):
    """Fall silent; blocks of a lower generation are dropped from now on."""

    type: Literal["clear"]
    generation: int


class SetMicrophone(TypedDict):
    """Close the microphone."""

    type: Literal["microphone"]
    open: Literal[False]


PortCommand = Activate | Configure | Play | End | Clear | SetMicrophone


class Hello(TypedDict):
    """A page has loaded the port."""

    type: Literal["hello"]
    page_id: str


class Audio(TypedDict):
    """One captured block; `sequence` counts from 0 for each opening of the microphone."""

    type: Literal["audio"]
    page_id: str
    sequence: int
    playback: NotRequired[Playback]


class MicrophoneProblem(TypedDict):
    """Why the microphone did not open, and what the person can do."""

    code: str
    message: str
    cure: str


class MicrophoneReport(TypedDict):
    """State of the page's microphone."""

    type: Literal["microphone"]
    page_id: str
    state: MicrophoneState
    problem: NotRequired[MicrophoneProblem]
    settings: NotRequired[dict[str, object]]


class Position(TypedDict):
    """Samples (24 kHz) of one content part that were received and that were really played."""

    item_id: str
    content_index: int
    played: int
    received: int


class Playback(TypedDict):
    """Where the player is; counters count from the page's start. `skipped_ms` is silence left out to catch up."""

    type: Literal["playback"]
    page_id: str
    generation: int
    positions: list[Position]
    playing: bool
    queued_ms: float
    startup_ms: float
    underruns: int
    dropped: int
    skipped_ms: float


class Cleared(TypedDict):
    """Answer to ``clear``: the new generation, and where the old one stopped."""

    type: Literal["cleared"]
    page_id: str
    generation: int
    positions: list[Position]


class Interrupt(TypedDict):
    """The stop button: positions at which the page fell silent."""

    type: Literal["interrupt"]
    page_id: str
    generation: int
    positions: list[Position]


class Talk(TypedDict):
    """Push-to-talk; blocks are sent only between pressed and released."""

    type: Literal["talk"]
    page_id: str
    pressed: bool


PortReport = Hello | Audio | MicrophoneReport | Playback | Cleared | Interrupt | Talk


class ToolCard(TypedDict):
    """A tool call as the person sees it; `pictures` are PNG or JPEG in data URIs, `fraction` goes from 0 to 1."""

    call_id: str
    name: str
    arguments: str
    state: Literal["waiting", "approval", "running", "done", "error"]
    result: str
    error: str
    traceback: str
    printed: str
    note: str
    fraction: float | None
    pictures: list[str]
    seconds: float | None


class ShownImage(TypedDict):
    """An image of a message: a copy of a few kB as a data URI, or none, and what there is to say of it."""

    thumbnail: str
    text: str


class Entry(TypedDict):
    """One line of the transcript; of a cut answer `heard_ms` were heard, about `heard_length` characters."""

    id: str
    kind: Literal["user", "assistant", "tool", "notice", "error"]
    source: Literal["speech", "text", ""]
    text: str
    state: Literal["in_progress", "completed", "incomplete"]
    cut: bool
    heard_ms: float | None
    heard_length: int | None
    images: NotRequired[list[ShownImage]]
    tool: NotRequired[ToolCard]


class Upsert(TypedDict):
    """A new or changed entry, to stand right after the entry `after` (first where that is None)."""

    type: Literal["upsert"]
    entry: Entry
    after: str | None


class Remove(TypedDict):
    """An entry that is gone."""

    type: Literal["remove"]
    id: str


class SayText(TypedDict):
    """What the person typed."""

    type: Literal["say"]
    text: str


class Decide(TypedDict):
    """What the person wants of a tool call."""

    type: Literal["decide"]
    call_id: str
    decision: Literal["approve", "deny", "cancel"]


class KeyMessage(TypedDict):
    """An API key, in the buffer."""

    type: Literal["key"]


class Forget(TypedDict):
    """The key is to be forgotten."""

    type: Literal["forget"]


class ReplyClip(TypedDict):
    """A reply for the page that plays it by itself, as a WAV file in the buffer."""

    type: Literal["sound"]
    page_id: str


class Silence(TypedDict):
    """The page stops playing a reply."""

    type: Literal["silence"]


ReplySound = ReplyClip | Silence


class PlayReply(TypedDict):
    """A page wants to play the reply."""

    type: Literal["play"]
    page_id: str


class StopReply(TypedDict):
    """A page wants the reply to stop."""

    type: Literal["stop"]


class ReplyEnded(TypedDict):
    """The page has played the reply, or cannot."""

    type: Literal["ended"]


ReplyReport = PlayReply | StopReply | ReplyEnded


class Recording(TypedDict):
    """A whole recording; PCM16 in the buffer."""

    type: Literal["recording"]
    rate: int
