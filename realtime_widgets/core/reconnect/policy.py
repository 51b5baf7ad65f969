"""Whether a lost connection is tried again, and when; when a session is handed over before its end. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from realtime_widgets.errors import ConnectionFailedError

#: Close codes after which a new session may do: gone away, lost, server trouble, restart, overload.
RECOVERABLE_CODES = frozenset({1001, 1006, 1011, 1012, 1013})
#: Answers to the handshake that may be others in a moment.
RECOVERABLE_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})
#: The service's error code at the end of a session's time; the close code after it may be any.
SESSION_EXPIRED = "session_expired"
#: Times that a turn is asked for again whose connection was lost while it was being answered: each is paid.
REPEATS = 3


@dataclass(frozen=True)
class ReconnectPolicy:
    """How long and how often a lost connection is tried again.

    Attributes
    ----------
    limit_s
        Seconds after the loss in which attempts begin; 0 for never.
    first_delay_s, longest_delay_s
        Wait before the second attempt, which doubles with each further one, and its bound. The first
        attempt comes at once.
    stable_s
        Seconds that a connection has to last, unless an answer is completed before: after one that is lost earlier
        the waits go on growing.
    losses
        Connections in a row that may be lost so early.
    repeats
        Times that a turn is asked for again whose connection was lost while it was being answered.
    """

    limit_s: float = 60.0
    first_delay_s: float = 0.5
    longest_delay_s: float = 8.0
    stable_s: float = 10.0
    losses: int = 10
    repeats: int = REPEATS

    def recoverable(self, error: ConnectionFailedError, expired: bool, embedded: bool) -> bool:
        """Whether to try again after the loss of an open connection.

        Parameters
        ----------
        error
            How it was lost.
        expired
            Whether the service said that the session's time is over.
        embedded
            Whether the server is the session's own child process: connections over loopback are not lost, so
            a lost one means that the process, and with it the conversation, is gone.
        """
        if self.limit_s <= 0 or (embedded and error.close_code == 1006):
            return False
        return expired or error.close_code in RECOVERABLE_CODES

    def retriable(self, error: ConnectionFailedError, embedded: bool = False) -> bool:
        """Whether an attempt that failed may succeed later: not if the endpoint refuses us, or is gone."""
        if error.unreachable:
            return not embedded
        return error.http_status in RECOVERABLE_STATUS or error.close_code in RECOVERABLE_CODES

    def delay_s(self, attempt: int, elapsed_s: float, chance: float) -> float | None:
        """Return the wait before an attempt, None if it is given up.

        Parameters
        ----------
        attempt
            0 for the first one.
        elapsed_s
            Since the loss.
        chance
            A random number in [0, 1): half of the wait is left to it, so that many sessions that were
            lost at once do not come back at once.
        """
        if attempt == 0:
            return 0.0
        delay = min(self.longest_delay_s, self.first_delay_s * 2.0 ** min(attempt - 1, 30)) * (0.5 + chance / 2)
        return delay if elapsed_s + delay <= self.limit_s else None


@dataclass(frozen=True)
class HandOver:
    """When a session moves to a new connection before the service ends it.

    Attributes
    ----------
    window_s
        Seconds before the end from which on the session waits for a quiet moment.
    latest_s
        Seconds before the end at which the session moves even during speech.
    """

    window_s: float = 180.0
    latest_s: float = 10.0

    def within(self, lifetime_s: float) -> HandOver:
        """Fit the plan to a session's lifetime: the window is at most a quarter of it."""
        return HandOver(min(self.window_s, lifetime_s / 4), min(self.latest_s, lifetime_s / 20))

    def wait_s(self, left_s: float) -> float:
        """Return the seconds until the window opens, `left_s` seconds before the end."""
        return max(0.0, left_s - self.window_s)
