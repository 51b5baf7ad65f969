"""Keeps what was heard, by the player's positions, and computes where an answer was cut. Pure.

Counts are samples at 24 kHz. The player is the only witness of what was heard; nothing here has a clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from realtime_widgets.audio.pcm import SAMPLE_RATE
from realtime_widgets.core.transitions import TransitionTable

#: State of a part's audio: it plays or will play; the player was asked to stop it, or to pause it; it is paused;
#: it was heard to its end; it was cut.
PartPhase = Literal["playing", "stopping", "pausing", "held", "heard", "cut"]
#: Events of a part: more audio arrives; all of it was heard; the player is asked to stop or to pause; the player
#: reports where it stopped; the paused rest is resumed or discarded; the player stops by itself.
PartEvent = Literal["sound", "end", "stop", "pause", "silenced", "resume", "discard", "lost"]

PART_PHASES = TransitionTable[PartPhase, PartEvent](
    "playing",
    {
        ("playing", "end"): "heard",
        ("heard", "sound"): "playing",
        ("playing", "stop"): "stopping",
        ("playing", "pause"): "pausing",
        ("stopping", "silenced"): "cut",
        ("stopping", "end"): "heard",
        ("pausing", "silenced"): "held",
        ("pausing", "end"): "heard",
        ("pausing", "discard"): "stopping",
        ("held", "resume"): "playing",
        ("held", "end"): "heard",
        ("held", "discard"): "cut",
        ("playing", "discard"): "cut",
        ("playing", "lost"): "cut",
        ("stopping", "lost"): "cut",
        ("pausing", "lost"): "cut",
        ("held", "lost"): "cut",
    },
)


class Part(NamedTuple):
    """One content part of one item, the unit in which speech is played and cut."""

    item_id: str
    content_index: int


class PlayedTo(NamedTuple):
    """A player's report of how many samples of a part it has really played."""

    part: Part
    played: int


@dataclass
class PartState:
    """Samples of one part: received from the service, handed to the player, heard.

    Attributes
    ----------
    received, sent, heard
        Samples.
    complete
        Whether the service has sent all of it.
    phase
        See `PART_PHASES`.
    silence
        Number of the silence whose answer it waits for while it is stopping or pausing.
    """

    received: int = 0
    sent: int = 0
    heard: int = 0
    complete: bool = False
    phase: PartPhase = PART_PHASES.initial
    silence: int = 0

    @property
    def cut(self) -> bool:
        """Whether it ended before all of it was heard."""
        return self.phase == "cut"

    @property
    def unheard(self) -> bool:
        """Whether some of it was not heard, or may still come."""
        return self.heard < self.received or not self.complete

    def step(self, event: PartEvent) -> PartPhase:
        """Apply an event; an event that its phase does not know changes nothing."""
        self.phase = PART_PHASES[self.phase, event]
        return self.phase


@dataclass(frozen=True)
class Cut:
    """A part that was cut: `heard_ms` of `received_ms` were heard (whole milliseconds, rounded down)."""

    part: Part
    heard_ms: int
    received_ms: int


def to_ms(samples: int) -> int:
    """Whole milliseconds, rounded down so that a truncation never claims more than was heard."""
    return samples * 1000 // SAMPLE_RATE


