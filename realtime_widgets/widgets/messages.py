"""Messages between the widgets and their pages; `js/src/messages.ts` is generated from them.

Every message is a custom widget message: a small JSON object with a ``type``, and for audio one binary
buffer (PCM16 little endian, mono, 24 kHz). Audio is never sent as base64 or in a trait. Widgets send instances of
these classes, and messages of a page are checked against them before a widget sees them. After a change run
`make messages`, which generates the TypeScript types; `make types` fails if they are out of date.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from msgspec import UNSET, Struct, UnsetType, field

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


# The audio port, kernel to page


class Activate(Message, frozen=True, tag="activate"):
    """Which page plays and captures; the others keep silent."""

    page_id: str


class Configure(Message, frozen=True, tag="configure"):
    """Block length, longest message of speech, start-up buffer (all in ms), input mode, and when it closes.

    It closes by itself if nobody spoke for `idle_off_s`, or if the tab was hidden for `hidden_off_s` (seconds;
    null is never).
    """

    block_ms: float
    group_ms: float
    startup_ms: float
    input_mode: InputMode
    idle_off_s: float | None = None
    hidden_off_s: float | None = None


class Play(Message, frozen=True, tag="play"):
    """One block of speech to queue, from sample `start` of its content part on; PCM16 in the buffer."""

    buffer = "sound"

    generation: int
    item_id: str
    content_index: int
    start: int


class End(Message, frozen=True, tag="end"):
    """No more blocks will follow for that content part."""

    generation: int
    item_id: str
    content_index: int


class Clear(Message, frozen=True, tag="clear"):
    """Fall silent and begin a new generation: older blocks are dropped from now on; answered by `cleared`."""

    generation: int


class CloseMicrophone(Message, frozen=True, tag="microphone"):
    """Close the microphone; opening it needs a click in the page."""

    reason: CloseReason = "user"


class Roll(Message, frozen=True, tag="roll"):
    """Every page that is alive answers with `here`."""


class Beat(Message, frozen=True, tag="beat"):
    """The kernel lives; sent while a page shows the session.

    `heard` is false while what the microphone sends waits behind a running cell (a front end without subshells).
    """

    heard: bool = True


PortCommand = Activate | Configure | Play | End | Clear | CloseMicrophone | Roll | Beat


# The audio port, page to kernel


class Hello(Message, frozen=True, tag="hello"):
    """A page has loaded the port, or was cut off from the kernel; it waits for `activate`."""

    page_id: str
    views: int = 1
    sound: SoundState = "waiting"


class Here(Message, frozen=True, tag="here"):
    """A page lives: its answer to `roll`, a change of its views or sound, or its sign while no sound is sent."""

    page_id: str
    views: int
    sound: SoundState


class Bye(Message, frozen=True, tag="bye"):
    """A page is being closed or reloaded."""

    page_id: str


class Claim(Message, frozen=True, tag="claim"):
    """The user wants to play and talk in this page."""

    page_id: str


class Position(Struct, frozen=True):
    """Samples (24 kHz) of one content part that were received and that were really played."""

    item_id: str
    content_index: int
    played: int
    received: int


class Playback(Message, frozen=True, tag="playback"):
    """Where the player is, about ten times a second; its counters count from the page's start.

    `skipped_ms` is silence left out of pauses, to make up for an underrun.
    """

    page_id: str
    generation: int
    positions: list[Position]
    playing: bool
    queued_ms: float
    startup_ms: float
    underruns: int
    dropped: int
    skipped_ms: float


class Audio(Message, frozen=True, tag="audio"):
    """One captured block, PCM16 in the buffer, with the player's state when there is news.

    `sequence` counts from 0 for each opening of the microphone, and after each time that nobody heard it.
    """

    buffer = "sound"

    page_id: str
    sequence: int
    playback: Playback | UnsetType = UNSET


class MicrophoneProblem(Struct, frozen=True):
    """Why the microphone did not open, and what the user can do."""

    code: str
    message: str
    cure: str


class MicrophoneReport(Message, frozen=True, tag="microphone"):
    """State of the page's microphone, and what the browser granted."""

    page_id: str
    state: MicrophoneState
    muted: bool = False
    reason: CloseReason = ""
    problem: MicrophoneProblem | UnsetType = UNSET
    settings: dict[str, Any] | UnsetType = UNSET


