"""Messages of a replay; times are seconds since the recording began."""

from __future__ import annotations

from msgspec import Struct

from realtime_widgets.widgets.messages.base import Message
from realtime_widgets.widgets.messages.insight import TurnDetail
from realtime_widgets.widgets.messages.transcript import Entry, MathModule, NeedMath


class ReplayStep(Struct, frozen=True):
    """A line as it is from `at` on, right after the line `after` (first when that is null); null is gone."""

    at: float
    id: str
    entry: Entry | None
    after: str | None


class ReplayTurn(Struct, frozen=True):
    """Where the time of a turn went that began at `at`."""

    at: float
    detail: TurnDetail


class ReplayScript(Message, frozen=True, tag="script"):
    """How the talk went, for the page that asked for it."""

    page_id: str
    steps: list[ReplayStep]
    turns: list[ReplayTurn]


class ReplaySound(Message, frozen=True, tag="sound"):
    """A piece of the sound of both sides, as a FLAC file in the buffer, for the page that asked for it."""

    buffer = "sound"

    page_id: str
    index: int


class ReplayFailed(Message, frozen=True, tag="failed"):
    """The sound cannot be read."""

    page_id: str
    text: str


class ReplayCells(Message, frozen=True, tag="cells"):
    """The talk as cells of a notebook, as JSON in the format of its file, for the page that asked for them."""

    page_id: str
    text: str


ReplayCommand = ReplayScript | ReplaySound | ReplayCells | ReplayFailed | MathModule


class OpenReplay(Message, frozen=True, tag="open"):
    """A page shows the recording, and wants to know how it went."""

    page_id: str


class WantSound(Message, frozen=True, tag="want"):
    """A page plays, and needs a piece of the sound."""

    page_id: str
    index: int


class WantCells(Message, frozen=True, tag="want_cells"):
    """The user wants the talk as cells below."""

    page_id: str


ReplayReport = OpenReplay | WantSound | WantCells | NeedMath


class InsertCells(Message, frozen=True, tag="insert"):
    """Insert cells, as JSON in the format of a notebook's file, below a cell; for the page that it names."""

    page_id: str
    cell_id: str
    text: str


class CanInsert(Message, frozen=True, tag="can_insert"):
    """Whether the page can insert cells into the notebook."""

    page_id: str
    takes: bool


class CellsInserted(Message, frozen=True, tag="inserted"):
    """The cells are in the notebook."""

    page_id: str


InsertReport = CanInsert | CellsInserted
