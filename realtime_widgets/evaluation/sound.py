"""The sound of a turn: a file or the local voice, with noise under it and coughs in it. PCM16 at 24 kHz."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from realtime_widgets.audio.pcm import SAMPLE_RATE
from realtime_widgets.audio.samples import from_pcm16, load_sound, to_pcm16
from realtime_widgets.protocol.endpoint.endpoint import resolve_endpoint

if TYPE_CHECKING:
    import numpy.typing as npt

    from realtime_widgets.evaluation.scenarios.scenario import Turn

#: A cough: two bursts of air, as seconds after its beginning, length in seconds, and level.
_BURSTS = ((0.0, 0.16, 0.5), (0.2, 0.22, 0.35))
#: Noise goes on for this long before and after the speech, in seconds.
_AROUND_S = 0.3


async def sound_of(turn: Turn, brain: str = "") -> bytes:
    """Return what is said in a spoken turn, as PCM16 at 24 kHz; `brain` is as for `spoken`.

    Raises
    ------
    AudioError
        If a sound file cannot be used.
    LocalEndpointError, ConnectionFailedError
        If the local voice cannot speak.
    """
    pcm = await spoken(turn.speak, turn.voice, brain) if turn.speak else load_sound(turn.sound or b"")
    samples = from_pcm16(pcm)
    if turn.noise_db is not None:
        noise = None if turn.noise is None else from_pcm16(load_sound(turn.noise))
        samples = with_noise(samples, turn.noise_db, noise, zlib.crc32(turn.shown.encode()))
    if turn.cough_at is not None:
        samples = with_cough(samples, turn.cough_at)
    return to_pcm16(samples)


async def spoken(text: str, voice: str = "", brain: str = "") -> bytes:
    """Return a text as the local endpoint's voice speaks it, as PCM16 at 24 kHz; on this machine, for nothing.

    The endpoint is the one with `brain`, which may be running already: see `Endpoint.brain`.
    """
    from realtime_widgets.chat.pipeline import SpeechPipeline  # brings the ways to talk over HTTP

    endpoint = replace(resolve_endpoint("local"), brain=brain)
    options: dict[str, Any] = {"voice": voice} if voice else {}
    async with SpeechPipeline(endpoint=endpoint, **options) as pipeline:
        return (await pipeline.speak(text)).pcm


def cough() -> npt.NDArray[np.float32]:
    """Return a cough, made of noise: float32 of shape (n,) at 24 kHz, the same each time."""
    random = np.random.default_rng(7)
    length = int((_BURSTS[-1][0] + _BURSTS[-1][1]) * SAMPLE_RATE)
    sound = np.zeros(length, np.float32)
    for begin_s, length_s, level in _BURSTS:
        begin, count = int(begin_s * SAMPLE_RATE), int(length_s * SAMPLE_RATE)
        air = np.convolve(random.standard_normal(count), np.ones(6) / 6, "same")
        time = np.arange(count) / count
        burst = air / np.abs(air).max() * np.minimum(time * 30, 1.0) * np.exp(-5 * time) * level
        sound[begin : begin + count] += burst.astype(np.float32)[: length - begin]
    return sound


def with_cough(samples: npt.NDArray[np.float32], at_s: float) -> npt.NDArray[np.float32]:
    """Return samples of shape (n,) at 24 kHz with a cough `at_s` seconds into them, or after them."""
    begin, added = int(at_s * SAMPLE_RATE), cough()
    mixed = np.zeros(max(len(samples), begin + len(added)), np.float32)
    mixed[: len(samples)] = samples
    mixed[begin : begin + len(added)] += added
    return np.clip(mixed, -1.0, 1.0)


def with_noise(
    samples: npt.NDArray[np.float32], distance_db: float, noise: npt.NDArray[np.float32] | None, seed: int
) -> npt.NDArray[np.float32]:
    """Return speech of shape (n,) at 24 kHz with noise under it, and a little before and after it.

    Parameters
    ----------
    samples
        The speech.
    distance_db
        How far the noise's level is below that of the speech (both as root mean squares), in decibels.
    noise
        The noise, repeated as needed; pink noise if None.
    seed
        Of pink noise: the same seed makes the same noise.
    """
    padding = np.zeros(int(_AROUND_S * SAMPLE_RATE), np.float32)
    speech = np.concatenate([padding, samples, padding])
    under = _pink(len(speech), seed) if noise is None else np.resize(noise, len(speech))
    level = _rms(samples) / 10 ** (distance_db / 20)
    scale = level / max(_rms(under), 1e-9)
    mixed: npt.NDArray[np.float32] = np.clip(speech + np.asarray(under * scale, np.float32), -1.0, 1.0)
    return mixed


def _pink(count: int, seed: int) -> npt.NDArray[np.float32]:
    """Return noise whose power falls with frequency, as most of the noise of rooms does."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(count))
    spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)), 1.0))
    spectrum[0] = 0
    noise: npt.NDArray[np.float32] = np.fft.irfft(spectrum, count).astype(np.float32)
    return noise


def _rms(samples: npt.NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0
