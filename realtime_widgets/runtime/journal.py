"""Every event of a session with its time, without sound and images; written as it happens or saved later.

What happens is also handed on whole, in batches, to those who make something of it.
"""

from __future__ import annotations

from collections import deque
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec

from realtime_widgets.protocol import events as ev
from realtime_widgets.protocol.events import decode_object
from realtime_widgets.protocol.events.frames import encode_json
from realtime_widgets.protocol.events.server import SOURCE
from realtime_widgets.protocol.secrets import shown
from realtime_widgets.tools.hosted_mcp import without_secrets

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator

    from realtime_widgets.core.playback.ledger import PlayedTo
    from realtime_widgets.timeline.builder import Happening

#: Events kept in memory; older ones are dropped first.
KEPT_EVENTS = 20_000
#: Longest frame, without its audio, that is stored as received and decoded when it is read; in characters.
LONGEST_FRAME = 2_000
#: Events and reports of the player that are handed on at once: a block of sound must not take its way through all
#: who make something of it.
BATCH = 64

Sender = Literal["client", "server"]


class Record(msgspec.Struct, frozen=True):
    """One event: seconds since the session's start, who sent it, and what it was.

    Sound and images are left out: ``audio``, the ``delta`` of audio events and the data in ``image_url`` stand
    as the number of bytes instead.
    """

    at: float
    sender: Sender
    event: dict[str, Any]


def _fit_to_keep(name: str, value: Any, images: bool = False) -> Any:
    """Return the value of a field with all sound and images in it as their length in bytes, without secrets."""
    if name == "image_url" and not images and isinstance(value, str) and value.startswith("data:"):
        kind, _, data = value.partition(",")
        return f"{kind},[{byte_count(data)} bytes]"
    if name == "audio" and isinstance(value, str | bytes):
        return len(value) if isinstance(value, bytes) else byte_count(value)
    if isinstance(value, dict):
        if value.get("type") == "mcp":
            value = without_secrets(value)
        return {key: _fit_to_keep(key, each, images) for key, each in value.items()}
    if isinstance(value, list):
        return [_fit_to_keep("", each, images) for each in value]
    return value


def byte_count(base64: str) -> int:
    """Return how many bytes a text in base64 stands for."""
    return len(base64.rstrip("=")) * 3 // 4


def without_sound(event: dict[str, Any], *, images: bool = False) -> dict[str, Any]:
    """Return an event as it is kept: sound and images as their length in bytes, without secrets.

    Parameters
    ----------
    event
        The event as JSON has it.
    images
        Whether images stay as they are.
    """
    data = {name: _fit_to_keep(name, value, images) for name, value in event.items()}
    if isinstance(data.get("delta"), str) and str(data.get("type")).endswith("audio.delta"):
        data["delta"] = byte_count(data["delta"])
    return data


def _frame(event: ev.AnyServerEvent) -> _Frame | None:
    """Return what to keep of the frame of an event, None if the event was not read from a small one."""
    source = None if isinstance(event, ev.OtherEvent) else event.__dict__.get(SOURCE)
    if isinstance(source, str) and isinstance(event, ev.OutputAudioDelta) and len(source) > LONGEST_FRAME:
        rest = source.replace(event.delta, "", 1)
        if len(rest) <= LONGEST_FRAME:
            return _Frame(rest, byte_count(event.delta))
    if isinstance(source, str | bytes) and len(source) <= LONGEST_FRAME:
        return _Frame(source)
    return None


def _read(at: float, sender: Sender, kept: dict[str, Any] | _Frame) -> Record:
    if isinstance(kept, _Frame):
        data = without_sound(decode_object(kept.text))
        if kept.sound is not None:
            data["delta"] = kept.sound
        return Record(at, sender, data)
    return Record(at, sender, kept)


class _Frame(NamedTuple):
    """A frame of the server that is decoded when it is read; of its audio only the number of bytes is kept."""

    text: str | bytes
    sound: int | None = None


