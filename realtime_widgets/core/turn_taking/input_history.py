"""The last of what was said into a session, to say it again after a loss: bounded. Pure."""

from __future__ import annotations

from collections import deque

from realtime_widgets.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE

_BYTES_PER_MS = SAMPLE_RATE * BYTES_PER_SAMPLE // 1000


class InputHistory:
    """Keeps the sound of turns that are not answered yet.

    Parameters
    ----------
    limit_ms
        How much sound is kept, in milliseconds.
    lead_ms
        How much of it is said again if nobody was known to speak: speech may just have begun.
    """

    def __init__(self, limit_ms: int = 60_000, lead_ms: int = 500) -> None:
        self._limit = limit_ms * _BYTES_PER_MS
        self._lead = lead_ms * _BYTES_PER_MS
        self._blocks: deque[bytes] = deque()
        self._kept = 0
        self._end = 0
        #: Where each unanswered turn began, in bytes of this connection's sound, by item id.
        self._starts: dict[str, int] = {}
        self._pressed: int | None = None

    @property
    def unanswered(self) -> list[str]:
        """Items of the user's speech that have no whole answer yet, oldest first."""
        return list(self._starts)

    def appended(self, pcm: bytes) -> None:
        """Note sound that went to the service."""
        self._blocks.append(pcm)
        self._kept += len(pcm)
        self._end += len(pcm)
        while self._kept - len(self._blocks[0]) >= self._limit:
            self._kept -= len(self._blocks.popleft())

    def pressed(self) -> None:
        """Note that the button of push-to-talk went down."""
        self._pressed = self._end

    def started(self, item_id: str, audio_start_ms: int) -> None:
        """Note that the service heard the user begin."""
        if item_id:
            self._starts[item_id] = min(audio_start_ms * _BYTES_PER_MS, self._end)

    def since_ms(self, item_id: str) -> float:
        """Return how much sound went to the service since it heard an item begin; all, if it did not say when."""
        return (self._end - self._starts.get(item_id, 0)) / _BYTES_PER_MS

    def unheard(self, item_id: str) -> None:
        """Note that no item is made of what the service heard begin."""
        self._starts.pop(item_id, None)

    def committed(self, item_id: str) -> None:
        """Note that what was said became an item."""
        if item_id not in self._starts and self._pressed is not None:
            self._starts[item_id] = self._pressed
        self._pressed = None

    def answered(self, speaking: str | None) -> None:
        """Note that a response is over; what is being said now (`speaking`) is still to be answered."""
        self._starts = {item_id: start for item_id, start in self._starts.items() if item_id == speaking}

    def cleared(self) -> None:
        """Forget what was said and never committed."""
        self._pressed = None

    def again(self, wordless: list[str], lead: bool) -> tuple[bytes, list[str]]:
        """Return the sound to say again on a new connection, and begin anew.

        Parameters
        ----------
        wordless
            Items whose words nobody knows: only their sound can bring them back.
        lead
            Whether speech may just have begun, unnoticed.

        Returns
        -------
        tuple
            The sound, PCM16, and those of `wordless` that are wholly in it.
        """
        oldest = self._end - self._kept
        whole = [item_id for item_id in wordless if self._starts.get(item_id, -1) >= oldest]
        starts = [self._starts[item_id] for item_id in whole]
        if self._pressed is not None:
            starts.append(self._pressed)
        start = max(oldest, min(starts, default=self._end - (self._lead if lead else 0)))
        sound = b"".join(self._blocks)[start - oldest :]
        self._blocks.clear()
        self._starts.clear()
        self._kept = self._end = 0
        self._pressed = None if self._pressed is None else 0
        return sound, whole
