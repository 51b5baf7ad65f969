"""The log-mel spectrogram that Whisper expects."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from realtime_widgets.local.models.interfaces import RECOGNITION_RATE

if TYPE_CHECKING:
    import numpy.typing as npt

#: Number of samples from one frame to the next: 10 ms.
HOP_SAMPLES = 160
_WINDOW_SAMPLES = 400
#: Below this the mel scale is linear, above it logarithmic (Slaney's form).
_BREAK_HZ, _BREAK_MEL = 1000.0, 15.0
_MEL_PER_HZ = _BREAK_MEL / _BREAK_HZ
_LOG_STEP = np.log(6.4) / 27.0
#: How far below the loudest point the spectrogram reaches, in powers of ten.
_DYNAMIC_RANGE = 8.0
#: Power that counts as silence.
_LEAST_POWER = 1e-10


def _mel_to_hz(mel: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    above = _BREAK_HZ * np.exp(_LOG_STEP * (np.maximum(mel, _BREAK_MEL) - _BREAK_MEL))
    return np.where(mel < _BREAK_MEL, mel / _MEL_PER_HZ, above)


@cache
def _mel_filters(bands: int) -> npt.NDArray[np.float32]:
    """Return triangular filters of equal area, float32 of shape (bands, frequencies)."""
    nyquist = RECOGNITION_RATE / 2
    highest = _BREAK_MEL + np.log(nyquist / _BREAK_HZ) / _LOG_STEP
    edges = _mel_to_hz(np.linspace(0.0, highest, bands + 2))
    frequencies = np.linspace(0.0, nyquist, _WINDOW_SAMPLES // 2 + 1)
    rising = (frequencies - edges[:-2, np.newaxis]) / (edges[1:-1] - edges[:-2])[:, np.newaxis]
    falling = (edges[2:, np.newaxis] - frequencies) / (edges[2:] - edges[1:-1])[:, np.newaxis]
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    return (triangles * (2.0 / (edges[2:] - edges[:-2]))[:, np.newaxis]).astype(np.float32)


@cache
def _window() -> npt.NDArray[np.float32]:
    """Return a periodic Hann window."""
    return np.hanning(_WINDOW_SAMPLES + 1)[:-1].astype(np.float32)


def log_mel(samples: npt.NDArray[np.float32], frames: int, bands: int = 80) -> npt.NDArray[np.float32]:
    """Compute Whisper's log-mel spectrogram.

    Parameters
    ----------
    samples
        Mono float32 of shape (n,) at 16 kHz, cut or padded with silence to the length of `frames`.
    frames
        Number of frames of 10 ms.
    bands
        Number of mel bands.

    Returns
    -------
    numpy.ndarray
        float32 of shape (1, bands, frames), about -1 to 1.
    """
    length = frames * HOP_SAMPLES
    padded = np.zeros(length, dtype=np.float32)
    padded[: min(length, samples.size)] = samples[:length]
    padded = np.pad(padded, _WINDOW_SAMPLES // 2, mode="reflect")
    sounding = min(frames, samples.size // HOP_SAMPLES + 3)  # the rest is silence
    windows = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW_SAMPLES)[::HOP_SAMPLES][:sounding]
    power = np.abs(np.fft.rfft(windows * _window(), axis=1)).astype(np.float32) ** 2
    logarithm = np.log10(np.maximum(_mel_filters(bands) @ power.T, _LEAST_POWER))
    floor = max(float(logarithm.max()) - _DYNAMIC_RANGE, float(np.log10(_LEAST_POWER)))
    spectrogram = np.full((1, bands, frames), floor, dtype=np.float32)
    np.maximum(logarithm, floor, out=spectrogram[0, :, :sounding])
    return (spectrogram + 4.0) / 4.0
