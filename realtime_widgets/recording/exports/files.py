"""Writes a recording as other kinds of files."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, Protocol

from realtime_widgets.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt


class Exported(Protocol):
    """What can be exported; a recording is one."""

    @property
    def both(self) -> npt.NDArray[np.int16]:
        """Both sides, int16 of shape (n, 2) at 24 kHz."""

    def to_html(self) -> str:
        """Return a page."""

    def to_markdown(self) -> str:
        """Return markdown."""

    def to_messages(self) -> list[dict[str, Any]]:
        """Return messages of Chat Completions."""

    def to_srt(self) -> str:
        """Return subtitles."""

    def to_vtt(self) -> str:
        """Return subtitles."""

    def to_notebook(self) -> dict[str, Any]:
        """Return a notebook."""


def _wav(recording: Exported) -> bytes:
    from realtime_widgets.recording.file.sound import wav  # brings numpy

    return wav(recording.both)


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "replace")


_KINDS: dict[str, Callable[[Any], bytes]] = {
    ".wav": _wav,
    ".html": lambda recording: recording.to_html().encode("utf-8", "replace"),
    ".md": lambda recording: recording.to_markdown().encode("utf-8", "replace"),
    ".json": lambda recording: _json(recording.to_messages()),
    ".srt": lambda recording: recording.to_srt().encode("utf-8", "replace"),
    ".vtt": lambda recording: recording.to_vtt().encode("utf-8", "replace"),
    ".ipynb": lambda recording: _json(recording.to_notebook()),
}


def save(recording: Exported, path: Path) -> Path:
    """Write a recording as the kind of file that the ending of `path` names; see `RecordedTalk.save`."""
    make = _KINDS.get(path.suffix.lower())
    if make is None:
        raise ConfigurationError(f"a recording is saved as {', '.join(_KINDS)}, not as {path.name!r}")
    if not path.absolute().parent.is_dir():
        raise ConfigurationError(f"there is no folder {path.parent}: make it first")
    data = make(recording)
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.write_bytes(data)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise ConfigurationError(f"{path} cannot be written: {error.strerror or error}") from None
    return path


def running_shell() -> Any:
    """Return IPython's shell if a notebook runs here, otherwise None."""
    get_ipython = getattr(sys.modules.get("IPython"), "get_ipython", None)
    shell = get_ipython() if get_ipython else None
    return shell if getattr(shell, "kernel", None) is not None else None
