"""Whether sound that stopped an answer was speech. Pure; time comes in as `Wake`.

Turn detection mistakes a cough or a door for speech. The answer stops at once, and the rest of it is kept until it
is decided what the sound was:

- It was **speech** as soon as words of it arrive, or the service begins a response by itself. A button and typed
  text always count as speech.
- It was **noise** if its transcript is empty, or if neither words nor a response arrived within the time limit
  after its end. If the user speaks again before that, the limit starts again.
- If the service has cut an answer while it was still being made, it may make it again: then an empty transcript is
  not enough, and the time limit decides.
- If neither words nor a response can arrive (no transcription, and turns that are not answered automatically),
  nothing could decide it, so it counts as speech.

An answer resumes once. Words and responses that arrive after it has resumed stop it again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from realtime_widgets.core.conversation.commands import Wake
from realtime_widgets.core.transitions import TransitionTable

#: There is sound; it has ended and the time limit runs; it was noise and the answer resumed; it was speech.
InterruptionPhase = Literal["sounding", "silent", "resumed", "confirmed"]
#: Sound begins (again); it ends; it turns out to be speech, or noise.
InterruptionEvent = Literal["sound", "silence", "speech", "noise"]
Verdict = Literal["speech", "noise"]

INTERRUPTION_PHASES = TransitionTable[InterruptionPhase, InterruptionEvent](
    "sounding",
    {
        ("sounding", "silence"): "silent",
        ("silent", "sound"): "sounding",
        ("silent", "noise"): "resumed",
        ("sounding", "speech"): "confirmed",
        ("silent", "speech"): "confirmed",
        ("resumed", "speech"): "confirmed",
    },
)


@dataclass
class PendingInterruption:
    """One interruption, from the first sound until it is known what it was, and while it may turn out wrong.

    Attributes
    ----------
    limit_s
        Seconds after the sound's end in which words or a response must come.
    answers_itself
        Whether the service answers turns by itself.
    responses
        Responses that were being heard or made.
    item_ids
        Items that were being heard.
    waiting
        Responses whose consequences wait for the verdict.
    cut_by_service
        Whether the service has stopped making one of the responses.
    phase
        See `INTERRUPTION_PHASES`.
    """

    limit_s: float
    answers_itself: bool
    responses: set[str] = field(default_factory=set)
    item_ids: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    cut_by_service: bool = False
    phase: InterruptionPhase = INTERRUPTION_PHASES.initial
    #: Items of the sound: whether each is known to hold no words.
    _sounds: dict[str, bool] = field(default_factory=dict)
    _wake: str = ""

    @property
    def undecided(self) -> bool:
        """Whether the answer waits until it is known what interrupted it."""
        return self.phase in ("sounding", "silent")

    def step(self, event: InterruptionEvent) -> InterruptionPhase:
        """Apply an event; an event that its phase does not know changes nothing."""
        self.phase = INTERRUPTION_PHASES[self.phase, event]
        return self.phase

    def started(self, item_id: str) -> None:
        """Note that there is sound (again)."""
        self.step("sound")
        self._wake = ""
        if item_id:
            self._sounds[item_id] = False

    def ended(self, item_id: str, wake_id: str) -> Wake:
        """Note that the sound is over."""
        self.step("silence")
        self._wake = wake_id
        if item_id:
            self._sounds.setdefault(item_id, False)
        return Wake(wake_id, self.limit_s)

    def transcribed(self, item_id: str, words: str, final: bool) -> Verdict | None:
        """Return what words of a spoken item, or that there are none, say of the sound."""
        if item_id not in self._sounds:
            return None
        if words.strip():
            return "speech"
        self._sounds[item_id] |= final
        made_again = self.cut_by_service and self.answers_itself
        return "noise" if all(self._sounds.values()) and not made_again else None

    def untranscribed(self, item_id: str) -> Verdict | None:
        """Return what it says of the sound that an item could not be written down."""
        return "speech" if item_id in self._sounds and not self.answers_itself else None

    def time_is_up(self, wake_id: str) -> Verdict | None:
        """Return what the end of a time limit says of the sound."""
        return "noise" if wake_id == self._wake else None