class Cleared(Message, frozen=True, tag="cleared"):
    """Answer to `clear`: the new generation, and where the old one stopped."""

    page_id: str
    generation: int
    positions: list[Position]


class Interrupt(Message, frozen=True, tag="interrupt"):
    """The stop button: where the page fell silent; it drops all older blocks already."""

    page_id: str
    generation: int
    positions: list[Position]


class Talk(Message, frozen=True, tag="talk"):
    """Push-to-talk was pressed or released; blocks are sent only between the two."""

    page_id: str
    pressed: bool


PortReport = Hello | Here | Bye | Claim | Audio | MicrophoneReport | Playback | Cleared | Interrupt | Talk


# The transcript


class ShownOutput(Struct, frozen=True):
    """What a call displayed or returned; `text` is its plain form, `note` says what of it is not shown.

    `data` is, for an ``image``, a data URI (of PNG and JPEG it is in the card's `pictures`, at the index
    `picture`); for ``html``, HTML to be shown only where no script runs and nothing is loaded; for ``rendered``,
    the source of the MIME type `mime`, which the front end may render, or else show `html`; for a ``widget``, the
    id of its model.
    """

    kind: Literal["image", "html", "rendered", "widget", "text"]
    text: str
    data: str = ""
    mime: str = ""
    html: str = ""
    note: str = ""
    picture: int | None = None


class ToolCard(Struct):
    """A tool call as the user sees it; `pictures` are PNG or JPEG in data URIs, `fraction` goes from 0 to 1.

    `read_as` are the arguments as they were read, if the model sent them slightly wrong. A call that asks counts
    as refused after `limit_s` seconds (null is never), of which `seconds_left` were left when the card was sent;
    `by_voice` says that a spoken or typed yes or no answers it, `consent` how the user decided, in words, and
    `always` that the user has allowed all calls of the tool, which can be taken back.
    `printed` and `traceback` have the colours of a terminal. `outputs` are in the order in which they were
    displayed.
    """

    call_id: str
    name: str
    arguments: str
    state: Literal["waiting", "approval", "running", "done", "error"] = "waiting"
    result: str = ""
    error: str = ""
    traceback: str = ""
    printed: str = ""
    note: str = ""
    fraction: float | None = None
    pictures: list[str] = field(default_factory=list)
    seconds: float | None = None
    read_as: str = ""
    limit_s: float | None = None
    seconds_left: float | None = None
    by_voice: bool = False
    consent: str = ""
    always: bool = False
    outputs: list[ShownOutput] = field(default_factory=list)


class ShownImage(Struct, frozen=True):
    """An image of a message: a copy of a few kB as a data URI, or none, and what there is to say of it."""

    thumbnail: str
    text: str


class ShownCard(Struct):
    """An object that was shown to the model: what it is, the user's note, its cost, whether it was forgotten."""

    title: str
    note: str
    tokens: int
    left_out: str
    forgotten: bool


class Entry(Struct):
    """One line of the transcript; of a cut answer `heard_ms` were heard, about `heard_length` characters.

    A `preamble` is what the model says before its answer.
    """

    id: str
    kind: Literal["user", "assistant", "tool", "notice", "error"]
    text: str
    source: Literal["speech", "text", ""] = ""
    state: Literal["in_progress", "completed", "incomplete"] = "completed"
    cut: bool = False
    heard_ms: float | None = None
    heard_length: int | None = None
    preamble: bool = False
    images: list[ShownImage] | UnsetType = UNSET
    tool: ToolCard | UnsetType = UNSET
    shown: ShownCard | UnsetType = UNSET


class Upsert(Message, frozen=True, tag="upsert"):
    """A new or changed entry, to stand right after the entry `after` (first when that is null)."""

    entry: Entry
    after: str | None


class Remove(Message, frozen=True, tag="remove"):
    """An entry that is gone."""

    id: str


TranscriptCommand = Upsert | Remove


class Say(Message, frozen=True, tag="say"):
    """What the user typed."""

    text: str


class Decide(Message, frozen=True, tag="decide"):
    """The user allows, refuses or stops a tool call, or wants to be asked again before those of its tool."""

    call_id: str
    decision: Literal["approve", "always", "deny", "cancel", "ask"]


class Said(Struct, frozen=True):
    """What somebody said, in words."""

    role: Literal["user", "assistant"]
    text: str


