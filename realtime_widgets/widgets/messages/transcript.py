"""Messages of the transcript."""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, Struct, UnsetType, field

from realtime_widgets.widgets.messages.base import Message
from realtime_widgets.widgets.messages.insight import ShowPanel


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


class AgainCard(Struct, frozen=True):
    """A call that the user made by hand in place of one of the model's; `given`: the model has its result."""

    number: int
    arguments: str
    result: str
    error: str
    seconds: float | None
    given: bool


class ToolCard(Struct):
    """A tool call as the user sees it; `pictures` are PNG or JPEG in data URIs, `fraction` goes from 0 to 1.

    `read_as` are the arguments as they were read, if the model sent them slightly wrong. A call that asks counts
    as refused after `limit_s` seconds (null is never), of which `seconds_left` were left when the card was sent;
    `by_voice` says that a spoken or typed yes or no answers it, `consent` how the user decided, in words, and
    `always` that the user has allowed all calls of the tool, which can be taken back.
    `printed` and `traceback` have the colours of a terminal. `outputs` are in the order in which they were
    displayed. `version` is the one of the tool that ran, `change` what was different to the one before, `place`
    the line of the cell that failed, `beside` which of several calls at once it is, `again` are calls by hand.
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
    version: int | None = None
    change: str = ""
    place: str = ""
    beside: str = ""
    again: list[AgainCard] = field(default_factory=list)


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

    A `preamble` is what the model says before its answer. On an answer `delay` says how many seconds the user
    waited for it, and `turn` is the number of its turn in the timeline. `at` is when it began, in seconds since
    1970. `sound` says that it can be heard again, `sound_gone` that its sound is not kept any more, `edited` that
    the user has put other words in its place.
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
    delay: float | None = None
    turn: int | None = None
    at: float | None = None
    sound: bool = False
    sound_gone: bool = False
    edited: bool = False


class Upsert(Message, frozen=True, tag="upsert"):
    """A new or changed entry, to stand right after the entry `after` (first when that is null)."""

    entry: Entry
    after: str | None


class Remove(Message, frozen=True, tag="remove"):
    """An entry that is gone."""

    id: str


class MathModule(Message, frozen=True, tag="math"):
    """The module that draws formulas, in the buffer."""

    buffer = "module"


TranscriptCommand = Upsert | Remove | MathModule


class Say(Message, frozen=True, tag="say"):
    """What the user typed."""

    text: str


class Decide(Message, frozen=True, tag="decide"):
    """The user allows, refuses or stops a tool call, or wants to be asked again before those of its tool."""

    call_id: str
    decision: Literal["approve", "always", "deny", "cancel", "ask"]


class SayImages(Message, frozen=True, tag="say_images"):
    """What the user typed, which may be nothing, with images as files in the buffers."""

    buffer = "images"

    text: str


class PlayEntry(Message, frozen=True, tag="play_entry"):
    """The user wants to hear an entry again."""

    id: str


class DeleteEntry(Message, frozen=True, tag="delete_entry"):
    """The user takes an entry out of the talk."""

    id: str


class EditEntry(Message, frozen=True, tag="edit_entry"):
    """The user puts other words in the place of an entry."""

    id: str
    text: str


class NeedMath(Message, frozen=True, tag="math"):
    """A page shows a formula, and wants the module that draws it."""


class RunAgain(Message, frozen=True, tag="run_again"):
    """The user runs a call again by hand; `arguments` is JSON text."""

    call_id: str
    name: str
    arguments: str


class GiveResult(Message, frozen=True, tag="give_result"):
    """The model shall have the result of a call by hand in place of the one that it has."""

    number: int


class NewTalk(Message, frozen=True, tag="new_talk"):
    """The user wants to begin from the beginning."""


class Said(Struct, frozen=True):
    """What somebody said, in words."""

    role: Literal["user", "assistant"]
    text: str


class Continue(Message, frozen=True, tag="continue"):
    """The user wants to go on with the talk of a session whose kernel is gone, which the page has kept."""

    said: list[Said]


TranscriptReport = (
    Say
    | SayImages
    | PlayEntry
    | DeleteEntry
    | EditEntry
    | NewTalk
    | NeedMath
    | RunAgain
    | GiveResult
    | Decide
    | Continue
    | ShowPanel
)
