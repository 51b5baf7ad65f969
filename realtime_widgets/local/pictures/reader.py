"""The reader of pictures: two ONNX models and what lies between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from realtime_widgets.installing import install_extra
from realtime_widgets.local.models.engines import onnx_session, opening
from realtime_widgets.local.models.interfaces import PictureLine
from realtime_widgets.local.models.weights import (
    PICTURE_DETECTION,
    PICTURE_RECOGNITION,
    ModelMissingError,
)
from realtime_widgets.local.pictures.decoding import read_pixels
from realtime_widgets.local.pictures.detection import Box, detector_input, detector_size, find_boxes
from realtime_widgets.local.pictures.reading_order import reading_order
from realtime_widgets.local.pictures.recognition import alphabet, decode, recogniser_input, strip

if TYPE_CHECKING:
    import os

    import numpy.typing as npt
    from PIL import Image

#: Least confidence of a line, and most characters of a picture.
LEAST_CONFIDENCE, MAX_CHARACTERS = 0.6, 8000
#: What a user is told who shows a picture where the models are missing.
MISSING = f"that needs an extra; run {install_extra(PICTURE_DETECTION.extra)} and ask again"


class PpOcrReader:
    """Reads text with PP-OCRv6 small: a `PictureReader`, safe to call from several threads.

    Parameters
    ----------
    detection_path, recognition_path
        Weights to use instead of those that are found (see `weights.find_model`).

    Raises
    ------
    LocalEndpointError
        If a model is missing, not the genuine one, or not usable.
    """

    def __init__(
        self,
        detection_path: str | os.PathLike[str] | None = None,
        recognition_path: str | os.PathLike[str] | None = None,
    ) -> None:
        try:
            self._load(detection_path, recognition_path)
        except ModelMissingError as error:
            raise ModelMissingError(MISSING) from error

    def _load(
        self, detection_path: str | os.PathLike[str] | None, recognition_path: str | os.PathLike[str] | None
    ) -> None:
        with opening(PICTURE_DETECTION, detection_path) as found:
            self._detector = onnx_session(found.weights, keeps_memory=False)
        with opening(PICTURE_RECOGNITION, recognition_path) as found:
            self._recogniser = onnx_session(found.weights, keeps_memory=False)
            characters = self._recogniser.get_modelmeta().custom_metadata_map.get("character", "")
            self._alphabet = alphabet(characters, self._recogniser.get_outputs()[0].shape[-1])

    def __call__(self, data: bytes) -> list[PictureLine]:
        """Read a PNG or JPEG file; see `PictureReader`."""
        from PIL import Image

        picture = Image.fromarray(read_pixels(data))
        boxes = self._find(picture)
        lines: list[PictureLine] = []
        characters = 0
        for place in reading_order(boxes):
            text, confidence = self._recognise(picture, boxes[place])
            if confidence < LEAST_CONFIDENCE or not _is_text(text):
                continue
            characters += len(text)
            if characters > MAX_CHARACTERS:
                break
            lines.append(PictureLine(text, confidence))
        return lines

    def _find(self, picture: Image.Image) -> list[Box]:
        from PIL import Image

        size = detector_size(*picture.size)
        values = detector_input(np.asarray(picture.resize(size, Image.Resampling.BILINEAR)))
        return find_boxes(_run(self._detector, values)[0, 0], *picture.size)

    def _recognise(self, picture: Image.Image, box: Box) -> tuple[str, float]:
        """Return the text in a box and how sure it is; of a vertical one the surer reading of both directions.

        One at a time: together they would wait for the longest, and one core gains nothing by it.
        """
        turns = (90, 270) if box.vertical else (0,)
        strips = [recogniser_input(strip(picture, box, turned=turn)) for turn in turns]
        read = [decode(_run(self._recogniser, values)[0], self._alphabet) for values in strips]
        text, confidence = max(read, key=lambda one: one[1])
        return " ".join(text.split()), confidence


def _is_text(text: str) -> bool:
    """Return whether there is more than a bullet or a stroke."""
    return len(text) > 1 or text.isalnum()


def _run(session: Any, values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    answer: npt.NDArray[np.float32] = session.run(None, {session.get_inputs()[0].name: values})[0]
    return answer
