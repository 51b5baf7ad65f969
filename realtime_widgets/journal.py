"""Every event of a session with its time, without sound and images; written as it happens or saved later."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

import msgspec

from realtime_widgets.protocol import events as ev
from realtime_widgets.tools.hosted import without_secrets

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator

#: Events kept in memory; older ones are dropped first.
KEPT_EVENTS = 20_000


class Record(msgspec.Struct, frozen=True):
    """One event: seconds since the session's start, who sent it, and what it was.

    Sound and images are left out: ``audio``, the ``delta`` of audio events and the data in ``image_url`` stand
    as the number of bytes instead.
    """

    at: float
    sender: Literal["client", "server"]
    event: dict[str, Any]


def _fit_to_keep(name: str, value: Any) -> Any:
    """Return the value of a field with all sound and images in it as their length in bytes, without secrets."""
    if name == "image_url" and isinstance(value, str) and value.startswith("data:"):
        kind, _, data = value.partition(",")
        return f"{kind},[{_byte_count(data)} bytes]"
    if name == "audio" and isinstance(value, str | bytes):
        return len(value) if isinstance(value, bytes) else _byte_count(value)
    if isinstance(value, dict):
        if value.get("type") == "mcp":
            value = without_secrets(value)
        return {key: _fit_to_keep(key, each) for key, each in value.items()}
    if isinstance(value, list):
        return [_fit_to_keep("", each) for each in value]
    return value


def _byte_count(base64: str) -> int:
    return len(base64.rstrip("=")) * 3 // 4


class Journal:
    """The events of one session.

    Parameters
    ----------
    clock
        Seconds, monotonic.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._start = clock()
        self._records: deque[Record] = deque(maxlen=KEPT_EVENTS)
        self._file: IO[bytes] | None = None
        self._block: dict[str, Any] = {}

    def __iter__(self) -> Iterator[Record]:
        return iter(list(self._records))

    def __len__(self) -> int:
        return len(self._records)

    def record(self, sender: Literal["client", "server"], event: ev.ClientEvent | ev.AnyServerEvent) -> None:
        """Note one event."""
        record = Record(round(self._clock() - self._start, 4), sender, self._data(event))
        self._records.append(record)
        if self._file:
            self._file.write(msgspec.json.encode(record) + b"\n")

    def _data(self, event: ev.ClientEvent | ev.AnyServerEvent) -> dict[str, Any]:
        if isinstance(event, ev.InputAppend) and not event.event_id:
            # A microphone's blocks are fifty a second and all alike: they share one dictionary.
            if self._block.get("audio") != len(event.audio):
                self._block = {"type": event.type, "audio": len(event.audio)}
            return self._block
        if isinstance(event, ev.ClientEvent):
            data = msgspec.to_builtins(event, builtin_types=(bytes,))
        else:
            data = event.data
        data = {name: _fit_to_keep(name, value) for name, value in data.items()}
        if event.type.endswith("audio.delta") and isinstance(data.get("delta"), str):
            data["delta"] = _byte_count(data["delta"])
        return data

    def write_to(self, file: IO[bytes] | None) -> None:
        """Write every further event to `file` too, a JSON object a line; None ends that."""
        self._file = file

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write what is kept to a file, a JSON object a line."""
        Path(path).write_bytes(b"".join(msgspec.json.encode(record) + b"\n" for record in self))
