"""Loads the speech stages, one by one, and tells how each went."""

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
    """How the loading of one stage went.

    Attributes
    ----------
    name
        ``"voice activity"``, ``"recognition"`` or ``"synthesis"``.
    seconds
        How long loading and warming up took.
    error
        What went wrong; None where it is ready.
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
        A `stages.Recogniser`.
    synthesiser
        A `stages.Synthesiser`.
    voice_activity
        Makes a `stages.VoiceActivityDetector` for each session.
    """

    recogniser: WhisperRecogniser
    synthesiser: HibariSynthesiser
    voice_activity: SileroModel

    def detector(self) -> SileroDetector:
        """Make a voice activity detector for one session."""
        return self.voice_activity.detector()


def load_voice_activity(path: str | os.PathLike[str] | None = None) -> SileroModel:
    """Load the voice activity model from `path` or where it is found; raises `LocalEndpointError`."""
    return SileroModel(path)


def load_recogniser(path: str | os.PathLike[str] | None = None, workers: int = 2) -> WhisperRecogniser:
    """Load the recogniser from `path` or where it is found; raises `LocalEndpointError`."""
    return WhisperRecogniser(path, workers)


def load_synthesiser(path: str | os.PathLike[str] | None = None) -> HibariSynthesiser:
    """Load the synthesiser from `path` or where it is found; raises `LocalEndpointError`."""
    return HibariSynthesiser(path)


def load_turn_end(path: str | os.PathLike[str] | None = None) -> SmartTurn:
    """Load the end-of-turn model from `path` or where it is found; raises `LocalEndpointError`."""
    return SmartTurn(path)


def load_models(
    *,
    recogniser_path: str | os.PathLike[str] | None = None,
    voice_activity_path: str | os.PathLike[str] | None = None,
    synthesiser_path: str | os.PathLike[str] | None = None,
    workers: int = 2,
    report: Callable[[StageReport], None] | None = None,
) -> SpeechModels:
    """Load and warm up all stages; blocking (about a second), made to be called on a thread of its own.

    Parameters
    ----------
    recogniser_path, voice_activity_path, synthesiser_path
        Weights to use instead of those found (see `weights.find_model`).
    workers
        Utterances recognised at the same time.
    report
        Called after each stage, also after one that failed.

    Raises
    ------
    LocalEndpointError
        Where stages could not be loaded; the text names all of them.
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
