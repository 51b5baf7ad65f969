"""What `RealtimeSession.events` yields: small immutable records, to be distinguished by `match`.

Each has `at`, the time in seconds since the session was made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from realtime_widgets.protocol import events as ev
    from realtime_widgets.runtime.session_runtime import State
    from realtime_widgets.runtime.tools.calls import SessionCall

__all__ = [
    "Dropped",
    "Heard",
    "Notice",
    "Problem",
    "Received",
    "Sent",
    "SessionEvent",
    "StateChanged",
    "ToolCallChanged",
    "TurnEnded",
    "TurnStarted",
]


@dataclass(frozen=True, slots=True)
class Received:
    """The server sent an event.

    Attributes
    ----------
    event : ServerEvent
        The typed event; `event.type` is its name in the protocol, `event.data` all that came, sound included.
    at : float
        Seconds since the session was made.
    """

    event: ev.AnyServerEvent
    at: float


@dataclass(frozen=True, slots=True)
class Sent:
    """The session sends an event to the server.

    Attributes
    ----------
    event : ClientEvent
        The typed event; `event.type` is its name in the protocol. Sound is in it as PCM16 bytes at 24 kHz.
    at : float
        Seconds since the session was made.
    """

    event: ev.ClientEvent
    at: float


@dataclass(frozen=True, slots=True)
class StateChanged:
    """The session does something else than before.

    Attributes
    ----------
    state : str
        One of the values of `RealtimeSession.state`.
    at : float
        Seconds since the session was made.
    """

    state: State
    at: float


@dataclass(frozen=True, slots=True)
class TurnStarted:
    """A turn has begun: something was asked, or the service answers what it heard.

    Attributes
    ----------
    turn_id : str
        The turn's id in this session.
    spoken : bool
        Whether it began with speech instead of a message.
    at : float
        Seconds since the session was made.
    """

    turn_id: str
    spoken: bool
    at: float


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """A turn is over: its last response is complete, was interrupted, or failed.

    Attributes
    ----------
    turn_id : str
        The id that its `TurnStarted` had.
    question : str
        The user's words, as far as they are recognized by now.
    text : str
        The model's words; if `interrupted`, possibly more of them than were heard.
    interrupted : bool
        Whether the answer was cut off.
    error : str
        Why it failed; empty if it did not.
    at : float
        Seconds since the session was made.
    """

    turn_id: str
    question: str
    text: str
    interrupted: bool
    error: str
    at: float


@dataclass(frozen=True, slots=True)
class ToolCallChanged:
    """A tool call has begun, waits for approval, runs, reports progress, or has ended.

    Attributes
    ----------
    call : SessionCall
        The call at that moment: `call.phase`, `call.note`, `call.result`; ``call.approve()``, ``call.deny()`` and
        ``call.cancel()`` decide it.
    at : float
        Seconds since the session was made.
    """

    call: SessionCall
    at: float


@dataclass(frozen=True, slots=True)
class Heard:
    """The player reports how much of an answer the user has heard.

    Attributes
    ----------
    item_id : str
        Item of the conversation; a reply that is played again has another id.
    content_index : int
        Content part of the item.
    ms : float
        Milliseconds of the part that were heard so far.
    at : float
        Seconds since the session was made.
    """

    item_id: str
    content_index: int
    ms: float
    at: float


@dataclass(frozen=True, slots=True)
class Notice:
    """The session shows a notice to the user, such as that it is connected again.

    Attributes
    ----------
    text : str
        As the transcript shows it.
    at : float
        Seconds since the session was made.
    """

    text: str
    at: float


@dataclass(frozen=True, slots=True)
class Problem:
    """The session reports an error to the user.

    Attributes
    ----------
    text : str
        As the transcript shows it.
    at : float
        Seconds since the session was made.
    """

    text: str
    at: float


@dataclass(frozen=True, slots=True)
class Dropped:
    """Events are missing here: they came faster than they were taken, and the oldest were dropped.

    Attributes
    ----------
    count : int
        Number of events dropped since the last item.
    at : float
        Seconds since the session was made, when the last of them was dropped.
    """

    count: int
    at: float


#: What `RealtimeSession.events` yields.
SessionEvent = (
    Received | Sent | StateChanged | TurnStarted | TurnEnded | ToolCallChanged | Heard | Notice | Problem | Dropped
)
