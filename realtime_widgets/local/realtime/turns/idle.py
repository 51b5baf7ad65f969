"""Tells when the user has been silent for too long after an answer. Pure; times in ms of the session's audio."""

from __future__ import annotations


class IdleWatch:
    """Follows the silence after an answer has been played.

    The session's audio is its clock: a client that sends no audio never times out.

    Attributes
    ----------
    since_ms : float or None
        When the silence began or will begin; None while nothing is awaited.
    """

    def __init__(self) -> None:
        self.since_ms: float | None = None

    def answered(self, now_ms: float, playback_ms: float) -> None:
        """Begin to wait: an answer was sent at `now_ms` and takes `playback_ms` to play."""
        self.since_ms = now_ms + playback_ms

    def stop(self) -> None:
        """Stop waiting: an answer is being made, or turns are no longer detected."""
        self.since_ms = None

    def heard(self, now_ms: float) -> None:
        """Start the wait anew: there was sound until `now_ms`."""
        if self.since_ms is not None:
            self.since_ms = max(self.since_ms, now_ms)

    def over(self, now_ms: float, timeout_ms: int | None) -> float | None:
        """Return when a silence began that has lasted for `timeout_ms`; None if there is none."""
        if timeout_ms is None or self.since_ms is None or now_ms - self.since_ms < timeout_ms:
            return None
        return self.since_ms