class Continue(Message, frozen=True, tag="continue"):
    """The user wants to go on with the talk of a session whose kernel is gone, which the page has kept."""

    said: list[Said]


TranscriptReport = Say | Decide | Continue


# Captions


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


# The reply view; `sound` and `silence` only when no session's player plays it


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


# The lesson


class LessonLine(Struct, frozen=True):
    """What was said, as the class sees it; `who` is empty for the model."""

    id: str
    who: str
    text: str
    growing: bool = False


class AskPrepared(Message, frozen=True, tag="ask"):
    """The teacher asks a prepared question, by its number from 0."""

    number: int


class StopAnswer(Message, frozen=True, tag="stop"):
    """The teacher stops the answer."""


class GiveFloor(Message, frozen=True, tag="floor"):
    """Somebody has the floor, by name; empty if nobody has."""

    name: str


LessonReport = AskPrepared | StopAnswer | GiveFloor


# The camera


class TakePicture(Message, frozen=True, tag="take"):
    """The model wants to look: the page whose camera is on sends a picture with this number."""

    number: int


class CameraOff(Message, frozen=True, tag="off"):
    """The camera goes off."""


CameraCommand = TakePicture | CameraOff


class CameraReport(Message, frozen=True, tag="camera"):
    """The state of a page's camera has changed."""

    page_id: str
    state: Literal["off", "opening", "on", "error"]
    problem: MicrophoneProblem | None = None
    label: str = ""
    width: int = 0
    height: int = 0


class CameraPicture(Message, frozen=True, tag="picture"):
    """A picture of the camera, a JPEG in the buffer; `number` is that of `TakePicture`, 0 if nobody asked."""

    buffer = "picture"

    page_id: str
    width: int
    height: int
    why: Literal["click", "asked", "time", "change"]
    number: int = 0


CameraMessage = CameraReport | CameraPicture


# The review queue


class ReviewSaid(Struct, frozen=True):
    """One entry of the talk before something that was flagged; `flagged` is the one that it is about."""

    role: str
    text: str
    flagged: bool = False


class ReviewJudgement(Struct, frozen=True):
    """What one reviewer decided."""

    reviewer: str
    judgement: Literal["right", "wrong", "unsure"]
    note: str


class ReviewItem(Struct, frozen=True):
    """Something that was flagged; `others` are given once the own judgement is there."""

    id: str
    time: float
    place: str
    check: str
    action: str
    reason: str
    score: float | None
    text: str
    tool: str
    talk: list[ReviewSaid]
    heard: bool
    spoken: bool
    own: ReviewJudgement | None
    others: list[ReviewJudgement]


class ReviewItems(Message, frozen=True, tag="items"):
    """New and changed items; with `whole` there are no others."""

    items: list[ReviewItem]
    whole: bool = False


class ReviewGone(Message, frozen=True, tag="gone"):
    """Items that were forgotten."""

    ids: list[str]


class ReviewAsking(Message, frozen=True, tag="asking"):
    """The tool calls that wait for consent, oldest first."""

    calls: list[ToolCard]


class ReviewSound(Message, frozen=True, tag="sound"):
    """Sound of an item for the page that asked for it, as a WAV file in the buffer."""

    buffer = "sound"

    page_id: str


ReviewCommand = ReviewItems | ReviewGone | ReviewAsking | ReviewSound


class ReviewReady(Message, frozen=True, tag="ready"):
    """A page shows the queue, and knows no items yet."""


class Judge(Message, frozen=True, tag="judge"):
    """The reviewer decides on an item."""

    id: str
    judgement: Literal["right", "wrong", "unsure"]
    note: str


class PlaySide(Message, frozen=True, tag="play"):
    """The reviewer wants to hear the user or the answer."""

    id: str
    side: Literal["heard", "spoken"]
    page_id: str


ReviewReport = ReviewReady | Judge | PlaySide | Decide


# The recorder, the key prompt and the status line


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
    `successor` is the port of the session that replaced this one (empty if none did).
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


class Restart(Message, frozen=True, tag="restart"):
    """The user starts a closed session again, with the talk so far or without it."""

    keep_talk: bool


class TalkHere(Message, frozen=True, tag="talk_here"):
    """The user wants to go on with an earlier session that another one has replaced."""


StatusReport = Restart | TalkHere
