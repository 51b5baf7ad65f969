"""The user's sound, push-to-talk and written texts on the way to the service; kept while there is no connection.

Before the first connection the user waits for it, so the last `FIRST_MS` are sent whenever it comes. When a
connection is lost in the middle of a talk, nobody wants an answer to the words of half a minute ago: only what is
younger than `STALE_S` is sent when there is a connection again.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from realtime_widgets.audio.pcm import duration_ms

if TYPE_CHECKING:
    from collections.abc import Callable

#: How much sound is held before the first connection, in milliseconds; the oldest is lost first.
FIRST_MS = 30_000.0
#: Age above which sound is dropped that was held while a connection was lost, in seconds.
STALE_S = 5.0


@dataclass(frozen=True)
class _Sound:
    """A block of sound, PCM16, and when it was captured."""

    pcm: bytes
    time_s: float


@dataclass(frozen=True)
class _Action:
    """Something that was done between the sounds, what is done in its place if it is stale, and when it was."""

    fresh: Callable[[], None]
    stale: Callable[[], None]
    time_s: float


class HeldInput:
    """Holds sound, presses of push-to-talk and texts, in order. Pure.

    Parameters
    ----------
    limit_ms
        How much sound is held, in milliseconds; the oldest is lost first, a press or a text never.

    Attributes
    ----------
    texts
        The texts that are held.
    """

    def __init__(self, limit_ms: float = FIRST_MS) -> None:
        self._limit_ms = limit_ms
        self._held: deque[_Sound | _Action] = deque()
        self._held_ms = 0.0
        self._lost_ms = 0.0
        self.texts: list[str] = []

    def sound(self, pcm: bytes, time_s: float = 0.0) -> None:
        """Hold a block of sound that was captured at `time_s`."""
        self._held.append(_Sound(pcm, time_s))
        self._held_ms += duration_ms(len(pcm))
        while self._held_ms > self._limit_ms:
            self._drop_oldest_sound()

    def action(
        self,
        action: Callable[[], None],
        text: str = "",
        time_s: float = 0.0,
        stale: Callable[[], None] | None = None,
    ) -> None:
        """Hold something that was done at `time_s`, such as to write a text; once it is old, `stale` is done."""
        self._held.append(_Action(action, stale or action, time_s))
        if text:
            self.texts.append(text)

    def drain(self, since_s: float = float("-inf")) -> list[bytes | Callable[[], None]]:
        """Return everything in order, and forget it; sound from before `since_s` is lost."""
        held = list(self._held)
        self._held.clear()
        self.texts.clear()
        self._held_ms = 0.0
        drained: list[bytes | Callable[[], None]] = []
        for each in held:
            match each:
                case _Sound(pcm, time_s) if time_s >= since_s:
                    drained.append(pcm)
                case _Sound(pcm):
                    self._lost_ms += duration_ms(len(pcm))
                case _Action(fresh, stale, time_s):
                    drained.append(fresh if time_s >= since_s else stale)
        return drained

    def lost_ms(self) -> float:
        """Return how many milliseconds of sound were lost since the last call."""
        lost, self._lost_ms = self._lost_ms, 0.0
        return lost

    def _drop_oldest_sound(self) -> None:
        index = next(index for index, held in enumerate(self._held) if isinstance(held, _Sound))
        oldest = self._held[index]
        del self._held[index]
        if isinstance(oldest, _Sound):
            self._held_ms -= duration_ms(len(oldest.pcm))
            self._lost_ms += duration_ms(len(oldest.pcm))


class UserInput:
    """Brings sound, push-to-talk and written texts into one session, in order; the first of it connects.

    Parameters
    ----------
    send
        Sends a block of captured sound, PCM16.
    connect
        Begins to connect, if that has not begun; called for what has to be held.
    tell
        Tells the user what is lost.
    time
        Returns the time in seconds.
    hold_s
        Seconds of sound that are held, before the first connection and between two; None as a talk needs it.
    """

    def __init__(
        self,
        send: Callable[[bytes], None],
        connect: Callable[[], None],
        tell: Callable[[str], None],
        time: Callable[[], float],
        hold_s: float | None = None,
    ) -> None:
        self._send = send
        self._connect = connect
        self._tell = tell
        self._time = time
        self._held = HeldInput(FIRST_MS if hold_s is None else hold_s * 1000)
        self._stale_s = STALE_S if hold_s is None else hold_s
        self._open = self._closed = self._was_lost = False

    @property
    def texts(self) -> list[str]:
        """The texts that wait for a connection."""
        return list(self._held.texts)

    def open(self) -> None:
        """Pass on what was held, and all that comes from now on: there is a connection."""
        self._open = True
        held = self._held.drain(self._time() - self._stale_s if self._was_lost else float("-inf"))
        if lost_ms := self._held.lost_ms():
            again = " again" if self._was_lost else ""
            self._tell(
                f"It took so long to connect{again} that the first {lost_ms / 1000:.0f} s of what the microphone "
                "heard meanwhile are lost."
            )
        for each in held:
            self._send(each) if isinstance(each, bytes) else each()

    def hold(self) -> None:
        """Keep audio from now on, because the connection is lost."""
        self._open, self._was_lost = False, True

    def close(self) -> list[str]:
        """Drop what is held and what comes from now on: the session is over. Return the texts that are lost."""
        self._open, self._closed = False, True
        lost = self.texts
        self._held.drain()
        return lost

    def hear(self, pcm: bytes) -> None:
        """Pass on or hold a block of captured sound."""
        if self._open:
            self._send(pcm)
        elif not self._closed:
            self._held.sound(pcm, self._time())
            self._connect()

    def do(
        self,
        action: Callable[[], None],
        text: str = "",
        *,
        connects: bool = True,
        stale: Callable[[], None] | None = None,
    ) -> None:
        """Do something between the sounds, at its place among them.

        Parameters
        ----------
        action
            What is done.
        text
            The text that it sends, if it does.
        connects
            Whether it is a reason to connect.
        stale
            What is done in its place if it has to wait for too long.
        """
        if self._open:
            action()
        elif not self._closed:
            self._held.action(action, text, self._time(), stale)
            if connects:
                self._connect()
