"""How failures inside the endpoint are told and logged."""

from __future__ import annotations

import logging
import traceback

from realtime_widgets.errors import RealtimeWidgetsError

logger = logging.getLogger(__name__)


def describe(error: Exception) -> str:
    """Word an error for the client whose request met it."""
    return str(error) if isinstance(error, RealtimeWidgetsError) else f"{type(error).__name__}: {error}"


def log_failure(during: str, error: Exception) -> None:
    """Log where something broke, without its text: that may hold what people said."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    logger.error("%s failed with %s\n%s", during, type(error).__name__, frames)
