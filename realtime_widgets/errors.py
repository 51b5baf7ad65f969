"""Errors that the package raises on purpose; each text says what was wrong and what to do."""

from __future__ import annotations


class RealtimeWidgetsError(Exception):
    """Base of every error of this package."""


class AudioError(RealtimeWidgetsError, ValueError):
    """Sound that cannot be used: wrong shape, empty, unreadable."""


class ImageError(RealtimeWidgetsError, ValueError):
    """An image that cannot be used: of no known kind, unreadable, with values out of range."""


class ConfigurationError(RealtimeWidgetsError, ValueError):
    """A setting that cannot be: an unknown voice, a value out of range, a missing key."""


class ConnectionFailedError(RealtimeWidgetsError, ConnectionError):
    """The endpoint could not be reached, refused us, or went away.

    Attributes
    ----------
    close_code : int or None
        Close code of the WebSocket, if it was open; 1006 if it was lost without one.
    http_status : int or None
        With which the endpoint refused.
    unreachable : bool
        Whether nobody answered.
    """

    def __init__(
        self,
        message: str = "",
        *,
        close_code: int | None = None,
        http_status: int | None = None,
        unreachable: bool = False,
    ) -> None:
        super().__init__(message)
        self.close_code = close_code
        self.http_status = http_status
        self.unreachable = unreachable


class SessionClosedError(ConnectionFailedError):
    """The session has ended; the text contains the reason."""


class ResponseFailedError(RealtimeWidgetsError, RuntimeError):
    """The service reported that a response failed.

    Attributes
    ----------
    code : str or None
        The service's error code, if it gave one.
    """

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code


class CheckStoppedError(RealtimeWidgetsError, RuntimeError):
    """A check did not let pass what was to be sent.

    Attributes
    ----------
    check : str
        Name of the check.
    """

    def __init__(self, message: str, check: str = "") -> None:
        super().__init__(message)
        self.check = check


class AuditError(RealtimeWidgetsError, ValueError):
    """An audit trail is not whole: something was changed, removed or moved; the text says where."""


class RecordingError(RealtimeWidgetsError, ValueError):
    """A recording that cannot be read, or that does not hold what is asked of it."""


class ItemNotFoundError(RealtimeWidgetsError, LookupError):
    """The service has no such item, or did not return it."""


class ToolDefinitionError(RealtimeWidgetsError, TypeError):
    """A function that cannot be a tool as it stands; the text names what to change."""


class ToolArgumentsError(RealtimeWidgetsError, ValueError):
    """Arguments of a tool call that do not parse or do not fit the tool's schema."""


class ToolStoppedError(RealtimeWidgetsError, RuntimeError):
    """Raised by `progress` inside a tool whose call was cancelled or ran out of time."""


class LocalEndpointError(RealtimeWidgetsError, RuntimeError):
    """The embedded endpoint could not start or lacks what it needs."""


class McpServerError(RealtimeWidgetsError, RuntimeError):
    """An MCP server cannot be started or reached, was lost in the middle of a call, or refused one."""
