"""A microphone for tests: it speaks sounds and tones into a session, at the pace of a clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_widgets.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE, duration_ms
from realtime_widgets.audio.samples import load_sound
from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.session.talking.talk import BLOCK_MS
from realtime_widgets.testing.scripted_server.responses import tone

if TYPE_CHECKING:
    from realtime_widgets.audio.samples import Sound
    from realtime_widgets.concurrency.clock import Clock, Timer
    from realtime_widgets.session.session import RealtimeSession

_BLOCK_BYTES = SAMPLE_RATE * BLOCK_MS // 1000 * BYTES_PER_SAMPLE


class PlayedMicrophone:
    """Captures as a page's microphone does: a block of 20 ms every 20 ms while it is open, silence included.

    Parameters
    ----------
    session
        The session that hears it.
    clock
        The clock that sets its pace; the session's by default.

    Examples
    --------
    >>> microphone = PlayedMicrophone(session)
    >>> microphone.open()
    >>> microphone.speak("question.wav")
    >>> await clock.advance(microphone.queued_ms / 1000)
    """

    def __init__(self, session: RealtimeSession, clock: Clock | None = None) -> None:
        self._runtime = session.runtime
        self._clock = clock or self._runtime.clock
        self._engine = shared_engine()
        self._queue = bytearray()
        self._timer: Timer | None = None
        #: When it was opened, and the number of blocks since: late timers must not slow it down.
        self._opened, self._blocks = 0.0, 0

    @property
    def queued_ms(self) -> float:
        """Milliseconds of sound that are queued and not yet spoken."""
        return duration_ms(len(self._queue))

    def open(self) -> None:
        """Begin to capture; does nothing if it is open already."""
        self._engine.run(self._open)

    def close(self) -> None:
        """Stop capturing and drop the queued sound."""
        self._engine.run(self._close)

    def speak(self, sound: Sound, rate: int | None = None) -> None:
        """Queue a sound.

        Parameters
        ----------
        sound
            Path or bytes of a sound file, or an array of samples of shape (n,) or (n, channels).
        rate
            Sample rate in Hz; required when `sound` is an array.

        Raises
        ------
        AudioError
            When the sound cannot be used.
        """
        self._engine.run(self._queue.extend, load_sound(sound, rate))

    def tone(self, milliseconds: float, hertz: float = 220.0) -> None:
        """Queue a soft sine tone of this length and pitch (Hz), for when words do not matter."""
        self._engine.run(self._queue.extend, tone(milliseconds, hertz))

    def silence(self, milliseconds: float) -> None:
        """Queue silence of this length."""
        samples = round(milliseconds * SAMPLE_RATE / 1000)
        self._engine.run(self._queue.extend, bytes(samples * BYTES_PER_SAMPLE))

    def press(self) -> None:
        """Press push-to-talk."""
        self._engine.run(self._runtime.press)

    def release(self) -> None:
        """Release push-to-talk."""
        self._engine.run(self._runtime.release)

    def _open(self) -> None:
        if self._timer is None:
            self._opened, self._blocks = self._clock.time(), 0
            self._wait()

    def _wait(self) -> None:
        self._blocks += 1
        due = self._opened + self._blocks * BLOCK_MS / 1000
        self._timer = self._clock.call_later(max(0.0, due - self._clock.time()), self._capture)

    def _close(self) -> None:
        self._queue.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _capture(self) -> None:
        block = bytes(self._queue[:_BLOCK_BYTES])
        del self._queue[:_BLOCK_BYTES]
        self._wait()
        self._runtime.hear(block.ljust(_BLOCK_BYTES, b"\0"))
