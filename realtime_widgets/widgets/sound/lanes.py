"""The direct lanes of one port's pages: which page has one, and the numbered messages that go over it.

A page without a lane, or whose lane was cut, is reached over the notebook's connection (the comm). On the I/O
thread only. Twin of `js/src/audio/lane/laned.ts`.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import msgspec

from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.lane.channel import NumberedChannel
from realtime_widgets.lane.server import lane_server
from realtime_widgets.widgets import messages as msg

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.concurrency.clock import Clock, Timer
    from realtime_widgets.lane.channel import Sent
    from realtime_widgets.lane.server import LaneConnection

#: How long the word that a message has come may wait for a command that carries it, in seconds.
ACKNOWLEDGE_S = 0.2
#: A lane on which nothing is acknowledged for this long is given up, in seconds.
STALLED_S = 5.0

log = logging.getLogger(__name__)


class PageLanes:
    """Sends to pages and hears them, over the lane or the comm, each message once and in order.

    Parameters
    ----------
    clock
        The session's clock.
    comm
        Sends a message over the notebook's connection.
    report
        Called with each report of a page that has numbered it, and its buffers.
    changed
        Called with the id of a page that got a lane or lost it.
    misfit
        Called with what is wrong with a frame that cannot be read.
    """

    def __init__(
        self,
        clock: Clock,
        comm: Callable[[msg.Message, list[bytes] | None], None],
        report: Callable[[msg.PortReport, list[Any]], None],
        changed: Callable[[str], None],
        misfit: Callable[[str], None],
    ) -> None:
        self._clock = clock
        self.comm, self.changed, self.misfit = comm, changed, misfit
        self._report = report
        self._pages: dict[str, _PageChannel] = {}
        #: Connections of pages that have joined and do not use them so far.
        self._joined: dict[str, _Lane] = {}
        self._offering: set[asyncio.Task[None]] = set()

    @property
    def numbered(self) -> frozenset[str]:
        """Pages whose messages are numbered: they ignore what the kernel says to all pages over the comm."""
        return frozenset(self._pages)

    def round_trip_ms(self, page_id: str | None) -> float | None:
        """Return the measured way to a page and back over its lane, in milliseconds; None if it has none."""
        page = self._pages.get(page_id or "")
        return page.lane.round_trip_ms if page and page.lane else None

    def send(self, page_id: str, command: msg.PortCommand, buffers: list[bytes] | None = None) -> bool:
        """Send a command to a page; return False if its messages are not numbered."""
        page = self._pages.get(page_id)
        if page is not None:
            page.send(command, buffers[0] if buffers else b"")
        return page is not None

    def send_all(self, command: msg.PortCommand) -> None:
        """Send a command to every page whose messages are numbered."""
        for page in self._pages.values():
            page.send(command, b"")

    def hear(self, report: msg.CommReport, buffers: list[Any]) -> None:
        """Handle what a page says about its lane, and its numbered reports, over the comm."""
        match report:
            case msg.LaneAsk(page_id):
                task = asyncio.ensure_future(self._offer(page_id))
                self._offering.add(task)
                task.add_done_callback(self._offering.discard)
            case msg.LaneMove(page_id):
                self._move(page_id)
            case msg.NumberedReport() | msg.Acknowledged():
                if page := self._pages.get(report.page_id):
                    page.hear(report, bytes(buffers[0]) if buffers else b"")

    def deliver(self, report: msg.PortReport, payload: bytes) -> None:
        """Handle a numbered report whose turn it is."""
        if report.buffer and not payload:
            return self.misfit(f"{type(report).__name__} came without its {report.buffer}")
        try:
            self._report(report, [payload] if payload else [])
        except Exception:  # the lane goes on, as the comm does
            log.exception("a %s of a page could not be handled", type(report).__name__)

    def forget(self, page_id: str) -> None:
        """Begin afresh with a page that was loaded again, or is gone: its messages have no numbers any more."""
        if page := self._pages.pop(page_id, None):
            page.close()

    def close(self) -> None:
        """Cut all lanes: the session is gone."""
        for page_id in list(self._pages):
            self.forget(page_id)
        for lane in self._joined.values():
            lane.close()
        self._joined.clear()

    def check(self) -> None:
        """Give up lanes on which nothing is acknowledged."""
        for page in list(self._pages.values()):
            if page.lane and page.channel.unanswered_s(self._clock.time()) > STALLED_S:
                page.lane.close()
                self.cut(page.lane)

    async def _offer(self, page_id: str) -> None:
        try:
            server = await lane_server(shared_engine())
        except OSError as error:
            return log.warning("there is no direct lane: no port of this machine can be had: %s", error)
        token = server.offer(lambda connection: _Lane(self, page_id, connection))
        self.comm(msg.LaneOffer(page_id, server.lane_id, server.port, token), None)

    def _move(self, page_id: str) -> None:
        """Number everything from now on: the page has sent its last report without a number."""
        page = self._pages[page_id] = _PageChannel(self, page_id, self._clock)
        self.comm(msg.LaneMoved(page_id), None)
        if lane := self._joined.get(page_id):
            early, lane.early = lane.early, []
            for report, payload in early:
                page.hear(report, payload)
            if lane.round_trip_ms is not None:  # else the page's word that it uses the lane is still to come
                self.use(lane)

    def joined(self, lane: _Lane) -> None:
        """Note a connection that its page has not begun to use."""
        self._joined[lane.page_id] = lane

    def use(self, lane: _Lane) -> None:
        """Go on over this lane."""
        if page := self._pages.get(lane.page_id):
            self._joined.pop(lane.page_id, None)
            page.use(lane)

    def arrived(self, lane: _Lane, report: msg.NumberedReport | msg.Acknowledged, payload: bytes) -> None:
        """Handle a numbered report of the lane; before the page has moved it waits."""
        if page := self._pages.get(lane.page_id):
            page.hear(report, payload)
        else:
            lane.early.append((report, payload))

    def cut(self, lane: _Lane) -> None:
        """Go on over the comm, with what was not acknowledged first."""
        if self._joined.get(lane.page_id) is lane:
            del self._joined[lane.page_id]
        page = self._pages.get(lane.page_id)
        if page is not None and page.lane is lane:
            page.use(None)


class _PageChannel:
    """One page whose messages are numbered, and the lane that it has at the moment."""

    def __init__(self, lanes: PageLanes, page_id: str, clock: Clock) -> None:
        self.channel: NumberedChannel[msg.PortCommand, msg.PortReport] = NumberedChannel()
        self.lane: _Lane | None = None
        self._lanes, self._page_id, self._clock = lanes, page_id, clock
        #: Runs while the page has to be told what has come.
        self._acknowledging: Timer | None = None

    def send(self, command: msg.PortCommand, payload: bytes) -> None:
        self._pass(self.channel.send(command, payload, self._clock.time()))

    def use(self, lane: _Lane | None) -> None:
        before, self.lane = self.lane, lane
        if before is not None and before is not lane:
            before.close()
        for sent in self.channel.resend(self._clock.time()):
            self._pass(sent)
        self._lanes.changed(self._page_id)

    def hear(self, report: msg.NumberedReport | msg.Acknowledged, payload: bytes) -> None:
        self.channel.acknowledge(report.received)
        if isinstance(report, msg.Acknowledged):
            return
        now = self._clock.time()
        if self._acknowledging is None:
            self._acknowledging = self._clock.call_later(ACKNOWLEDGE_S, self._acknowledge)
        for message, sound in self.channel.receive(report.number, report.message, payload, now):
            self._lanes.deliver(message, sound)

    def close(self) -> None:
        self._told()
        if self.lane is not None:
            self.lane.close()

    def _acknowledge(self) -> None:
        self._acknowledging = None
        word = msg.Acknowledged(self._page_id, self.channel.received)
        if self.lane:
            self.lane.send(word)
        else:
            self._lanes.comm(word, None)

    def _pass(self, sent: Sent[msg.PortCommand]) -> None:
        self._told()
        numbered = msg.NumberedCommand(self._page_id, sent.number, self.channel.received, sent.message)
        if self.lane:
            self.lane.send(numbered, sent.payload)
        else:
            self._lanes.comm(numbered, [sent.payload] if sent.payload else None)

    def _told(self) -> None:
        if self._acknowledging is not None:
            self._acknowledging.cancel()
            self._acknowledging = None


class _Lane:
    """A page's connection, from its token on; the `LaneUser` of the server."""

    def __init__(self, lanes: PageLanes, page_id: str, connection: LaneConnection) -> None:
        self.page_id = page_id
        self.round_trip_ms: float | None = None
        #: Numbered reports that came before the page's word that it has moved, which goes over the comm.
        self.early: list[tuple[msg.NumberedReport | msg.Acknowledged, bytes]] = []
        self._lanes, self._connection = lanes, connection
        self._decode = msgspec.json.Decoder(msg.LaneReport).decode

    def arrived(self, header: bytes, payload: bytes) -> None:
        try:
            report = self._decode(header)
        except msgspec.MsgspecError as error:
            return self._lanes.misfit(str(error))
        if report.page_id != self.page_id:
            raise ValueError("a page speaks for another one")
        match report:
            case msg.LaneJoin():
                self._lanes.joined(self)
                self.send(msg.LaneWelcome())
            case msg.LanePing():
                self.send(msg.LanePong(report.count))
            case msg.LaneUse():
                self.round_trip_ms = report.round_trip_ms
                self._lanes.use(self)
            case _:
                self._lanes.arrived(self, report, payload)

    def closed(self) -> None:
        self._lanes.cut(self)

    def send(self, message: msg.LaneCommand, payload: bytes = b"") -> None:
        self._connection.send(msgspec.json.encode(message), payload)

    def close(self) -> None:
        self._connection.close()