class PlaybackLedger:
    """Keeps, for every part, what came, what went to the player and what was heard.

    Each report and block costs the same time in a talk of an hour as in its first minute.
    """

    def __init__(self) -> None:
        self._items: dict[str, dict[Part, PartState]] = {}
        #: Parts that are not over, oldest first.
        self._open: dict[Part, PartState] = {}

    def state(self, part: Part) -> PartState | None:
        """State of `part`, None if no sound of it ever came."""
        return self._items.get(part.item_id, {}).get(part)

    def item_parts(self, item_id: str) -> list[tuple[Part, PartState]]:
        """All parts of an item that have sound, by content index."""
        return sorted(self._items.get(item_id, {}).items())

    def received(self, part: Part, samples: int) -> PartState:
        """Note `samples` more samples of `part` from the service; returns its state."""
        state = self._items.setdefault(part.item_id, {}).setdefault(part, PartState())
        state.received += samples
        if samples and state.phase == "heard":
            state.step("sound")
        if state.phase == "playing":
            self._open.setdefault(part, state)
        return state

    def completed(self, part: Part) -> None:
        """Note that the service has sent all of `part`."""
        if state := self.state(part):
            state.complete = True
            if state.phase == "playing":
                self._close_if_heard(part, state)

    def sent(self, part: Part, samples: int) -> None:
        """Note `samples` more samples of `part` handed to the player."""
        self._items[part.item_id][part].sent += samples

    def report(self, positions: list[PlayedTo]) -> bool:
        """Apply a player's positions; they only grow, and never beyond what was sent.

        Returns
        -------
        bool
            Whether anything changed.
        """
        changed = False
        for part, played in positions:
            state = self._open.get(part)
            if state is None:
                continue
            heard = max(state.heard, min(played, state.sent))
            changed |= heard != state.heard
            state.heard = heard
            if state.complete and state.phase == "playing":
                self._close_if_heard(part, state)
        return changed

    def ahead(self) -> int:
        """Samples handed to the player that are still to be heard."""
        return sum(state.sent - state.heard for state in self._open.values() if state.phase == "playing")

    @property
    def playing(self) -> list[Part]:
        """Parts whose sound is not over, oldest first."""
        return [part for part, state in self._open.items() if state.heard < state.received or not state.complete]

    @property
    def kept(self) -> list[Part]:
        """Parts that were stopped, and may go on."""
        return [part for part, state in self._open.items() if state.phase in ("pausing", "held")]

    def stop(self, number: int, keep: bool = False) -> bool:
        """Note that the player was told to fall silent; returns False if nothing was left to stop.

        Parameters
        ----------
        number
            Counts the silences, from 1.
        keep
            Whether what was not heard may be played after it.
        """
        stopped = False
        for state in self._open.values():
            if state.phase == "playing" and (state.heard < state.received or not state.complete):
                state.step("pause" if keep else "stop")
                state.silence, stopped = number, True
        return stopped

    def silenced(self, positions: list[PlayedTo], number: int = 0) -> list[Cut]:
        """Apply the player's final `positions` after a silence: the parts that it stopped end, or wait.

        The next answer may have begun before: it is left alone. Without a `number` the player fell silent by
        itself, and everything ends.

        Returns
        -------
        list of Cut
            Where each part stopped, also those that wait.
        """
        self.report(positions)
        cuts = []
        for part, state in list(self._open.items()):
            if number and not (state.phase in ("stopping", "pausing") and state.silence <= number):
                continue
            if not state.unheard:
                self._close_if_heard(part, state)
                continue
            if state.step("silenced" if number else "lost") == "held":
                state.sent = state.heard
            cuts.append(self._cut(part, state))
        return cuts

    def discard(self, parts: list[Part]) -> list[Cut]:
        """End what waits, and `parts` as far as they still play; returns where each part ended.

        What the player was told to pause is not played on; its end comes with the player's answer.
        """
        cuts = []
        for part, state in list(self._open.items()):
            if not state.unheard:
                if state.phase == "held":
                    self._close_if_heard(part, state)
            elif (state.phase != "playing" or part in parts) and state.step("discard") == "cut":
                cuts.append(self._cut(part, state))
        return cuts

    def resume(self) -> None:
        """Let what waits be played on."""
        for state in self._open.values():
            state.step("resume")

    def _close_if_heard(self, part: Part, state: PartState) -> None:
        if not state.unheard:
            state.step("end")
            self._open.pop(part, None)

    def _cut(self, part: Part, state: PartState) -> Cut:
        if state.cut:
            del self._open[part]
        return Cut(part, to_ms(state.heard), to_ms(state.received))
