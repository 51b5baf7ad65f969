"""Refusals in the service's own terms: code, parameter path and message."""

from __future__ import annotations

from typing import Any

#: Error types of the service.
INVALID_REQUEST = "invalid_request_error"
SERVER_ERROR = "server_error"


#: Characters of a client's own words that an error repeats at most.
_LONGEST_TEXT, _LONGEST_PATH = 1000, 300


class RequestRefusedError(Exception):
    """A client event that is refused; the session goes on.

    Attributes
    ----------
    code : str
        The service's error code, such as ``invalid_value``.
    message : str
        What was wrong and what to do.
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
        """Return the ``error`` object of an error event; `event_id` is the client event's own."""
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
    """Build the refusal for a value that cannot be."""
    return RequestRefusedError("invalid_value", message, param)
