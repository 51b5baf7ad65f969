"""Messages of the audio port."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

from realtime_widgets.widgets.messages.base import (
    CloseReason,
    InputMode,
    Message,
    MicrophoneState,
    SoundState,
)


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


class SilenceRefused(Message, frozen=True, tag="silence_refused"):
    """The check of an interruption of that page is over without a figure: an answer plays, or begins to."""

    page_id: str


PortCommand = Activate | Configure | Play | End | Clear | CloseMicrophone | Roll | Beat | SilenceRefused


# From the page


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

    `skipped_ms` is sound left out to make up for an underrun: of pauses, and of speech that was played faster.
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
    """State of the page's microphone, what the browser granted, and what happened to the device in mid-talk."""

    page_id: str
    state: MicrophoneState
    muted: bool = False
    reason: CloseReason = ""
    problem: MicrophoneProblem | UnsetType = UNSET
    settings: dict[str, Any] | UnsetType = UNSET
    notice: str | UnsetType = UNSET


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


class CheckSilence(Message, frozen=True, tag="check_silence"):
    """Play a test tone as an answer is played, or interrupt it as an answer is interrupted."""

    page_id: str
    step: Literal["tone", "cut"]


PortReport = (
    Hello | Here | Bye | Claim | Audio | MicrophoneReport | Playback | Cleared | Interrupt | Talk | CheckSilence
)
