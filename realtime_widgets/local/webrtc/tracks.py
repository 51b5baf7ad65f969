"""The two directions of a call's audio: a track that plays in real time, and the peer's track as samples."""

from __future__ import annotations

import asyncio
import fractions
from typing import TYPE_CHECKING

import numpy as np
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import AudioFrame, AudioResampler

from realtime_widgets.audio.pcm import SAMPLE_RATE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    import numpy.typing as npt

#: Longest lag of a stalled loop that is made up for, in seconds.
_CATCH_UP_S = 0.2
#: Time without a packet after which the peer counts as silent, in seconds: it may send nothing then.
_STARVED_S = 0.3
#: Longest silence that replaces missing packets, in seconds.
_LONGEST_GAP_S = 2.0


class PacedTrack(MediaStreamTrack):
    """Sends 24 kHz mono audio in real time.

    Parameters
    ----------
    next_block
        Returns the int16 samples of shape (n,) to play now.
    """

    kind = "audio"

    def __init__(self, next_block: Callable[[], npt.NDArray[np.int16]]) -> None:
        super().__init__()
        self._next_block = next_block
        self._position = 0
        self._due_s: float | None = None

    async def recv(self) -> AudioFrame:
        """Return the next frame when its time has come."""
        now_s = asyncio.get_running_loop().time()
        if self._due_s is None or self._due_s < now_s - _CATCH_UP_S:
            self._due_s = now_s
        await asyncio.sleep(max(0.0, self._due_s - now_s))
        if self.readyState != "live":
            raise MediaStreamError
        samples = self._next_block()
        frame = AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = SAMPLE_RATE
        frame.pts = self._position
        frame.time_base = fractions.Fraction(1, SAMPLE_RATE)
        self._position += len(samples)
        self._due_s += len(samples) / SAMPLE_RATE
        return frame


async def heard(track: MediaStreamTrack) -> AsyncIterator[npt.NDArray[np.int16]]:
    """Yield the peer's audio, int16 of shape (n,) at 24 kHz mono, until its track ends.

    Packets that are lost, or not sent because the peer is silent, become silence: otherwise the end of speech
    would not be noticed.
    """
    resampler = AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
    expected_s: float | None = None
    filled_s = 0.0
    while True:
        try:
            async with asyncio.timeout(_STARVED_S):
                frame = await track.recv()
        except TimeoutError:
            if expected_s is not None:
                filled_s += _STARVED_S
                yield _silence(_STARVED_S)
            continue
        except MediaStreamError:
            return
        assert isinstance(frame, AudioFrame)
        if expected_s is not None and frame.time is not None:
            missing_s = frame.time - expected_s - filled_s
            if 0 < missing_s < _LONGEST_GAP_S:
                yield _silence(missing_s)
        expected_s = (frame.time or 0.0) + frame.samples / frame.sample_rate
        filled_s = 0.0
        # The resampler would treat a gap in the times as an error.
        frame.pts = None
        for converted in resampler.resample(frame):
            yield converted.to_ndarray()[0]


def _silence(seconds: float) -> npt.NDArray[np.int16]:
    return np.zeros(round(seconds * SAMPLE_RATE), dtype=np.int16)
