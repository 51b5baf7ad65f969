"""Errors of a brain."""

from __future__ import annotations

from realtime_widgets.errors import LocalEndpointError

#: Code for an answer that ended because it reached the limit that the request set.
MAX_OUTPUT_TOKENS = "max_output_tokens"


class BrainError(LocalEndpointError):
    """A brain cannot answer.

    The text says why and what to do; it never holds a key.

    Attributes
    ----------
    code : str
        The protocol's error code, such as ``model_not_found``.
    """

    def __init__(self, message: str, code: str = "server_error") -> None:
        super().__init__(message)
        self.code = code
