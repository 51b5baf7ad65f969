"""How a call ended, and the texts of its errors for the model and for the person."""

from __future__ import annotations

import json
import os
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from realtime_widgets.errors import ToolArgumentsError
from realtime_widgets.tools.capture import PrintedText
from realtime_widgets.tools.notices import one_line

if TYPE_CHECKING:
    from types import TracebackType

_HERE = str(Path(__file__).parent) + os.sep
_MAX_ERROR = 1_000  # characters of an error text that go to the model
_MAX_TRACEBACK = 32_000  # characters of a traceback that are kept, half from each end


@dataclass(frozen=True)
class ToolResult:
    """How one call ended; there is exactly one for each.

    Attributes
    ----------
    call_id, name, arguments : str
        The call as the model sent it.
    version : int or None
        Version of the tool that ran; None where there is no such tool.
    output : str
        What goes to the model: the result, or ``{"error": ...}``.
    value : object
        What the tool returned; None after an error.
    error : str or None
        What went wrong, in one line.
    traceback : str
        For the person: the frames from the tool on. Empty without an error, and where the tool was never
        reached.
    printed : str
        What the call printed.
    pictures : tuple of str
        What the call displayed, as data URIs of PNG or JPEG.
    images : tuple of str
        The pictures among what it returned, which went to the model after the output, as data URIs.
    seconds : float
        From the call to its result, waiting for a thread or the loop included.
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
    pictures: tuple[str, ...] = field(default=(), repr=False)
    images: tuple[str, ...] = field(default=(), repr=False)
    seconds: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """What came of running a tool's code."""

    output: str
    value: Any = None
    error: str | None = None
    traceback: str = ""
    images: tuple[str, ...] = ()


def failure(error: str, trace: str = "") -> Outcome:
    """Make the outcome of a call that went wrong; the model gets the error in one line."""
    text = one_line(error)
    if len(text) > _MAX_ERROR:
        text = text[: _MAX_ERROR - 1] + "…"
    return Outcome(json.dumps({"error": text}, ensure_ascii=False), error=text, traceback=trace)


def raised(error: BaseException) -> Outcome:
    """Make the outcome of a call whose code raised `error`."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename.startswith(_HERE):
        frames = frames.tb_next
    if isinstance(error, ToolArgumentsError) and frames is None:
        return failure(str(error))  # the model's mistake: the tool was never reached
    return failure(described(error), _formatted(error, frames))


def described(error: BaseException) -> str:
    """Name an error and its text, whatever that does."""
    name = type(error).__name__
    try:
        text = str(error)
    except Exception:
        return f"{name} (its text cannot be shown)"
    return f"{name}: {text}" if text else name


def _formatted(error: BaseException, frames: TracebackType | None) -> str:
    kept = PrintedText(_MAX_TRACEBACK)
    for line in traceback.TracebackException(type(error), error, frames).format():
        kept.write(line)
    return kept.text()
