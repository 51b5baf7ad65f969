"""Loads the speech stages one by one, and reports each of them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from realtime_widgets.errors import LocalEndpointError
from realtime_widgets.local.speech.recogniser import WhisperRecogniser
from realtime_widgets.local.speech.synthesiser import HibariSynthesiser
from realtime_widgets.local.speech.turn_end import SmartTurn
from realtime_widgets.local.speech.voice_activity import SileroModel

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from realtime_widgets.local.speech.voice_activity import SileroDetector

Stage = TypeVar("Stage")


@dataclass(frozen=True)
class StageReport:
    """The report of loading one stage.

    Attributes
    ----------
    name
        ``"voice activity"``, ``"recognition"`` or ``"synthesis"``.
    seconds
        Time for loading and warming up.
    error
        What went wrong; None if the stage is ready.
    """

    name: str
    seconds: float
    error: LocalEndpointError | None = None


@dataclass(frozen=True)
class SpeechModels:
    """The speech stages, loaded and warm, shared by all sessions of one server.

    Attributes
    ----------
    recogniser
        An `interfaces.Recogniser`.
    synthesiser
        An `interfaces.Synthesiser`.
    voice_activity
        Makes an `interfaces.VoiceActivityDetector` for each session.
    """

    recogniser: WhisperRecogniser
    synthesiser: HibariSynthesiser
    voice_activity: SileroModel

    def detector(self) -> SileroDetector:
        """Make a voice activity detector for one session."""
        return self.voice_activity.detector()


def load_voice_activity(path: str | os.PathLike[str] | None = None) -> SileroModel:
    """Load the voice activity model from `path` or where it is found; raise `LocalEndpointError` on failure."""
    return SileroModel(path)


def load_recogniser(path: str | os.PathLike[str] | None = None, workers: int = 2) -> WhisperRecogniser:
    """Load the recogniser from `path` or where it is found; raise `LocalEndpointError` on failure."""
    return WhisperRecogniser(path, workers)


def load_synthesiser(path: str | os.PathLike[str] | None = None) -> HibariSynthesiser:
    """Load the synthesiser from `path` or where it is found; raise `LocalEndpointError` on failure."""
    return HibariSynthesiser(path)


def load_turn_end(path: str | os.PathLike[str] | None = None) -> SmartTurn:
    """Load the end-of-turn model from `path` or where it is found; raise `LocalEndpointError` on failure."""
    return SmartTurn(path)


def load_models(
    *,
    recogniser_path: str | os.PathLike[str] | None = None,
    voice_activity_path: str | os.PathLike[str] | None = None,
    synthesiser_path: str | os.PathLike[str] | None = None,
    workers: int = 2,
    report: Callable[[StageReport], None] | None = None,
) -> SpeechModels:
    """Load and warm up all stages; blocks for about a second, so call it on a thread of its own.

    Parameters
    ----------
    recogniser_path, voice_activity_path, synthesiser_path
        Weights to use instead of those that are found (see `weights.find_model`).
    workers
        Number of utterances that are recognised at the same time.
    report
        Called after each stage, also after one that failed.

    Raises
    ------
    LocalEndpointError
        If stages could not be loaded; the text names all of them.
    """
    errors: list[LocalEndpointError] = []

    def timed(name: str, load: Callable[[], Stage]) -> Stage | None:
        started = time.perf_counter()
        stage, error = None, None
        try:
            stage = load()
        except LocalEndpointError as caught:
            error = caught
            errors.append(caught)
        if report is not None:
            report(StageReport(name, time.perf_counter() - started, error))
        return stage

    voice_activity = timed("voice activity", lambda: load_voice_activity(voice_activity_path))
    recogniser = timed("recognition", lambda: load_recogniser(recogniser_path, workers))
    synthesiser = timed("synthesis", lambda: load_synthesiser(synthesiser_path))
    if voice_activity is None or recogniser is None or synthesiser is None:
        raise LocalEndpointError("\n".join(map(str, errors))) from errors[0]
    return SpeechModels(recogniser, synthesiser, voice_activity)
