"""Traces of jitter: when each block of an answer that is spoken in real time is sent. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Trace:
    """How a connection delays the blocks of an answer, each of which is due when its audio has been spoken.

    Attributes
    ----------
    name
        Name for reports.
    up_to_ms
        Largest random delay of a block; delays are distributed uniformly.
    holds_ms, every_ms
        At random times, `every_ms` apart on average, nothing arrives for `holds_ms`, and then everything at once.
    stall_ms, stall_at_ms
        Once, at `stall_at_ms`, nothing arrives for `stall_ms`.
    speed
        Speed of the service relative to real time.
    """

    name: str
    up_to_ms: float = 0.0
    holds_ms: float = 0.0
    every_ms: float = 2000.0
    stall_ms: float = 0.0
    stall_at_ms: float = 1900.0
    speed: float = 1.0

    def arrivals(self, blocks: int, block_ms: float, seed: int) -> tuple[float, ...]:
        """Return when each block is sent, in ms from the begin of the answer; never decreasing, as TCP delivers.

        Parameters
        ----------
        blocks
            Number of blocks.
        block_ms
            Length of a block, in milliseconds.
        seed
            Seed of the random delays; the same seed produces the same delays.
        """
        chance = random.Random(seed)
        due = [number * block_ms / self.speed for number in range(blocks)]
        held = list(self._held(chance, due[-1] if due else 0.0))
        sent, last = [], 0.0
        for at in due:
            late = at + chance.uniform(0, self.up_to_ms)
            last = max(last, late, *(end for begin, end in held if begin <= at < end))
            sent.append(last)
        return tuple(sent)

    def _held(self, chance: random.Random, until: float) -> Iterator[tuple[float, float]]:
        if self.stall_ms:
            yield self.stall_at_ms, self.stall_at_ms + self.stall_ms
        at = 0.0
        while self.holds_ms and at < until:
            at += chance.uniform(0.5, 1.5) * self.every_ms
            yield at, at + self.holds_ms


NONE = Trace("no jitter")
UP_TO_20 = Trace("up to 20 ms", up_to_ms=20)
UP_TO_80 = Trace("up to 80 ms", up_to_ms=80)
UP_TO_200 = Trace("up to 200 ms", up_to_ms=200)
BURSTS = Trace("bursts after 150 ms", holds_ms=150)
STALL = Trace("a stall of 1 s", stall_ms=1000)
TWICE_AS_FAST = Trace("sent twice as fast, up to 80 ms", up_to_ms=80, speed=2.0)
TRACES = (NONE, UP_TO_20, UP_TO_80, UP_TO_200, BURSTS, STALL, TWICE_AS_FAST)
