"""Messages of the direct lane: how a page gets onto it, and the port's messages with their numbers.

On the lane each is the JSON header of a frame (`lane/frames.py`), with sound behind it; the numbered ones also go
over the notebook's connection, when the lane is cut.
"""

from __future__ import annotations

from realtime_widgets.widgets.messages.base import Message
from realtime_widgets.widgets.messages.port import PortCommand, PortReport


class LaneAsk(Message, frozen=True, tag="lane_ask"):
    """A page would like to use the direct lane; answered by `lane_offer`. Over the notebook's connection."""

    page_id: str


class LaneOffer(Message, frozen=True, tag="lane_offer"):
    """Where a page finds its kernel, and a token that lets it in once. Over the notebook's connection.

    `lane_id` is for the Jupyter server's relay, empty if that cannot find the kernel; `port` for a page on the
    kernel's own machine.
    """

    page_id: str
    lane_id: str
    port: int
    token: str


class LaneMove(Message, frozen=True, tag="lane_move"):
    """The page's last report without a number: all further ones have one. Over the notebook's connection."""

    page_id: str


class LaneMoved(Message, frozen=True, tag="lane_moved"):
    """The last command without a number for that page. Over the notebook's connection."""

    page_id: str


class LaneJoin(Message, frozen=True, tag="lane_join"):
    """A page shows its token; answered by `lane_welcome`. On the lane."""

    page_id: str
    token: str


class LaneWelcome(Message, frozen=True, tag="lane_welcome"):
    """The page may use the lane. On the lane."""


class LanePing(Message, frozen=True, tag="lane_ping"):
    """Measures the way to the kernel and back; answered by `lane_pong`. On the lane."""

    page_id: str
    count: int


class LanePong(Message, frozen=True, tag="lane_pong"):
    """Answer to a ping. On the lane."""

    count: int


class LaneUse(Message, frozen=True, tag="lane_use"):
    """The page goes on over this lane, after an earlier one was cut. On the lane.

    `round_trip_ms` is the way to the kernel and back, as measured.
    """

    page_id: str
    round_trip_ms: float


class Acknowledged(Message, frozen=True, tag="acknowledged"):
    """The sender has all messages of the other side below number `received`."""

    page_id: str
    received: int


class NumberedCommand(Message, frozen=True, tag="numbered"):
    """A command for one page, with its number from 0 on; `received` as in `Acknowledged`."""

    page_id: str
    number: int
    received: int
    message: PortCommand


class NumberedReport(Message, frozen=True, tag="numbered"):
    """A page's report, with its number from 0 on; `received` as in `Acknowledged`."""

    page_id: str
    number: int
    received: int
    message: PortReport


#: What the kernel sends over the notebook's connection.
CommCommand = PortCommand | LaneOffer | LaneMoved | NumberedCommand | Acknowledged
#: What a page sends over the notebook's connection.
CommReport = PortReport | LaneAsk | LaneMove | NumberedReport | Acknowledged
#: What the kernel sends on the lane.
LaneCommand = LaneWelcome | LanePong | NumberedCommand | Acknowledged
#: What a page sends on the lane.
LaneReport = LaneJoin | LanePing | LaneUse | NumberedReport | Acknowledged
