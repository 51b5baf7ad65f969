"""Speech that does not come from a browser: files and arrays, fed into a session as a microphone would."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from realtime_widgets.errors import AudioError
from realtime_widgets.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy.typing as npt

    from realtime_widgets.runtime import SessionRuntime
    from realtime_widgets.turns import Turn

    Sound = str | os.PathLike[str] | bytes | npt.NDArray[Any]

BLOCK_MS = 20
_BLOCK_BYTES = SAMPLE_RATE * BLOCK_MS // 1000 * BYTES_PER_SAMPLE
#: Silence after the end of the sound in which a turn must have been noticed, in seconds.
PATIENCE_S = 8.0


def load_sound(sound: Sound, rate: int | None = None) -> bytes:
    """Bring a sound file or an array to the session's PCM16.

    Parameters
    ----------
    sound
        A path or the bytes of a WAV, FLAC, OGG or MP3 file, or an array of samples (n,) or (n, channels).
    rate
        Sample rate of an array, in hertz; a file knows its own.

    Raises
    ------
    AudioError
        Where it is empty, unreadable, or an array comes without its rate.
    """
    from realtime_widgets.audio import read_sound, to_pcm16  # brings numpy, which a microphone never needs

    if isinstance(sound, (str, bytes, os.PathLike)):
        if rate is not None:
            raise AudioError("a sound file knows its own sample rate: leave rate= out")
        samples, file_rate = read_sound(sound)
        return to_pcm16(samples, file_rate)
    if rate is None:
        raise AudioError("an array of samples needs its sample rate: pass rate=, in hertz (for example 16000)")
    return to_pcm16(sound, rate)


def check_folder(file: Path) -> None:
    """Raise `AudioError` where the folder that a sound file is to be written to does not exist."""
    if not file.absolute().parent.is_dir():
        raise AudioError(f"there is no folder {file.parent} to write {file.name} to; make it first")


class Conversing:
    """Speaks one sound into a session and waits until all its turns are answered and heard."""

    def __init__(self, runtime: SessionRuntime) -> None:
        self._runtime = runtime
        self._known = set(runtime.core.turns)

    def turns(self) -> list[Turn]:
        """Spoken turns that have begun since."""
        turns = self._runtime.core.turns
        return [turn for turn_id, turn in turns.items() if turn.spoken and turn_id not in self._known]

    async def speak(self, pcm: bytes) -> list[Turn]:
        """Feed `pcm` in real time, then silence until everything is over.

        Raises
        ------
        AudioError
            Where nobody was heard to speak in it.
        """
        core = self._runtime.core
        core.keep_spoken_audio = True
        manual = self._runtime.settings.turn_detection is None
        pressed = False
        try:
            if manual:
                self._runtime.press()
                pressed = True
            await self._feed(pcm)
            if manual:
                self._runtime.release()
                pressed = False
                await self._runtime.until(self._over)
            else:
                await self._wait_in_silence()
        finally:
            core.keep_spoken_audio = False
            if pressed:
                self._runtime.perform(core.release(ask=False))
        if not self.turns() and not self._closed():
            raise AudioError(
                "no speech was heard in this sound: is it loud enough, is its sample rate the right one?"
            )
        return self.turns()

    async def _feed(self, pcm: bytes) -> None:
        await self._paced(
            lambda index: pcm[index * _BLOCK_BYTES : (index + 1) * _BLOCK_BYTES],
            lambda index: index * _BLOCK_BYTES >= len(pcm) or self._closed(),
        )

    async def _wait_in_silence(self) -> None:
        """Keep the microphone open, for turn detection needs the silence after the words."""
        silence = bytes(_BLOCK_BYTES)
        patience = int(PATIENCE_S * 1000 / BLOCK_MS)
        quiet_since = 0

        def over(index: int) -> bool:
            nonlocal quiet_since
            if self._closed() or (self.turns() and self._over()):
                return True
            if self._busy():
                quiet_since = index
            return index - quiet_since > patience

        await self._paced(lambda index: silence, over)

    async def _paced(self, block: Callable[[int], bytes], over: Callable[[int], bool]) -> None:
        clock = self._runtime.clock
        start, index = clock.time(), 0
        while not over(index):
            self._runtime.hear(block(index))
            index += 1
            await clock.sleep(max(0.0, start + index * BLOCK_MS / 1000 - clock.time()))

    def _busy(self) -> bool:
        core = self._runtime.core
        reconnecting = self._runtime.state == "reconnecting"
        undecided = core.user_speaking or core.barge_in.undecided
        return undecided or core.activity != "listening" or reconnecting

    def _over(self) -> bool:
        waiting = self._busy() or self._runtime.core.expects_response
        return self._closed() or (not waiting and all(turn.done for turn in self.turns()))

    def _closed(self) -> bool:
        return self._runtime.state == "closed"
