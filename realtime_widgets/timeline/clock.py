"""When each sample of a stream was captured or played, from reports that come late by more or less. Pure."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

#: A report that is later than this beyond the one before means that the stream paused, in seconds.
PAUSE_S = 0.25


@dataclass
class _Run:
    """An unbroken stretch of a stream: the number of its first sample, and when that was, in seconds."""

    first: int
    begin: float


class SampleClock:
    """Places the samples of a stream in time.

    A report says that by now so many samples have passed. Reports come late, each by a different delay, and never
    early; so the earliest of a stretch, with the length of its samples taken off, says best when it began. What
    all reports are late by cannot be seen here.

    Parameters
    ----------
    rate
        Samples a second.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._runs: list[_Run] = []
        self.samples = 0

    def report(self, at: float, samples: int, since: float | None = None) -> None:
        """Note that at the time `at` (in seconds) `samples` samples have passed in all.

        Parameters
        ----------
        at
            When the report came.
        samples
            Samples so far; a number that does not grow says nothing.
        since
            A time before which the samples after the last report cannot have passed.
        """
        before, new = self.samples, samples - self.samples
        if new <= 0:
            return
        self.samples = samples
        earliest = at - new / self._rate
        if not self._runs or earliest > self.time_of(before) + PAUSE_S:
            begin = earliest if since is None else max(earliest, since)
            self._runs.append(_Run(before, begin))
            return
        run = self._runs[-1]
        begin = at - (samples - run.first) / self._rate
        if begin < run.begin:
            run.begin = begin if since is None else max(begin, since)

    def time_of(self, sample: int) -> float:
        """Return when a sample was, in seconds; 0 before any report."""
        if not self._runs:
            return 0.0
        run = self._runs[max(0, bisect_right(self._runs, sample, key=lambda each: each.first) - 1)]
        return run.begin + (sample - run.first) / self._rate

    def end_of(self, sample: int) -> float:
        """Return when the sample before `sample` was over: before the pause, if one begins there."""
        return self.time_of(sample - 1) + 1 / self._rate if sample > 0 else self.time_of(0)

    def runs(self, first: int, last: int) -> list[tuple[int, int, float]]:
        """Return the unbroken stretches from `first` up to `last`: first and last sample, and when it began."""
        found = []
        for number, run in enumerate(self._runs):
            over = self._runs[number + 1].first if number + 1 < len(self._runs) else self.samples
            begin, end = max(first, run.first), min(last, over)
            if begin < end:
                found.append((begin, end, self.time_of(begin)))
        return found
