"""Tracebacks as a cell shows them: cells by their number, without the frames of this package."""

from __future__ import annotations

import os
import re
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from realtime_widgets.tools.output.capture import PrintedText

if TYPE_CHECKING:
    from types import FrameType

_HERE = str(Path(__file__).parents[1]) + os.sep
_PACKAGE = str(Path(__file__).parents[2]) + os.sep
_MAX_TRACEBACK = 32_000  # characters of a traceback that are kept, half from each end
_PLACE = re.compile(r'^\s*(?:\| *)*((?:Cell In\[\d+\]|File "[^"\n]+"), line \d+)', re.MULTILINE)
_FILE = re.compile(r'^(\s*(?:\| *)*)File "([^"\n]+)", (?=line \d+)', re.MULTILINE)


def tool_was_reached(error: BaseException) -> bool:
    """Whether an error came from code outside of this package's tools."""
    frames = error.__traceback__
    while frames is not None:
        if not frames.tb_frame.f_code.co_filename.startswith(_HERE):
            return True
        frames = frames.tb_next
    return False


def formatted(error: BaseException) -> str:
    """Return the traceback of an error, from the first frame of the tool on.

    Parameters
    ----------
    error
        The error as it was caught.
    """
    told = traceback.TracebackException.from_exception(error)
    _hide(told, set())
    kept = PrintedText(_MAX_TRACEBACK)
    for line in told.format():
        kept.write(_named(line))
    return kept.text()


def failed_at(text: str) -> str:
    """Return where a tool failed by its formatted traceback: cell or file, and line; empty if it says none."""
    places = _PLACE.findall(text)
    return " ".join(places[-1].split()) if places else ""


def where(frame: FrameType | None) -> str:
    """Return where the code of a tool is in a thread, as a traceback; empty if no such code runs.

    Parameters
    ----------
    frame
        The innermost frame of the thread.
    """
    stack = traceback.extract_stack(frame) if frame is not None else []
    own = [index for index, each in enumerate(stack) if each.filename.startswith(_HERE)]
    lines = traceback.format_list(stack[own[-1] + 1 :]) if own else []
    return "Where it was (most recent call last):\n" + _named("".join(lines)) if lines else ""


def _hide(told: traceback.TracebackException, seen: set[int]) -> None:
    """Leave out the frames of this package, in an error and in all that it came from."""
    if id(told) in seen:
        return
    seen.add(id(told))
    told.stack[:] = [frame for frame in told.stack if not frame.filename.startswith(_PACKAGE)]
    for other in (told.__cause__, told.__context__, *(getattr(told, "exceptions", None) or ())):
        if other is not None:
            _hide(other, seen)


def _named(text: str) -> str:
    """Name cells as IPython does."""
    compiler = _compiler()
    if compiler is None:
        return text

    def name(match: re.Match[str]) -> str:
        label = compiler.format_code_name(match[2])
        return f"{match[1]}{' '.join(label)}, " if label else match[0]

    return _FILE.sub(name, text)


def _compiler() -> Any:
    """Return what knows the files of cells; None outside of IPython."""
    module = sys.modules.get("IPython.core.interactiveshell")
    shell_class = getattr(module, "InteractiveShell", None)
    shell = shell_class.instance() if shell_class is not None and shell_class.initialized() else None
    compiler = getattr(shell, "compile", None)
    return compiler if hasattr(compiler, "format_code_name") else None
