"""Speech without a browser: sound fed into a session in real time, as a microphone would."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from realtime_widgets.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE
from realtime_widgets.errors import AudioError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from realtime_widgets.core.conversation.turns import Turn
    from realtime_widgets.runtime.session_runtime import SessionRuntime

#: Sound that is fed at once, in milliseconds and in bytes.
BLOCK_MS = 20
BLOCK_BYTES = SAMPLE_RATE * BLOCK_MS // 1000 * BYTES_PER_SAMPLE
#: Silence after the sound within which a turn must have begun, in seconds.
PATIENCE_S = 8.0


def save_heard(out: Path, heard: bytes) -> str:
    """Write what was heard to a WAV file, or elsewhere if that fails: it may have been paid for.

    Parameters
    ----------
    out
        The file.
    heard
        PCM16 at 24 kHz.

    Returns
    -------
    str
        Why it is not in that file, and where it is instead; empty if it is there.
    """
    from realtime_widgets.audio import samples  # brings numpy, which a microphone never needs

    try:
        samples.write_wav(out, samples.from_pcm16(heard))
    except OSError as error:
        failed = f"{out} could not be written: {error.strerror}"
    else:
        return ""
    import tempfile  # imports much, which only a full disk needs

    try:
        handle, name = tempfile.mkstemp(".wav", "heard-")
        os.close(handle)
        samples.write_wav(name, samples.from_pcm16(heard))
    except OSError:
        return f"{failed}; what was heard is lost."
    return f"{failed}; what was heard is in {name}."


class Conversing:
    """Speaks one sound into a session and waits until all its turns are answered and heard."""

    def __init__(self, runtime: SessionRuntime) -> None:
        self._runtime = runtime
        self._known = set(runtime.core.turns)
        self._added = bytearray()

    def add(self, pcm: bytes) -> None:
        """Speak `pcm` as well, in the silence after the sound: over the answer if it is being heard."""
        self._added += pcm

    def turns(self) -> list[Turn]:
        """Spoken turns that have begun since this was made."""
        turns = self._runtime.core.turns
        return [turn for turn_id, turn in turns.items() if turn.spoken and turn_id not in self._known]

    async def speak(self, pcm: bytes) -> list[Turn]:
        """Feed `pcm` in real time, then silence until everything is over.

        Raises
        ------
        AudioError
            If no speech was heard in it.
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
                await self._runtime.until(self._over, topics=("state",))
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
            lambda index: pcm[index * BLOCK_BYTES : (index + 1) * BLOCK_BYTES],
            lambda index: index * BLOCK_BYTES >= len(pcm) or self._closed(),
        )

    async def _wait_in_silence(self) -> None:
        """Keep sending silence: turn detection needs it after the words."""
        patience = int(PATIENCE_S * 1000 / BLOCK_MS)
        quiet_since = 0

        def block(index: int) -> bytes:
            added = bytes(self._added[:BLOCK_BYTES])
            del self._added[:BLOCK_BYTES]
            return added.ljust(BLOCK_BYTES, b"\0")

        def over(index: int) -> bool:
            nonlocal quiet_since
            if self._added:
                quiet_since = index
                return self._closed()
            if self._closed() or (self.turns() and self._over()):
                return True
            if self._busy():
                quiet_since = index
            return index - quiet_since > patience

        await self._paced(block, over)

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
        undecided = core.user_speaking or core.interruptions.undecided
        return undecided or core.activity != "listening" or reconnecting

    def _over(self) -> bool:
        waiting = self._busy() or self._runtime.core.expects_response
        return self._closed() or (not waiting and all(turn.done for turn in self.turns()))

    def _closed(self) -> bool:
        return self._runtime.state == "closed"
