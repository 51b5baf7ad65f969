"""Sound that waits until the words that it says have passed. Pure.

No service aligns words with sound. How much sound may be played follows from a bound: nobody says letters faster
than one in `FASTEST_MS`, so that the words that have passed fill at least that much sound.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from realtime_widgets.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE

#: Shortest time in which a letter or digit is said at normal speed, in milliseconds. Fluent English takes some 75
#: (15 letters and spaces a second), an auctioneer half of that.
FASTEST_MS = 40.0


def sound_of(words: str, speed: float, cushion_s: float) -> int:
    """Return how many bytes of PCM16 at 24 kHz say nothing but some words.

    Parameters
    ----------
    words
        The words from the beginning of the sound.
    speed
        Speed of the voice, 1 is normal.
    cushion_s
        Seconds to keep back of it.
    """
    letters = sum(character.isalnum() for character in words)
    seconds = letters * FASTEST_MS / 1000 / max(speed, 0.1) - cushion_s
    return max(0, int(seconds * SAMPLE_RATE)) * BYTES_PER_SAMPLE


@dataclass
class HeldSound:
    """Sound of one part that may not be played yet.

    Attributes
    ----------
    response_id
        Its response.
    pcm
        What waits.
    released
        Bytes that were let go.
    whole
        Whether all sound of the part came.
    """

    response_id: str
    pcm: bytearray = field(default_factory=bytearray)
    released: int = 0
    whole: bool = False

    def take(self, allowed: int | None) -> bytes:
        """Return what may be played now.

        Parameters
        ----------
        allowed
            Bytes of the part that may be played, from its beginning; None for all.
        """
        size = len(self.pcm) if allowed is None else min(len(self.pcm), max(0, allowed - self.released))
        pcm = bytes(self.pcm[:size])
        del self.pcm[:size]
        self.released += size
        return pcm
