"""Tells whether a user who pauses has finished: Smart Turn, which listens to how it was said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from realtime_widgets.local.models.engines import onnx_session, opening
from realtime_widgets.local.models.interfaces import RECOGNITION_RATE
from realtime_widgets.local.models.weights import SMART_TURN
from realtime_widgets.local.speech.features import HOP_SAMPLES, log_mel

if TYPE_CHECKING:
    import os

    import numpy.typing as npt

#: Sound that the model looks at: the last of the turn, in seconds.
_WINDOW_S = 8
_WINDOW_SAMPLES = _WINDOW_S * RECOGNITION_RATE
_LEAST_VARIANCE = 1e-7


class SmartTurn:
    """End-of-turn model (`interfaces.TurnEnd`); safe to call from several threads.

    Parameters
    ----------
    path
        The ONNX file or its folder; None finds it (see `weights.find_model`).

    Raises
    ------
    LocalEndpointError
        If the model is missing, not genuine or unusable.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        with opening(SMART_TURN, path) as found:
            self._session = onnx_session(found.weights)
            self(np.zeros(RECOGNITION_RATE, dtype=np.float32))

    def __call__(self, samples: npt.NDArray[np.float32]) -> float:
        """Probability (0 to 1) that the turn is over.

        Parameters
        ----------
        samples
            Mono float32 of shape (n,) at 16 kHz: the turn up to and with the pause.
        """
        last = samples[-_WINDOW_SAMPLES:]
        window = np.zeros(_WINDOW_SAMPLES, dtype=np.float32)
        window[_WINDOW_SAMPLES - last.size :] = last  # the model wants the pause at the end
        window = (window - window.mean()) / np.sqrt(window.var() + _LEAST_VARIANCE)
        features = log_mel(window, _WINDOW_SAMPLES // HOP_SAMPLES)
        (probability,) = self._session.run(None, {"input_features": features})
        return float(probability.reshape(-1)[0])