class Journal:
    """The events of one session.

    Parameters
    ----------
    clock
        Seconds, monotonic.

    Attributes
    ----------
    on_problem
        Called with what is wrong when a file can be written to no longer.
    failure
        Why the file of `write_to` does not hold everything; empty if it does.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._start = clock()
        self._kept: deque[tuple[float, Sender, dict[str, Any] | _Frame]] = deque(maxlen=KEPT_EVENTS)
        #: Events that are not kept any more.
        self._gone = 0
        self._file: IO[bytes] | None = None
        self._block: dict[str, Any] = {}
        self.on_problem: Callable[[str], object] = lambda text: None
        self.failure = ""
        #: Called with each event and who sent it.
        self.listeners: list[Callable[[Sender, ev.ClientEvent | ev.AnyServerEvent], object]] = []
        #: Called with what happened since the last time, in order, each with its time; after `BATCH` at most.
        self.batched: list[Callable[[list[tuple[float, Happening]]], object]] = []
        self._batch: list[tuple[float, Happening]] = []

    def __iter__(self) -> Iterator[Record]:
        return (_read(*kept) for kept in list(self._kept))

    @property
    def count(self) -> int:
        """Events so far, with those that are not kept any more: the number of the next one, from 0."""
        return self._gone + len(self._kept)

    def since(self, number: int, most: int) -> list[tuple[int, Record]]:
        """Return the kept events from a number on, at most so many, each with its number."""
        first = max(number, self._gone) - self._gone
        kept = islice(self._kept, first, first + most)
        return [(self._gone + index, _read(*each)) for index, each in enumerate(kept, first)]

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def now(self) -> float:
        """Seconds since the session's start."""
        return round(self._clock() - self._start, 4)

    def played(self, positions: list[PlayedTo]) -> None:
        """Note how much of each part the player reports as heard."""
        self._hand_on(self.now, positions)

    def flush(self) -> None:
        """Hand on what has happened so far."""
        batch, self._batch = self._batch, []
        for listener in self.batched if batch else ():
            listener(batch)

    def _hand_on(self, at: float, happening: Happening) -> None:
        self._batch.append((at, happening))
        if len(self._batch) >= BATCH:
            self.flush()

    def record(self, sender: Sender, event: ev.ClientEvent | ev.AnyServerEvent) -> None:
        """Note one event."""
        for listener in self.listeners:
            listener(sender, event)
        at = self.now
        self._hand_on(at, event)
        if isinstance(event, ev.InputAppend) and not event.event_id:
            # A microphone's blocks are fifty a second and all alike: they share one dictionary.
            if self._block.get("audio") != len(event.audio):
                self._block = {"type": event.type, "audio": len(event.audio)}
            data: dict[str, Any] | _Frame = self._block
        elif isinstance(event, ev.ClientEvent):
            data = without_sound(msgspec.to_builtins(event, builtin_types=(bytes,), enc_hook=shown))
        else:
            data = _frame(event) or without_sound(event.data)
        self._gone += len(self._kept) == KEPT_EVENTS
        self._kept.append((at, sender, data))
        if self._file:
            line = encode_json(_read(at, sender, data)) + b"\n"
            if self._failed(lambda file: file.write(line)):
                self.on_problem(self.failure)

    def write_to(self, file: IO[bytes] | None) -> None:
        """Write every further event to `file` too, a JSON object a line; None ends that.

        A file that fails, such as on a full disk, ends neither the talk nor what is kept in memory: `on_problem`
        is called, and the events from then on are missing in the file.
        """
        self._failed(lambda file: file.flush())
        self._file = file
        if file is not None:
            self.failure = ""

    def _failed(self, action: Callable[[IO[bytes]], object]) -> bool:
        """Do something with the file, if there is one; leave it and return True if that fails."""
        if self._file is None:
            return False
        try:
            action(self._file)
        except (OSError, ValueError) as error:  # or it was closed
            why = error.strerror if isinstance(error, OSError) else error
            name = getattr(self._file, "name", "the journal's file")
            self.failure = f"{name} could not be written: {why}; its last events are missing."
            self._file = None
            return True
        return False

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write what is kept to a file, a JSON object a line.

        Raises
        ------
        OSError
            If the file cannot be written, or only a part of it.
        """
        try:
            Path(path).write_bytes(b"".join(encode_json(record) + b"\n" for record in self))
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(path)) from None  # a full disk names no file
