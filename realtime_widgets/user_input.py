"""What a person says and presses on its way to the service; held, for a bounded time, where nothing takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from realtime_widgets.held_input import HeldInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.core import SessionCore
    from realtime_widgets.protocol import events as ev
    from realtime_widgets.turns import Command

#: Unsent events above which microphone sound is dropped: 30 s of 20 ms blocks, longer where a page groups them.
MAX_UNSENT = 1500


class InputTaker(Protocol):
    """The session that takes it."""

    core: SessionCore

    @property
    def open(self) -> bool:
        """Whether there is a connection that takes it now."""

    @property
    def state(self) -> str:
        """``closed`` where nothing is taken any more."""

    @property
    def unsent(self) -> int:
        """Events that wait to be sent."""

    def start_soon(self) -> None:
        """Connect, where that has not begun."""

    def send(self, event: ev.ClientEvent) -> None:
        """Send an event."""

    def perform(self, commands: list[Command]) -> None:
        """Carry out what the core decided."""

    def problem(self, text: str) -> None:
        """Tell the person of an error."""


class UserInput:
    """Brings sound and the button of push-to-talk into one session, in order; the first of it connects.

    Parameters
    ----------
    session
        Which one.
    """

    def __init__(self, session: InputTaker) -> None:
        self._session = session
        self._held = HeldInput()
        self._dropping = False

    def hear(self, pcm: bytes) -> None:
        """Take a block of captured sound."""
        if self._session.open:
            self._append(pcm)
        elif self._session.state != "closed":
            self._held.sound(pcm)
            self._session.start_soon()

    def press(self) -> None:
        """Push-to-talk was pressed."""
        self._when_open(lambda: self._session.perform(self._session.core.press()))

    def release(self) -> None:
        """Push-to-talk was released."""
        self._when_open(lambda: self._session.perform(self._session.core.release()))

    def deliver(self) -> None:
        """Bring in what was held, now that there is a connection."""
        for held in self._held.drain():
            self._append(held) if isinstance(held, bytes) else held()
        if lost_ms := self._held.lost_ms():
            self._session.problem(
                f"It took so long to connect that {lost_ms / 1000:.0f} s of what you said are lost."
            )

    def _when_open(self, action: Callable[[], None]) -> None:
        if self._session.open:
            action()
        elif self._session.state != "closed":
            self._held.action(action)
            self._session.start_soon()

    def _append(self, pcm: bytes) -> None:
        if self._session.unsent < MAX_UNSENT:
            self._dropping = False
            # Nothing a person sees changes with a block, so nobody is told.
            self._session.send(self._session.core.append_audio(pcm))
        elif not self._dropping:
            self._dropping = True
            self._session.problem("The connection is too slow for the microphone: what you say now is lost.")
