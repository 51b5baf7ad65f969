"""The loudness of a stream in steps of 20 ms, for waveforms and for where speech begins and ends. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from realtime_widgets.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE

#: Samples of one step, 20 ms.
STEP = SAMPLE_RATE // 50
STEP_S = STEP / SAMPLE_RATE
#: Steps that are kept of one stream, two hours of sound; older ones are forgotten.
MOST_STEPS = 2 * 3600 * 50
#: Speech is what reaches this share of its loudest step (-26 dB) ...
SPEECH_SHARE = 0.05
#: ... and this peak, of 255 (-42 dB below full scale).
SPEECH_FLOOR = 2


@dataclass(frozen=True)
class Wave:
    """A waveform: the peak of each step of 20 ms, 0 to 255, from `begin` seconds on."""

    begin: float
    peaks: bytes

    @property
    def end(self) -> float:
        """When it is over, in seconds."""
        return self.begin + len(self.peaks) * STEP_S


class Envelope:
    """The peaks of a stream of PCM16 at 24 kHz, one for each 20 ms; the newest two hours of them."""

    def __init__(self) -> None:
        self._peaks = bytearray()
        #: Steps that were forgotten.
        self._gone = 0
        self._rest = b""
        self.samples = 0

    def add(self, pcm: bytes) -> None:
        """Add sound; half a sample at its end is left out."""
        pcm = pcm[: len(pcm) // BYTES_PER_SAMPLE * BYTES_PER_SAMPLE]
        self.samples += len(pcm) // BYTES_PER_SAMPLE
        samples = memoryview(self._rest + pcm).cast("h")
        whole = len(samples) // STEP * STEP
        for first in range(0, whole, STEP):
            step = samples[first : first + STEP].tolist()
            loudest = max(max(step), -min(step))  # noqa: PLW3301 - twice as fast as one call with all
            self._peaks.append(min(255, loudest >> 7))
        self._rest = samples[whole:].tobytes()
        if len(self._peaks) > MOST_STEPS:
            del self._peaks[:STEP]
            self._gone += STEP

    def peaks(self, first: int, last: int) -> bytes:
        """Return the peaks of the samples from `first` up to `last`, in whole steps; what is forgotten is 0."""
        begin, end = first // STEP, -(-last // STEP)
        forgotten = max(0, min(end, self._gone) - begin)
        kept = self._peaks[max(0, begin - self._gone) : max(0, end - self._gone)]
        return bytes(forgotten) + bytes(kept)

    def speech(self, first: int, last: int) -> tuple[int, int]:
        """Return where speech begins and ends between two samples, to 20 ms; the two if nothing is loud there."""
        peaks = self.peaks(first, last)
        limit = max(SPEECH_FLOOR, SPEECH_SHARE * max(peaks, default=0))
        loud = [number for number, peak in enumerate(peaks) if peak >= limit]
        if not loud:
            return first, last
        begin = first // STEP
        return max(first, (begin + loud[0]) * STEP), min(last, (begin + loud[-1] + 1) * STEP)


def peaks_of(pcm: bytes) -> bytes:
    """Return the peaks of a whole sound, PCM16 at 24 kHz, in steps of 20 ms."""
    envelope = Envelope()
    envelope.add(pcm)
    return envelope.peaks(0, envelope.samples)
