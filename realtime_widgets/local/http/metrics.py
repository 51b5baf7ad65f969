"""Statistics of all sessions for Prometheus, and of each session for its log line and `GET /metrics`."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from realtime_widgets.local.http.session_stats import SessionStats

if TYPE_CHECKING:
    from collections.abc import Callable

    Emit = Callable[[dict[str, Any]], None]

logger = logging.getLogger(__name__)

CONTENT_TYPE = CONTENT_TYPE_LATEST
_GAP_BUCKETS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
_PREFIX = "realtime_widgets"


class Metrics:
    """Counts what all sessions do."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._open: dict[int, SessionStats] = {}
        self._numbers = 0
        sessions = Gauge("sessions", "Open sessions", namespace=_PREFIX, registry=registry)
        sessions.set_function(lambda: len(self._open))
        self._begun = Counter("sessions_begun", "Sessions begun", namespace=_PREFIX, registry=registry)
        #: Counter of each statistic of `SessionStats`.
        self._counters = {
            stat: Counter(name, help_text, labels, namespace=_PREFIX, registry=registry)
            for stat, name, help_text, labels in (
                ("turns", "turns", "Turns of users", ()),
                ("speech_seconds", "speech_seconds", "Speech heard", ()),
                ("voice_seconds", "voice_seconds", "Speech sent", ()),
                ("calls", "tool_calls", "Tool calls requested", ()),
                ("responses", "responses", "Responses, by status", ["status"]),
                ("errors", "errors", "Errors sent, by code", ["code"]),
            )
        }
        self._gap = Histogram(
            "answer_gap_seconds",
            "Seconds from the detected end of a turn to the first sound of its answer",
            buckets=_GAP_BUCKETS,
            namespace=_PREFIX,
            registry=registry,
        )

    def begin(self, kind: str) -> CountedSession:
        """Begin to count a session of the given `kind`, such as ``websocket``."""
        self._numbers += 1
        stats = self._open[self._numbers] = SessionStats(time.monotonic())
        self._begun.inc()
        session = CountedSession(self, self._numbers, kind, stats)
        logger.info("session %d begins", session.number, extra={"stats": session.name})
        return session

    def end(self, session: CountedSession) -> None:
        """Stop counting a session and log its statistics; a second call does nothing."""
        if self._open.pop(session.number, None) is None:
            return
        summary = {**session.name, **session.stats.summary(time.monotonic())}
        told = ", ".join(f"{name} {value}" for name, value in summary.items() if name != "session")
        logger.info("session %d ends: %s", session.number, told, extra={"stats": summary})

    def sessions(self) -> list[dict[str, Any]]:
        """Return the statistics of each open session, oldest first."""
        now = time.monotonic()
        return [{"session": number, **stats.summary(now)} for number, stats in self._open.items()]

    def render(self) -> bytes:
        """Return all counts in Prometheus' text format."""
        return generate_latest(self._registry)

    def count(self, stats: SessionStats, event: dict[str, Any]) -> None:
        """Add an event of one session to its statistics and to the counts of all."""
        for stat, amount, label in stats.add(event, time.monotonic()):
            if stat == "gaps":
                self._gap.observe(amount)
            else:
                counter = self._counters[stat]
                (counter if label is None else counter.labels(label)).inc(amount)


@dataclass(frozen=True)
class CountedSession:
    """One session as `Metrics` counts it."""

    metrics: Metrics
    number: int
    kind: str
    stats: SessionStats

    @property
    def name(self) -> dict[str, Any]:
        """What identifies the session in the log."""
        return {"session": self.number, "kind": self.kind}

    def watch(self, emit: Emit) -> Emit:
        """Return a function that counts each server event and then passes it to `emit`."""

        def counted(event: dict[str, Any]) -> None:
            self.metrics.count(self.stats, event)
            emit(event)

        return counted

    def end(self) -> None:
        """Stop counting the session."""
        self.metrics.end(self)
