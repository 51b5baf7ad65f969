"""Speech on this machine: voice activity, the end of turns, recognition and synthesis, behind `models.interfaces`.

Importing it is cheap: models and their engines are imported when they are loaded. Imports `models` and `errors`.
"""

from __future__ import annotations

from realtime_widgets.local.speech.loading import (
    SpeechModels,
    StageReport,
    load_models,
    load_recogniser,
    load_synthesiser,
    load_turn_end,
    load_voice_activity,
)
from realtime_widgets.local.speech.voices import VOICES

__all__ = [
    "VOICES",
    "SpeechModels",
    "StageReport",
    "load_models",
    "load_recogniser",
    "load_synthesiser",
    "load_turn_end",
    "load_voice_activity",
]
