"""Voice activity detection with Silero: the probability of speech in each 32 ms of audio."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from realtime_widgets.errors import AudioError
from realtime_widgets.local.models.engines import onnx_session, opening
from realtime_widgets.local.models.interfaces import RECOGNITION_RATE
from realtime_widgets.local.models.weights import SILERO_VAD

if TYPE_CHECKING:
    import os

    import numpy.typing as npt

CHUNK_SAMPLES = 512
#: Number of samples of the previous chunk that the network needs before each chunk.
_CONTEXT_SAMPLES = 64
_STATE_SHAPE = (2, 1, 128)


class SileroDetector:
    """Detector of one session (`interfaces.VoiceActivityDetector`), made by `SileroModel.detector`.

    Parameters
    ----------
    session
        The model's `onnxruntime.InferenceSession`, which all detectors share.
    """

    #: Number of samples in a chunk: 32 ms at `RECOGNITION_RATE`.
    chunk_samples = CHUNK_SAMPLES

    def __init__(self, session: Any) -> None:
        self._session = session
        self._rate = np.array(RECOGNITION_RATE, dtype=np.int64)
        self.reset()

    def reset(self) -> None:
        """Forget what was heard so far."""
        self._state = np.zeros(_STATE_SHAPE, dtype=np.float32)
        self._context = np.zeros((1, _CONTEXT_SAMPLES), dtype=np.float32)

    def __call__(self, chunk: npt.NDArray[np.float32]) -> float:
        """Return the probability (0 to 1) that `chunk` is speech: float32 of shape (512,) in [-1, 1] at 16 kHz.

        Raises
        ------
        AudioError
            If the chunk has another shape.
        """
        if chunk.shape != (CHUNK_SAMPLES,):
            raise AudioError(f"the detector takes {CHUNK_SAMPLES} samples at a time, not shape {chunk.shape}")
        seen = np.concatenate((self._context, chunk.astype(np.float32, copy=False)[np.newaxis]), axis=1)
        probability, self._state = self._session.run(None, {"input": seen, "state": self._state, "sr": self._rate})
        self._context = seen[:, -_CONTEXT_SAMPLES:]
        return float(probability[0, 0])


class SileroModel:
    """The loaded model; makes detectors.

    Parameters
    ----------
    path
        ``silero_vad.onnx`` or its folder; None finds it (see `weights.find_model`).

    Raises
    ------
    LocalEndpointError
        If the model is missing, not genuine or unusable.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        with opening(SILERO_VAD, path) as found:
            self._session = onnx_session(found.weights)
            self.detector()(np.zeros(CHUNK_SAMPLES, dtype=np.float32))

    def detector(self) -> SileroDetector:
        """Make a detector with its own state, for one session."""
        return SileroDetector(self._session)
