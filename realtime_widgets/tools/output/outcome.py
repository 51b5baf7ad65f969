"""How a call ended, and the texts of its errors for the model and the user."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from realtime_widgets.errors import ToolArgumentsError
from realtime_widgets.tools.output.terminal import without_escapes
from realtime_widgets.tools.output.traces import formatted, tool_was_reached
from realtime_widgets.tools.schema.messages import one_line

if TYPE_CHECKING:
    from realtime_widgets.tools.output.displays import Display

#: How the data URIs of pictures begin that every front end and a notebook's file can show.
PICTURES = ("data:image/png;", "data:image/jpeg;")
#: What the model reads of a call without a value: this alone, or how what the user sees is told after `DONE`.
NOTHING, DONE = "null", "done; shown to the user: "
_MAX_ERROR = 1_000  # characters of an error text that go to the model


@dataclass(frozen=True)
class ToolResult:
    """How one call ended; each call has exactly one result.

    Attributes
    ----------
    call_id : str
        Id of the call.
    name : str
        Name of the tool.
    version : int or None
        Version of the tool that ran; None if there is no such tool.
    arguments : str
        The arguments as the model sent them, JSON text.
    output : str
        Text for the model: the result, or ``{"error": ...}``.
    value : object
        Value that the tool returned; None after an error. An iterator has been read as far as `output` shows it.
    error : str or None
        What went wrong, in one line.
    traceback : str
        Traceback for the user, from the tool's own frame on; empty without an error, or if the tool was never
        reached.
    printed : str
        Text that the call printed, with its colours, as a terminal would show it.
    displays : tuple of Display
        What the call displayed or returned, in its order, as its card shows it.
    images : tuple of str
        Images that the tool returned, as data URIs; they are sent to the model after the output.
    seconds : float
        Seconds from the call to its result, including the wait for a thread or the loop.
    read_as : str
        The arguments as they were read, if the model sent them slightly wrong; empty otherwise.
    """

    call_id: str
    name: str
    version: int | None
    arguments: str
    output: str
    value: Any = field(default=None, repr=False)
    error: str | None = None
    traceback: str = field(default="", repr=False)
    printed: str = field(default="", repr=False)
    displays: tuple[Display, ...] = field(default=(), repr=False)
    images: tuple[str, ...] = field(default=(), repr=False)
    seconds: float = 0.0
    read_as: str = field(default="", repr=False, compare=False)

    @property
    def pictures(self) -> tuple[str, ...]:
        """Images that the call displayed or returned, as data URIs of PNG or JPEG."""
        return tuple(each.data for each in self.displays if each.data.startswith(PICTURES))


@dataclass(frozen=True)
class Outcome:
    """How a tool's code ended."""

    output: str
    value: Any = None
    error: str | None = None
    traceback: str = ""
    images: tuple[str, ...] = ()


def returned_nothing(result: ToolResult) -> bool:
    """Whether a call ended well without a value, so that a cell would show no result either."""
    return (
        result.error is None
        and result.value is None
        and (result.output == NOTHING or result.output.startswith(DONE))
    )


def failure(error: str, trace: str = "") -> Outcome:
    """Return the outcome of a failed call; the model gets the error in one line."""
    text = one_line(without_escapes(error))
    if len(text) > _MAX_ERROR:
        text = text[: _MAX_ERROR - 1] + "…"
    return Outcome(json.dumps({"error": text}, ensure_ascii=False), error=text, traceback=trace)


def raised(error: BaseException) -> Outcome:
    """Return the outcome of a call whose code raised `error`."""
    if isinstance(error, ToolArgumentsError) and not tool_was_reached(error):
        return failure(str(error))  # the model's mistake
    return failure(described(error), formatted(error))


def described(error: BaseException) -> str:
    """Return the name and the text of an error, even if its ``__str__`` fails."""
    name = type(error).__name__
    try:
        text = str(error)
    except Exception:
        return f"{name} (its text cannot be shown)"
    return f"{name}: {text}" if text else name
