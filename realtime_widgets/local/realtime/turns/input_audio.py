"""The input audio buffer: the client's sound on the session's own time line. Pure."""

from __future__ import annotations

from realtime_widgets.local.api.audio_formats import BYTES_PER_SECOND, sample_bytes

#: Longest uncommitted audio that is kept; a turn that grows longer is ended.
MAX_BUFFERED_MS = 10 * 60 * 1000


class InputBuffer:
    """Audio that is not yet committed; times in ms since the first audio of the session.

    Attributes
    ----------
    encoding : str
        The wire's format.
    start_ms, end_ms : float
        Times of the beginning and the end of the audio it holds.
    """

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding
        self.start_ms = 0.0
        self._data = bytearray()

    @property
    def end_ms(self) -> float:
        """Time of the end of the last whole sample."""
        return self.start_ms + self._ms(len(self._data) // self._width * self._width)

    @property
    def _width(self) -> int:
        return sample_bytes(self.encoding)

    def _ms(self, size: int) -> float:
        return size * 1000 / BYTES_PER_SECOND[self.encoding]

    def _offset(self, time_ms: float) -> int:
        samples = round((time_ms - self.start_ms) * BYTES_PER_SECOND[self.encoding] / 1000 / self._width)
        return max(0, min(samples, len(self._data) // self._width)) * self._width

    def append(self, data: bytes) -> None:
        """Add audio; half a sample at the end waits for its other half."""
        self._data += data

    def between(self, start_ms: float, end_ms: float) -> bytes:
        """Return the audio from `start_ms` to `end_ms`, as far as it is here."""
        return bytes(self._data[self._offset(start_ms) : self._offset(end_ms)])

    def drop_until(self, time_ms: float) -> None:
        """Remove the audio before `time_ms`."""
        offset = self._offset(time_ms)
        del self._data[:offset]
        self.start_ms += self._ms(offset)

    def change_encoding(self, encoding: str) -> None:
        """Remove everything and continue in another format."""
        self.drop_until(self.end_ms)
        self._data.clear()
        self.encoding = encoding
