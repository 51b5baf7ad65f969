"""Numbered messages to one page and from it, over whichever connection lives at the moment. Pure.

What was not acknowledged is sent again when the connection changes, and what comes twice is dropped: a switch in
mid-sentence loses nothing and repeats nothing. Twin of `js/src/audio/lane/channel.ts`.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

#: A message that has not come for this long is given up, and the later ones are delivered, in seconds.
GAP_S = 2.0
#: How much is kept to be sent again, in bytes of sound: 40 s of PCM16 at 24 kHz.
KEPT_BYTES = 40 * 48_000
#: How many messages are kept, or wait for an earlier one.
KEPT_MESSAGES = 4000

Out = TypeVar("Out")
In = TypeVar("In")


@dataclass(frozen=True)
class Sent(Generic[Out]):
    """A message that was sent and not acknowledged so far."""

    number: int
    message: Out
    payload: bytes
    sent_at: float


class NumberedChannel(Generic[Out, In]):
    """Both directions of one page's messages."""

    def __init__(self) -> None:
        self._next = 0
        self._kept: deque[Sent[Out]] = deque()
        self._kept_bytes = 0
        self._expected = 0
        self._early: dict[int, tuple[In, bytes]] = {}
        self._gap_since = 0.0

    @property
    def received(self) -> int:
        """How many messages of the other side have come without a gap: what it need not keep."""
        return self._expected

    def send(self, message: Out, payload: bytes, now: float) -> Sent[Out]:
        """Number a message and keep it until it is acknowledged."""
        sent = Sent(self._next, message, payload, now)
        self._next += 1
        self._kept.append(sent)
        self._kept_bytes += len(payload)
        while self._kept_bytes > KEPT_BYTES or len(self._kept) > KEPT_MESSAGES:
            self._forget()
        return sent

    def acknowledge(self, received: int) -> None:
        """Forget what the other side has: every message below that number."""
        while self._kept and self._kept[0].number < received:
            self._forget()

    def resend(self, now: float) -> list[Sent[Out]]:
        """Return what was not acknowledged, to be sent over another connection."""
        self._kept = deque(replace(each, sent_at=now) for each in self._kept)
        return list(self._kept)

    def unanswered_s(self, now: float) -> float:
        """Return for how long the oldest message has waited for its acknowledgement, in seconds."""
        return now - self._kept[0].sent_at if self._kept else 0.0

    def receive(self, number: int, message: In, payload: bytes, now: float) -> list[tuple[In, bytes]]:
        """Apply a message, and return what can be delivered now, in order and each once."""
        if number < self._expected or number in self._early:
            return []
        if not self._early:
            self._gap_since = now
        self._early[number] = (message, payload)
        if self._expected not in self._early and (
            now - self._gap_since > GAP_S or len(self._early) > KEPT_MESSAGES
        ):
            self._expected = min(self._early)
        ready = []
        while self._expected in self._early:
            ready.append(self._early.pop(self._expected))
            self._expected += 1
        if ready:
            self._gap_since = now
        return ready

    def _forget(self) -> None:
        self._kept_bytes -= len(self._kept.popleft().payload)
