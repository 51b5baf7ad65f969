"""Loads the stages of the endpoint in the background while it already answers."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
import traceback
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from realtime_widgets.errors import LocalEndpointError
from realtime_widgets.local.api.names import MODEL_ID

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from realtime_widgets.local.models.interfaces import PictureReader

logger = logging.getLogger(__name__)

#: Names of the stages, as `GET /v1/models` reports them.
VOICE_ACTIVITY, RECOGNITION, BRAIN, SYNTHESIS = "voice activity", "recognition", "brain", "synthesis"
#: An optional stage: without it a fixed silence ends a turn.
TURN_END = "turn end"


#: Seconds that `close` waits for the stage that is being loaded.
_LOADING_GRACE_S = 3.0


class StageUnavailableError(LocalEndpointError):
    """A stage could not be loaded; the text says what to do.

    Attributes
    ----------
    stage : str
        Name of the stage.
    code : str
        The protocol's error code: ``model_not_found`` or ``server_error``.
    """

    def __init__(self, stage: str, message: str, code: str) -> None:
        super().__init__(message)
        self.stage = stage
        self.code = code


class Models:
    """Loads stages one after the other on its own thread, and hands them out.

    Parameters
    ----------
    loaders
        Function that loads each stage, by its name; it may block. The voice activity stage is itself a function
        that makes a detector for each session.
    model_id
        Name of the model that the endpoint serves.
    brain
        What clients may know of the brain that answers.
    load_pictures
        Loads the reader of pictures, which happens when the first one comes; None if the brain needs none.

    Attributes
    ----------
    model_id, brain, load_pictures
        As given.
    """

    def __init__(
        self,
        loaders: Mapping[str, Callable[[], Any]],
        model_id: str = MODEL_ID,
        brain: Mapping[str, Any] | None = None,
        load_pictures: Callable[[], PictureReader] | None = None,
    ) -> None:
        self.model_id = model_id
        self.load_pictures = load_pictures
        self.brain = {"kind": "stand-in"} if brain is None else dict(brain)
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
        """Return the stage `name` as soon as it is loaded.

        Raises
        ------
        StageUnavailableError
            If it could not be loaded.
        """
        # Shielded: a session that ends must not cancel what all sessions wait for.
        return await asyncio.shield(asyncio.wrap_future(self._stages[name]))

    async def close(self) -> None:
        """Stop loading, and close what the brain holds, such as its connections to another server."""
        self._closing = True
        if self._loader.is_alive():
            # Opening an engine while the interpreter ends aborts the process.
            await asyncio.to_thread(self._loader.join, _LOADING_GRACE_S)
        brain = self._stages.get(BRAIN)
        if brain is not None and brain.done() and brain.exception() is None:
            close = getattr(brain.result(), "close", None)
            if close is not None:
                await close()

    def loaded(self, name: str) -> Any | None:
        """Return the stage `name` if it is loaded already; None otherwise."""
        stage = self._stages.get(name)
        return stage.result() if stage is not None and stage.done() and stage.exception() is None else None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all stages."""
        return tuple(self._stages)

    @property
    def loading(self) -> list[str]:
        """Names of the stages that are not loaded yet."""
        return [name for name, stage in self._stages.items() if not stage.done()]

    @property
    def problem(self) -> str | None:
        """What could not be loaded and what to do about it; None if all is well so far."""
        failures = (stage.exception() for stage in self._stages.values() if stage.done())
        return "\n".join(str(error) for error in failures if error is not None) or None

    @property
    def ready(self) -> bool:
        """Whether every stage is loaded."""
        return not self.loading and self.problem is None
