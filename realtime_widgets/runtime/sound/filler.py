"""Fills a silence while the model thinks or a tool runs: by a sound, or a sentence in the model's voice."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from realtime_widgets.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE
from realtime_widgets.errors import ConfigurationError
from realtime_widgets.runtime.tools.announcements import Announcing, speaks_beside, spoken_beside

if TYPE_CHECKING:
    from realtime_widgets.audio.samples import Sound
    from realtime_widgets.concurrency.clock import Clock, Timer

#: Longest sound in seconds; the answer's first sound ends it.
LONGEST_SOUND_S = 10.0


@dataclass(frozen=True)
class Filler:
    """What is heard when a turn has been silent for a while; it never becomes a part of the conversation.

    It is cut off, with a short fade, as soon as the answer's first sound comes.

    Attributes
    ----------
    say : str
        A short sentence, which the model's voice says beside the conversation, if the service can do that. It is
        made once in a session, at its first use, and paid for once.
    sound : path, bytes or array, optional
        A sound of at most 10 s instead.
    rate : int, optional
        Sample rate of an array, in hertz.
    after : float
        Seconds of silence after which it is heard, while an answer is awaited.
    times : int
        How often in one turn, at most.

    Raises
    ------
    ConfigurationError
        If there is not one of sentence and sound, or a number cannot be.
    AudioError
        If the sound cannot be used.
    """

    say: str = ""
    sound: Sound | None = None
    rate: int | None = None
    after: float = 2.5
    times: int = 2

    def __post_init__(self) -> None:
        if bool(self.say.strip()) == (self.sound is not None):
            raise ConfigurationError(
                'a filler is a sentence or a sound: Filler("One moment."), or Filler(sound=…)'
            )
        if not isinstance(self.after, int | float) or not 0 < self.after < math.inf:
            raise ConfigurationError(f"after must be seconds, more than 0, not {self.after!r}")
        if isinstance(self.times, bool) or not isinstance(self.times, int) or not 1 <= self.times <= 10:
            raise ConfigurationError(f"times must be a whole number from 1 to 10, not {self.times!r}")
        if self.sound is not None and len(self.pcm()) > LONGEST_SOUND_S * SAMPLE_RATE * BYTES_PER_SAMPLE:
            raise ConfigurationError(
                f"the sound of a filler may last {LONGEST_SOUND_S:g} s: give a shorter one, and more `times`"
            )

    def pcm(self) -> bytes:
        """Return the sound, PCM16 at 24 kHz; empty for a sentence."""
        if self.sound is None:
            return b""
        from realtime_widgets.audio.samples import load_sound  # brings numpy, which a sentence does not need

        return load_sound(self.sound, self.rate)


class Filling(Announcing, Protocol):
    """What it needs of a session; `SessionRuntime` is one."""

    clock: Clock

    @property
    def state(self) -> str:
        """What a user would see the session doing."""


class FillerPlayer:
    """Waits for silences of one session.

    Parameters
    ----------
    runtime
        Of the session.
    filler
        What to play.
    """

    def __init__(self, runtime: Filling, filler: Filler) -> None:
        self._runtime = runtime
        self._filler = filler
        self._pcm = filler.pcm()
        self._timer: Timer | None = None
        self._played = 0
        self._busy = self._told = False
        runtime.observe(self._look, "state", "calls", "playback")

    def _look(self) -> None:
        if self._runtime.state in ("listening", "closed", "idle"):
            self._played = 0
        if self._waits() and not self._busy and self._played < self._filler.times:
            if self._timer is None:
                self._timer = self._runtime.clock.call_later(self._filler.after, self._fire)
        elif self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _waits(self) -> bool:
        core = self._runtime.core
        asks = any(running.phase == "approval" for running in self._runtime.calls.by_id.values())
        return self._runtime.state == "thinking" and not (core.ledger.playing or core.user_speaking or asks)

    def _fire(self) -> None:
        self._timer = None
        if not self._waits():
            return
        self._played += 1
        if self._pcm:
            self._runtime.perform(self._runtime.core.play_clip(self._pcm, gives_way=True)[1])
        elif speaks_beside(self._runtime.endpoint):
            self._busy = True
            self._runtime.spawn(self._make())
        elif not self._told:
            self._told = True
            self._runtime.tell(
                "This service says nothing beside the conversation: silences stay, or give a sound."
            )

    async def _make(self) -> None:
        try:
            self._pcm = await spoken_beside(self._runtime, self._filler.say)
            if self._pcm and self._waits():
                self._runtime.perform(self._runtime.core.play_clip(self._pcm, gives_way=True)[1])
        finally:
            self._busy = False
