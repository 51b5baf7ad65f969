"""The endpoint's numbers: of all sessions for Prometheus, of each session for its log line and `GET /health`."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from realtime_widgets.local.figures import SessionFigures

if TYPE_CHECKING:
    from collections.abc import Callable

    Emit = Callable[[dict[str, Any]], None]

logger = logging.getLogger(__name__)

CONTENT_TYPE = CONTENT_TYPE_LATEST
_GAP_BUCKETS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
_PREFIX = "realtime_widgets"


class Metrics:
    """Counts what all sessions do.

    Parameters
    ----------
    clock
        Seconds, monotonic.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._registry = registry = CollectorRegistry()
        self._open: dict[int, SessionFigures] = {}
        self._numbers = 0
        sessions = Gauge("sessions", "Sessions that are open", namespace=_PREFIX, registry=registry)
        sessions.set_function(lambda: len(self._open))
        self._begun = Counter("sessions_begun", "Sessions that were begun", namespace=_PREFIX, registry=registry)
        #: What is told of each figure of `SessionFigures`, and the label it is kept by.
        self._counters = {
            figure: Counter(name, help_text, labels, namespace=_PREFIX, registry=registry)
            for figure, name, help_text, labels in (
                ("turns", "turns", "Turns of users", ()),
                ("speech_seconds", "speech_seconds", "Speech heard", ()),
                ("voice_seconds", "voice_seconds", "Speech sent", ()),
                ("calls", "tool_calls", "Tool calls asked for", ()),
                ("responses", "responses", "Responses by how they ended", ["status"]),
                ("errors", "errors", "Errors told, by code", ["code"]),
            )
        }
        self._gap = Histogram(
            "answer_gap_seconds",
            "From the end of a turn, as it was noticed, to the first sound of its answer",
            buckets=_GAP_BUCKETS,
            namespace=_PREFIX,
            registry=registry,
        )

    def begin(self, kind: str) -> CountedSession:
        """Count a session from now on; `kind` says how it came."""
        self._numbers += 1
        figures = self._open[self._numbers] = SessionFigures(self._clock())
        self._begun.inc()
        session = CountedSession(self, self._numbers, kind, figures)
        logger.info("session %d begins", session.number, extra={"figures": session.name})
        return session

    def end(self, session: CountedSession) -> None:
        """Count a session no more, and log its numbers; harmless the second time."""
        if self._open.pop(session.number, None) is None:
            return
        summary = {**session.name, **session.figures.summary(self._clock())}
        told = ", ".join(f"{name} {value}" for name, value in summary.items() if name != "session")
        logger.info("session %d ends: %s", session.number, told, extra={"figures": summary})

    def sessions(self) -> list[dict[str, Any]]:
        """Numbers of each session that is open, oldest first."""
        now = self._clock()
        return [{"session": number, **figures.summary(now)} for number, figures in self._open.items()]

    def render(self) -> bytes:
        """Return all counts in Prometheus' text format."""
        return generate_latest(self._registry)

    def count(self, figures: SessionFigures, event: dict[str, Any]) -> None:
        """Add an event of one session to its figures and to the counts of all."""
        for figure, amount, label in figures.sent(event, self._clock()):
            if figure == "gaps":
                self._gap.observe(amount)
            else:
                counter = self._counters[figure]
                (counter if label is None else counter.labels(label)).inc(amount)


@dataclass(frozen=True)
class CountedSession:
    """One session as `Metrics` counts it."""

    metrics: Metrics
    number: int
    kind: str
    figures: SessionFigures

    @property
    def name(self) -> dict[str, Any]:
        """What tells it from the others in the log."""
        return {"session": self.number, "kind": self.kind}

    def watch(self, emit: Emit) -> Emit:
        """Put the counting into the way of the session's server events."""

        def counted(event: dict[str, Any]) -> None:
            self.metrics.count(self.figures, event)
            emit(event)

        return counted

    def end(self) -> None:
        """The session is over."""
        self.metrics.end(self)
