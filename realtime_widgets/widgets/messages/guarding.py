"""Messages of the camera, the lesson and the review queue."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from realtime_widgets.widgets.messages.base import Message
from realtime_widgets.widgets.messages.port import MicrophoneProblem
from realtime_widgets.widgets.messages.transcript import Decide, ToolCard


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
