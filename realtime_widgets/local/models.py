"""The stages of the endpoint, loaded in the background while it already answers."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
import traceback
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from realtime_widgets.errors import LocalEndpointError
from realtime_widgets.local.brain.settings import BrainSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

logger = logging.getLogger(__name__)

#: The stages' names, as `GET /v1/models` reports them.
VOICE_ACTIVITY, RECOGNITION, BRAIN, SYNTHESIS = "voice activity", "recognition", "brain", "synthesis"
#: A stage that turns are found without, by the clock.
TURN_END = "turn end"


#: Seconds that the end waits for the stage being loaded.
_LOADING_GRACE_S = 3.0


class StageUnavailableError(LocalEndpointError):
    """A stage that could not be loaded; the text gives the cure.

    Attributes
    ----------
    stage : str
        Its name.
    code : str
        The protocol's error code: ``model_not_found`` or ``server_error``.
    """

    def __init__(self, stage: str, message: str, code: str) -> None:
        super().__init__(message)
        self.stage = stage
        self.code = code


class Models:
    """Loads stages one after the other on a thread of its own and hands them out.

    Parameters
    ----------
    loaders
        For each stage's name what loads it; blocking. The voice activity stage is a function that makes a
        detector for each session.
    brain
        The choice of a brain, by which clients know what answers.
    """

    def __init__(self, loaders: Mapping[str, Callable[[], Any]], brain: BrainSettings | None = None) -> None:
        #: Which brain answers.
        self.brain = brain or BrainSettings()
        self._loaders = dict(loaders)
        self._stages: dict[str, Future[Any]] = {name: Future() for name in loaders}
        self._loader = threading.Thread(target=self._load_all, name="load models", daemon=True)
        self._closing = False

    def start(self) -> None:
        """Begin to load."""
        self._loader.start()

    def _load_all(self) -> None:
        for name, load in self._loaders.items():
            if self._closing:
                return
            started = time.perf_counter()
            try:
                stage = load()
            except LocalEndpointError as error:
                self._fail(name, StageUnavailableError(name, str(error), "model_not_found"))
            except Exception as error:
                logger.error("".join(traceback.format_exception(error)))
                text = f"loading {name} failed: {type(error).__name__}: {error}"
                self._fail(name, StageUnavailableError(name, text, "server_error"))
            else:
                logger.info("%s loaded in %.2f s", name, time.perf_counter() - started)
                self._stages[name].set_result(stage)
        logger.info("ready" if self.ready else "running with stages missing")

    def _fail(self, name: str, error: StageUnavailableError) -> None:
        logger.error("%s is not available: %s", name, error)
        self._stages[name].set_exception(error)

    async def get(self, name: str) -> Any:
        """Return the stage `name`, waiting until it is loaded; raises `StageUnavailableError`."""
        # Shielded: one session that goes away must not cancel what all sessions wait for.
        return await asyncio.shield(asyncio.wrap_future(self._stages[name]))

    async def close(self) -> None:
        """Load nothing more, and let go of what the brain holds, such as its connections to another server."""
        self._closing = True
        if self._loader.is_alive():
            # An engine that is being opened while the interpreter ends aborts the process.
            await asyncio.to_thread(self._loader.join, _LOADING_GRACE_S)
        brain = self._stages.get(BRAIN)
        if brain is not None and brain.done() and brain.exception() is None:
            close = getattr(brain.result(), "close", None)
            if close is not None:
                await close()

    def loaded(self, name: str) -> Any | None:
        """Return the stage `name` if it is there by now."""
        stage = self._stages.get(name)
        return stage.result() if stage is not None and stage.done() and stage.exception() is None else None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all stages."""
        return tuple(self._stages)

    @property
    def loading(self) -> list[str]:
        """Names of the stages still to be loaded."""
        return [name for name, stage in self._stages.items() if not stage.done()]

    @property
    def problem(self) -> str | None:
        """What could not be loaded, with the cure; None where all is well so far."""
        failures = (stage.exception() for stage in self._stages.values() if stage.done())
        return "\n".join(str(error) for error in failures if error is not None) or None

    @property
    def ready(self) -> bool:
        """Whether every stage is loaded."""
        return not self.loading and self.problem is None


def real_models(brain: BrainSettings) -> Models:
    """Return the models this endpoint really runs, with the chosen brain; nothing is loaded yet."""
    return Models(
        {
            VOICE_ACTIVITY: _load_voice_activity,
            RECOGNITION: _load_recognition,
            BRAIN: lambda: _load_brain(brain),
            SYNTHESIS: _load_synthesis,
            TURN_END: _load_turn_end,
        },
        brain,
    )


# Imported when they load: engines take a good part of a second, and the server answers meanwhile.


def _load_brain(chosen: BrainSettings) -> Any:
    brain = chosen.load()
    look = getattr(brain, "problem", None)
    # It may come up later, so this is only told.
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
