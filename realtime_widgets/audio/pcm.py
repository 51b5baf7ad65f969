"""The sound format of the Realtime protocol, mono PCM16 of 24 kHz, and lengths in it; arrays are in `audio`."""

from __future__ import annotations

#: Sample rate of the Realtime protocol's ``audio/pcm``, in hertz.
SAMPLE_RATE = 24_000
#: Bytes of one PCM16 sample.
BYTES_PER_SAMPLE = 2


def duration_ms(pcm_bytes: int, rate: int = SAMPLE_RATE) -> float:
    """Milliseconds of sound in `pcm_bytes` bytes of mono PCM16."""
    return pcm_bytes / BYTES_PER_SAMPLE / rate * 1000
