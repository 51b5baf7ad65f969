"""The stages that this endpoint runs, and the loader of each of them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from realtime_widgets.local.inference.loading import (
    BRAIN,
    RECOGNITION,
    SYNTHESIS,
    TURN_END,
    VOICE_ACTIVITY,
    Models,
)

if TYPE_CHECKING:
    from realtime_widgets.local.brain.settings import BrainSettings
    from realtime_widgets.local.models.interfaces import PictureReader

logger = logging.getLogger(__name__)


def real_models(brain: BrainSettings) -> Models:
    """Return the models of this endpoint with the chosen brain; nothing is loaded yet."""
    return Models(
        {
            VOICE_ACTIVITY: _load_voice_activity,
            RECOGNITION: _load_recognition,
            BRAIN: lambda: _load_brain(brain),
            SYNTHESIS: _load_synthesis,
            TURN_END: _load_turn_end,
        },
        brain.model_id,
        brain.public(),
        _load_pictures if brain.reads_pictures else None,
    )


# Imported when they load: engines take a good part of a second, during which the server already answers.


def _load_brain(chosen: BrainSettings) -> Any:
    brain = chosen.load()
    look = getattr(brain, "problem", None)
    # It may become available later, so this is only a warning.
    if look is not None and (problem := look()) is not None:
        logger.warning("%s", problem)
    return brain


def _load_voice_activity() -> Any:
    from realtime_widgets.local.speech import load_voice_activity

    return load_voice_activity().detector


def _load_recognition() -> Any:
    from realtime_widgets.local.speech import load_recogniser

    return load_recogniser()


def _load_synthesis() -> Any:
    from realtime_widgets.local.speech import load_synthesiser

    return load_synthesiser()


def _load_turn_end() -> Any:
    from realtime_widgets.local.speech import load_turn_end

    return load_turn_end()


def _load_pictures() -> PictureReader:
    from realtime_widgets.local.pictures.reader import PpOcrReader

    return PpOcrReader()
