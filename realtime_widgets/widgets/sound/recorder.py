"""A recorder for talking in turns: press, speak, press again; the sound goes into the kernel's memory alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets

from realtime_widgets.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE, duration_ms
from realtime_widgets.audio.samples import from_pcm16
from realtime_widgets.errors import AudioError
from realtime_widgets.widgets import messages as msg
from realtime_widgets.widgets.base import RealtimeWidget, bundle

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class Recorder(RealtimeWidget):
    """Records the microphone of the page: ``await chat.ask(audio=recorder.audio, rate=recorder.rate)``.

    A recording is up to three minutes long; the next one replaces it. It is not in a trait, so that
    neither the notebook nor the saved state of its widgets contains it.

    Attributes
    ----------
    seconds : float
        Length of the last recording; 0 before there is one.
    rate : int
        Its sample rate, in hertz.
    """

    _esm = bundle("recorder.js")
    seconds = traitlets.Float(0.0, read_only=True).tag(sync=True)
    rate = SAMPLE_RATE

    def __init__(self) -> None:
        self._pcm = b""
        super().__init__()
        self._listen(msg.Recording, self._keep)

    @property
    def audio(self) -> npt.NDArray[np.float32]:
        """The last recording, mono float32 of shape (n,) in [-1, 1] at `rate` hertz.

        Raises
        ------
        AudioError
            If nothing was recorded yet.
        """
        if not self._pcm:
            raise AudioError("nothing is recorded yet: press the recorder's button, speak, and press it again")
        return from_pcm16(self._pcm)

    def _keep(self, recording: msg.Recording, buffers: list[Any]) -> None:
        if len(pcm := bytes(buffers[0])) >= BYTES_PER_SAMPLE:
            self._pcm = pcm[: len(pcm) // BYTES_PER_SAMPLE * BYTES_PER_SAMPLE]
            self.set_trait("seconds", duration_ms(len(self._pcm)) / 1000)
