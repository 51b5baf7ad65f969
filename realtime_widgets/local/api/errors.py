"""Errors: refusals in the service's own terms, and how the endpoint's own failures are worded and logged."""

from __future__ import annotations

import logging
import traceback
from typing import Any

from realtime_widgets.errors import RealtimeWidgetsError

logger = logging.getLogger(__name__)

#: Error types of the service.
INVALID_REQUEST = "invalid_request_error"
SERVER_ERROR = "server_error"


#: Largest number of characters of the client's own text that an error repeats.
_LONGEST_TEXT, _LONGEST_PATH = 1000, 300


class RequestRefusedError(Exception):
    """A request or client event that is refused; the session goes on.

    Attributes
    ----------
    code : str
        The service's error code, such as ``invalid_value``.
    message : str
        What is wrong and what to do about it.
    param : str or None
        Path of the parameter, such as ``session.audio.output.voice``.
    kind : str
        The service's error type.
    """

    def __init__(self, code: str, message: str, param: str | None = None, kind: str = INVALID_REQUEST):
        super().__init__(message)
        self.code = code
        self.message = _shortened(message, _LONGEST_TEXT)
        self.param = None if param is None else _shortened(param, _LONGEST_PATH)
        self.kind = kind

    def body(self, event_id: str | None = None) -> dict[str, Any]:
        """Return the ``error`` object of an error event; `event_id` is that of the client's event."""
        return {
            "type": self.kind,
            "code": self.code,
            "message": self.message,
            "param": self.param,
            "event_id": event_id,
        }


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def invalid_value(message: str, param: str | None) -> RequestRefusedError:
    """Return the refusal of a value that is not allowed."""
    return RequestRefusedError("invalid_value", message, param)


def describe(error: Exception) -> str:
    """Return the text of an error for the client whose request caused it."""
    return str(error) if isinstance(error, RealtimeWidgetsError) else f"{type(error).__name__}: {error}"


def log_failure(during: str, error: Exception) -> None:
    """Log where something failed, without the error's text: it may hold what people said."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    logger.error("%s failed with %s\n%s", during, type(error).__name__, frames)
