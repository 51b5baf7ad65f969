"""The protocol's voice names, as variations of the one speaker that the synthesiser has.

| voice | pitch | formants | liveliness | how it sounds |
|-|-|-|-|-|
| marin | 1.00 | 1.00 | 1.0 | the speaker herself |
| coral | 1.12 | 1.03 | 1.2 | brighter, livelier |
| shimmer | 1.25 | 1.07 | 1.0 | high and light |
| sage | 0.94 | 1.02 | 0.6 | calm, level |
| alloy | 0.86 | 0.96 | 0.9 | a little lower |
| verse | 0.78 | 0.91 | 1.3 | low, lively |
| ballad | 0.71 | 0.94 | 0.8 | low, soft |
| echo | 0.64 | 0.88 | 1.0 | deep |
| ash | 0.58 | 0.84 | 1.2 | deep, lively |
| cedar | 0.52 | 0.82 | 0.9 | deepest |

They are ten settings of one voice, and not the voices that the service has under these names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from realtime_widgets.errors import ConfigurationError

if TYPE_CHECKING:
    import numpy.typing as npt

#: Fundamental frequency below which a frame is unvoiced, in hertz.
_LOWEST_PITCH_HZ = 40.0
#: Width of a band of the envelopes, in hertz.
_BAND_HZ = 20.0


@dataclass(frozen=True)
class VoiceVariation:
    """How a voice differs from the speaker's own.

    Attributes
    ----------
    pitch
        Factor of the fundamental frequency (the speaker's own is about 190 Hz).
    formants
        Factor of the frequencies of the spectral envelope; below 1 sounds like a longer vocal tract.
    liveliness
        Factor of the movement of the pitch around its mean; below 1 is flatter.
    """

    pitch: float = 1.0
    formants: float = 1.0
    liveliness: float = 1.0

    def bend_pitch(self, pitch: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return the pitch curve of this voice from the speaker's: float32 of shape (frames,) in hertz."""
        voiced = pitch > _LOWEST_PITCH_HZ
        if not voiced.any():
            return pitch
        mean = np.exp(np.log(pitch[voiced]).mean())
        bent = pitch.copy()
        bent[voiced] = mean * self.pitch * (pitch[voiced] / mean) ** self.liveliness
        return bent

    def stretch(self, envelope: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return the envelope of the noise in this voice from the speaker's: float32 of shape (bands, frames)."""
        if self.formants == 1.0:
            return envelope
        last = envelope.shape[0] - 1
        position = np.clip(np.arange(last + 1) / self.formants, 0, last)
        below = position.astype(np.intp)
        weight = (position - below).astype(np.float32)[:, np.newaxis]
        return _between(envelope[below], envelope[np.minimum(below + 1, last)], weight)

    def stretch_harmonics(
        self, envelope: npt.NDArray[np.float32], pitch: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.float32]:
        """Return the envelope of the harmonics in this voice, from the speaker's envelope and pitch.

        The model knows its envelope only at the speaker's harmonics and is erratic between them, where another
        pitch would read it. So the values in between are interpolated from harmonic to harmonic.
        """
        if self == VoiceVariation():
            return envelope
        last = envelope.shape[0] - 1
        spacing = np.maximum(pitch, _LOWEST_PITCH_HZ) / _BAND_HZ
        harmonic = np.arange(last + 1, dtype=np.float32)[:, np.newaxis] / (self.formants * spacing)
        below = np.maximum(np.floor(harmonic), 1.0)
        weight = np.clip(harmonic - below, 0.0, 1.0).astype(np.float32)
        at_below, at_above = (
            np.take_along_axis(envelope, np.minimum(np.rint(number * spacing), last).astype(np.intp), axis=0)
            for number in (below, below + 1.0)
        )
        return _between(at_below, at_above, weight)


def _between(
    below: npt.NDArray[np.float32], above: npt.NDArray[np.float32], weight: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    mixed: npt.NDArray[np.float32] = below * (1.0 - weight) + above * weight
    return mixed


VOICES = {
    "alloy": VoiceVariation(0.86, 0.96, 0.9),
    "ash": VoiceVariation(0.58, 0.84, 1.2),
    "ballad": VoiceVariation(0.71, 0.94, 0.8),
    "cedar": VoiceVariation(0.52, 0.82, 0.9),
    "coral": VoiceVariation(1.12, 1.03, 1.2),
    "echo": VoiceVariation(0.64, 0.88, 1.0),
    "marin": VoiceVariation(),
    "sage": VoiceVariation(0.94, 1.02, 0.6),
    "shimmer": VoiceVariation(1.25, 1.07, 1.0),
    "verse": VoiceVariation(0.78, 0.91, 1.3),
}


def variation(voice: str) -> VoiceVariation:
    """Return the variation of a voice name.

    Raises
    ------
    ConfigurationError
        If there is no such voice.
    """
    try:
        return VOICES[voice]
    except KeyError:
        raise ConfigurationError(f"there is no voice {voice!r}; the voices are {', '.join(VOICES)}") from None
