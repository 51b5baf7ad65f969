"""Messages of the panel with time, events, money, tools and settings; times are in seconds of the session."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from realtime_widgets.widgets.messages.base import Message

InsightTab = Literal["time", "events", "money", "tools", "settings"]


class EventRow(Struct, frozen=True):
    """An event, or `count` of a kind in a row (sound); `size` is in bytes, `turn` the number of its turn."""

    number: int
    at: float
    sender: Literal["client", "server"]
    name: str
    size: int
    count: int = 1
    turn: int | None = None
    note: str = ""


class EventRows(Message, frozen=True, tag="events"):
    """New and changed events; with `whole` there are no others."""

    rows: list[EventRow]
    whole: bool = False


class EventPayload(Message, frozen=True, tag="payload"):
    """What an event said, as JSON; sound and images stand as their length in bytes."""

    number: int
    text: str


class EventsFound(Message, frozen=True, tag="found"):
    """Events in which all words of a text stand, among those from `since` up to `until`."""

    page_id: str
    text: str
    rows: list[EventRow]
    since: int
    until: int


class TestText(Message, frozen=True, tag="test"):
    """The talk as a test: a file of Python."""

    text: str


class ShownTurn(Struct, frozen=True):
    """A turn in the list; `delay` is what the user waited for its first sound or words, in seconds."""

    number: int
    question: str
    answer: str
    delay: float | None
    interrupted: bool


class TurnRows(Message, frozen=True, tag="turns"):
    """New and changed turns."""

    turns: list[ShownTurn]


class ShownSpan(Struct, frozen=True):
    """Something that took time, in seconds after the user had finished."""

    name: str
    begin: float
    end: float
    label: str


class ShownMark(Struct, frozen=True):
    """Something that happened, in seconds after the user had finished."""

    name: str
    at: float


class ShownWave(Struct, frozen=True):
    """A waveform: peaks of 0 to 255, each of `step` seconds, from `begin` on."""

    begin: float
    step: float
    peaks: list[int]


class TurnDetail(Message, frozen=True, tag="turn"):
    """Where the time of one turn went."""

    number: int
    question: str
    delay: float | None
    heard: bool
    interrupted: bool
    spans: list[ShownSpan]
    marks: list[ShownMark]
    user: list[ShownWave]
    voice: list[ShownWave]


class MoneyLine(Struct, frozen=True):
    """One kind of use: how much of it, and what it cost (empty if that is not known)."""

    what: str
    quantity: str
    amount: str


class MoneyTurn(Struct, frozen=True):
    """What one turn used."""

    question: str
    tokens: int
    amount: str


class ShownLimit(Struct, frozen=True):
    """Something that can be used up: the share that is used (0 to 1), and the same in words."""

    name: str
    share: float
    text: str


class Money(Message, frozen=True, tag="money"):
    """What was used, by kind and by turn, and what is left."""

    total: str
    prices: str
    lines: list[MoneyLine]
    turns: list[MoneyTurn]
    limits: list[ShownLimit]


class Health(Message, frozen=True, tag="health"):
    """How the sound's way is: the player's queue and counters, lost messages of sound, and the running cell.

    `queued_ms` is None if no page plays. `lane_ms` is the way to the page that sounds and back on the direct lane,
    None if its sound goes over the notebook's connection. `cell_s` says for how long a cell has been running,
    `heard` whether the kernel hears the page meanwhile.
    """

    queued_ms: float | None
    startup_ms: float
    underruns: int
    dropped: int
    lost: int
    lane_ms: float | None
    cell_s: float
    heard: bool


class Pong(Message, frozen=True, tag="pong"):
    """The answer to a `Ping`."""

    page_id: str
    number: int


class ToolRow(Struct, frozen=True):
    """A tool: `parameters` is the JSON schema of its arguments, `change` what was new when it was replaced."""

    name: str
    signature: str
    description: str
    parameters: str
    enabled: bool
    version: int
    origin: str
    asks: bool
    refused: str
    change: str


class ToolRows(Message, frozen=True, tag="tools"):
    """All tools."""

    tools: list[ToolRow]


class Tried(Message, frozen=True, tag="tried"):
    """How a call by hand goes; `seconds` is None while it runs."""

    number: int
    name: str
    output: str
    error: str
    printed: str
    traceback: str
    seconds: float | None


class ShownSettings(Message, frozen=True, tag="settings"):
    """The settings in effect, and what of them the service can change.

    `reasoning` and `turn_detection` are empty if they have a shape of their own; `voice_fixed` says why the voice
    cannot change.
    """

    voice: str
    voices: list[str]
    voice_fixed: str
    speed: float
    slowest: float
    fastest: float
    instructions: str
    turn_detection: str
    detections: list[str]
    language: str
    transcribes: bool
    reasoning: str
    efforts: list[str]
    max_output_tokens: str
    limits_output: bool
    text_only: bool
    writes: bool


class SettingsAnswer(Message, frozen=True, tag="answer"):
    """What became of a change: empty if it is in effect, else why it is not."""

    names: list[str]
    problem: str


class SessionCode(Message, frozen=True, tag="code"):
    """The cell that makes this session."""

    text: str


InsightCommand = (
    EventRows
    | EventPayload
    | EventsFound
    | TestText
    | TurnRows
    | TurnDetail
    | Money
    | Health
    | Pong
    | ToolRows
    | Tried
    | ShownSettings
    | SettingsAnswer
    | SessionCode
)


class WatchTab(Message, frozen=True, tag="watch"):
    """A page shows this part now, and knows nothing of it yet; an empty one if it shows none."""

    page_id: str
    tab: Literal["time", "events", "money", "tools", "settings", ""]


class AskTurn(Message, frozen=True, tag="turn"):
    """A page wants to see a turn."""

    number: int


class AskPayload(Message, frozen=True, tag="payload"):
    """A page wants to read an event."""

    number: int


class SearchEvents(Message, frozen=True, tag="search"):
    """A page looks for words in all that the events say, from the event of a number on."""

    page_id: str
    text: str
    since: int


class AskTest(Message, frozen=True, tag="test"):
    """A page wants the talk as a test."""


class Ping(Message, frozen=True, tag="ping"):
    """A page measures the way to the kernel and back."""

    page_id: str
    number: int


class ClosePanel(Message, frozen=True, tag="close"):
    """The user closes the panel."""


class SwitchTool(Message, frozen=True, tag="switch"):
    """The user switches a tool on or off for the model."""

    name: str
    on: bool


class TryTool(Message, frozen=True, tag="try"):
    """The user calls a tool by hand; `arguments` is JSON text."""

    name: str
    arguments: str


class ChangeSettings(Message, frozen=True, tag="change"):
    """The user changes settings, by their names in `RealtimeSession.update`."""

    changes: dict[str, Any]


class AskCode(Message, frozen=True, tag="code"):
    """A page wants the cell that makes this session."""


InsightReport = (
    WatchTab
    | AskTurn
    | AskPayload
    | SearchEvents
    | AskTest
    | Ping
    | ClosePanel
    | SwitchTool
    | TryTool
    | ChangeSettings
    | AskCode
)


class ShowPanel(Message, frozen=True, tag="show_panel"):
    """The user wants to see the panel, at this part, and at this turn if one is named."""

    tab: InsightTab
    turn: int | None = None
