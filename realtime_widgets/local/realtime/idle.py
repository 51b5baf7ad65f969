"""When a person has been silent for too long after an answer. Pure; times in ms of the session's sound."""

from __future__ import annotations


class IdleWatch:
    """Follows the silence after an answer has been played.

    The session's sound is its clock: a client that sends none is not waited for, and one that sends it in real
    time is waited for in real time.

    Attributes
    ----------
    since_ms : float or None
        Where the silence began or will begin; None while nobody is waited for.
    """

    def __init__(self) -> None:
        self.since_ms: float | None = None

    def answered(self, now_ms: float, playback_ms: float) -> None:
        """Begin to wait: an answer was sent at `now_ms` and takes `playback_ms` to play."""
        self.since_ms = now_ms + playback_ms

    def stop(self) -> None:
        """Wait no longer: an answer is being made, or turns are no longer looked for."""
        self.since_ms = None

    def heard(self, now_ms: float) -> None:
        """Begin anew, where somebody is waited for: there was sound until `now_ms`."""
        if self.since_ms is not None:
            self.since_ms = max(self.since_ms, now_ms)

    def over(self, now_ms: float, timeout_ms: int | None) -> float | None:
        """Where a silence began that has lasted for `timeout_ms`; None where none has."""
        if timeout_ms is None or self.since_ms is None or now_ms - self.since_ms < timeout_ms:
            return None
        return self.since_ms
