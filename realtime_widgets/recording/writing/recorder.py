"""Writes a session down while it goes on; taps on the I/O thread, files on a thread of their own."""

from __future__ import annotations

import asyncio
import atexit
import base64
import logging
import os
import platform
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from weakref import WeakValueDictionary

import msgspec

from realtime_widgets.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE
from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.core.captions.core import CaptionCore
from realtime_widgets.errors import ConfigurationError, SessionClosedError
from realtime_widgets.protocol import events as ev
from realtime_widgets.protocol.events.frames import encode_json
from realtime_widgets.protocol.events.server import SOURCE
from realtime_widgets.protocol.secrets import masked, masked_frame, shown
from realtime_widgets.recording.file.format import FORMAT, SUFFIX, VERSION
from realtime_widgets.recording.file.parts import MOST_BYTES, MOST_PARTS, PartsWriter
from realtime_widgets.recording.writing.joining import WaitingForSession, join_fact
from realtime_widgets.recording.writing.tracks import HeardSound, SoundClock, Track
from realtime_widgets.recording.writing.watching import CaptionWatch, SessionWatch
from realtime_widgets.runtime.journal import without_sound
from realtime_widgets.safety.append_file import AppendFile
from realtime_widgets.shown_text import visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.core.playback.ledger import Part, PlayedTo
    from realtime_widgets.recording.writing.joining import Join
    from realtime_widgets.recording.writing.watching import Fact
    from realtime_widgets.runtime.journal import Sender
    from realtime_widgets.runtime.session_runtime import SessionRuntime
    from realtime_widgets.tools import ToolRegistry

log = logging.getLogger(__name__)

#: How often what is new goes to the file, in seconds, and how much of the sound waits for blocks that come late.
#: Together less than a second, which is the most that a crash may cost.
TICK_S, LATE_S = 0.4, 0.3
#: How soon a change of the conversation is looked at, in seconds.
LOOK_S = 0.1
#: Back-off: it waits 30 times as long as the last look took, so that looking takes at most 3 % of the thread.
LOOK_REST = 30
#: Bytes that may wait for a disk that is full before the recording ends.
MOST_UNWRITTEN = 64_000_000


@dataclass
class _Batch:
    """What is new since the last one: facts, or events with their sound, and both tracks from a time on."""

    begin: int
    captured: bytes
    played: bytes
    facts: list[Fact | _Event] = field(default_factory=list)


@dataclass(frozen=True)
class _Event:
    at: float
    sender: Sender
    #: As JSON, or as an object.
    event: bytes | str | dict[str, Any]
    #: Base64 of the sound that it brings.
    sound: str = ""


class RunningRecording:
    """A recording that is being written; `RealtimeSession.record` and `Captions.record` make it.

    It ends by `stop`, at its limits, or with the program. With its session it pauses, whole and readable, and goes
    on if that is started again; it passes to a session that takes the place of this one in the notebook. As a
    context manager it ends with the block.

    Attributes
    ----------
    path : pathlib.Path
        The file.
    """

    def __init__(
        self,
        runtime: SessionRuntime,
        registry: ToolRegistry,
        file: AppendFile,
        *,
        sources: bool,
        seconds_limit: float,
        bytes_limit: float,
    ) -> None:
        self.path = file.path
        self._runtime, self._file = runtime, file
        self._sources = sources
        self._seconds_limit, self._bytes_limit = seconds_limit, bytes_limit
        self._start = runtime.journal.now
        self._captured, self._played, self._heard = Track(), Track(), HeardSound()
        self._sound_clock = SoundClock()
        self._sessions = 0
        self._waiting: WaitingForSession | None = None
        self._watch = self._new_watch(registry)
        self._facts: list[Fact | _Event] = []
        self._positions: dict[tuple[str, int], int] = {}
        self._last_part: Part | None = None
        self._encoder = _Encoder(self._failed)
        self._ends: list[Callable[[], object]] = []
        self._looking: asyncio.TimerHandle | None = None
        self._rest = LOOK_S
        self._ticking: asyncio.TimerHandle | None = None
        self._over = threading.Event()
        self._process = os.getpid()
        self._checked = False
        self._problem = ""

    @property
    def running(self) -> bool:
        """Whether it is being written: not if it is over, and not while its session is."""
        return not self._over.is_set() and self._waiting is None

    @property
    def seconds(self) -> float:
        """Seconds that were recorded so far."""
        return self._played.begin / SAMPLE_RATE

    @property
    def megabytes(self) -> float:
        """Millions of bytes of the file so far."""
        return self._encoder.parts.size / 1e6

    @property
    def problem(self) -> str:
        """Why it cannot be written, or why it ended before it was stopped; empty if nothing is wrong."""
        return self._problem

    def stop(self) -> Path:
        """End the recording, wait until it is written, and return its path; harmless if it is over."""
        shared_engine().run(self.finish, "it was stopped")
        self._file.close()
        self._check()
        return self.path

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        waits = "paused until its session is started again:" if self._waiting else "recorded"
        state = "recording" if self.running else waits
        problem = f"; {self._problem}" if self._problem else ""
        return visible(f"<{state} {self.path.name}: {self.seconds:.1f} s, {self.megabytes:.1f} MB{problem}>")

    def begin(self, manifest: Fact) -> None:
        """Begin to record; on the I/O thread."""
        self._file.on_problem.append(self._file_problem)
        self._file.append(lambda: self._encoder.manifest(manifest))
        self._attach()

    def pass_to(self, runtime: SessionRuntime, registry: ToolRegistry) -> bool:
        """Go on with another session, which takes the place of this one; on the I/O thread.

        Returns whether it does: not if it is over, or if the other session is recorded already.
        """
        if self._over.is_set() or runtime.state == "closed":
            return False
        if any(each.records(runtime) for each in _running.values()):
            self.finish("another session took its place, and is recorded itself")
            return False
        before = self._runtime
        if self._waiting is None:
            self._look()
            self._detach()
            now = self._now
            self._runtime = runtime
            self._start = runtime.journal.now - now
            self._join("session", 0.0, registry)
        elif not self._open_again("session", self._waiting.seconds, runtime, registry):
            return False
        before.tell(f"The recording {self.path.name} goes on with the session that took the place of this one.")
        runtime.tell(
            f"The recording {self.path.name} of the session before goes on with this one: the words, and the "
            "sound of both sides."
        )
        return True

    def records(self, runtime: SessionRuntime) -> bool:
        """Return whether it records a session, or will do so once that is started again."""
        return self._runtime is runtime and not self._over.is_set()

    def may_pass_to(self, runtime: SessionRuntime) -> bool:
        """Return whether the user means this recording if another session is recorded into the same file."""
        return not self._over.is_set() and (self._waiting is not None or self._runtime.successor == runtime.id)

    def _attach(self) -> None:
        """Follow the session."""
        for listeners, listener in self._taps():
            listeners.append(listener)
            self._ends.append(partial(listeners.remove, listener))
        self._ends.append(self._runtime.observe(self._look_soon, "state", "conversation", "calls", "money"))
        self._look()
        self._tick()
        atexit.register(self._leave)

    def _detach(self) -> None:
        """Follow the session no more."""
        for end in self._ends:
            end()
        self._ends.clear()
        for timer in (self._looking, self._ticking):
            if timer is not None:
                timer.cancel()
        self._looking = self._ticking = None
        atexit.unregister(self._leave)

    def _new_watch(self, registry: ToolRegistry) -> SessionWatch:
        self._sessions += 1
        # Ids that sessions make by themselves are the same in each of them.
        prefix = f"{self._sessions}:" if self._sessions > 1 else ""
        self._sound_clock.begin(_captured_samples(self._runtime))
        if isinstance(self._runtime.core, CaptionCore):
            return CaptionWatch(self._runtime, registry, self._sources, prefix, self._sound_clock.when)
        return SessionWatch(self._runtime, registry, self._sources, prefix)

    def _join(self, join: Join, pause: float, registry: ToolRegistry | None) -> None:
        """Mark that it goes on, and follow the session from here; `registry` has the tools of another one."""
        self._facts.append(join_fact(self._now, join, pause, self._runtime))
        self._positions.clear()
        self._last_part, self._heard = None, HeardSound()
        if registry is not None:
            self._watch = self._new_watch(registry)
        elif join == "anew":
            self._watch.forget_talk()
            self._sound_clock.begin(_captured_samples(self._runtime))
        self._attach()

    def _started_again(self) -> None:
        """Go on, since the session is started again."""
        if (waiting := self._waiting) is not None:
            join: Join = "restart" if self._runtime.core is waiting.core else "anew"
            if self._open_again(join, waiting.seconds, self._runtime, None):
                self._runtime.tell(f"The recording {self.path.name} goes on.")

    def _open_again(
        self, join: Join, pause: float, runtime: SessionRuntime, registry: ToolRegistry | None
    ) -> bool:
        """Add to the file, which was whole, from now on; what prevents that is told, and ends it."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.end()
        try:
            if self.path.stat().st_size != self._encoder.parts.size:
                raise ConfigurationError(f"{self.path} is not as it was left")
            self._file = AppendFile(self.path)
        except (OSError, ConfigurationError) as error:
            why = getattr(error, "strerror", None) or str(error)
            self._over.set()
            self._problem = masked(f"it could not go on: {why}")
            runtime.problem(
                f"The recording {self.path.name} does not go on: {why}. What was recorded before is as it was; "
                "session.record(...) begins another one."
            )
            return False
        self._file.on_problem.append(self._file_problem)
        self._checked = False
        self._runtime = runtime
        self._start = runtime.journal.now - self._played.begin / SAMPLE_RATE
        _running[self.path] = self
        self._join(join, pause, registry)
        return True

    def _taps(self) -> list[tuple[list[Any], Callable[..., object]]]:
        runtime = self._runtime
        return [
            (runtime.journal.listeners, self._safely(self._event)),
            (runtime.taps.captured, self._safely(self._hear)),
            (runtime.taps.play, self._safely(self._heard.handed)),
            (runtime.on_positions, self._safely(self._played_to)),
            (runtime.taps.end, self._ended),
            (runtime.taps.replaced, self.pass_to),
        ]

    def _safely(self, listener: Callable[..., object]) -> Callable[..., None]:
        """Return a listener whose errors end the recording, and not the talk."""

        def listen(*arguments: Any) -> None:
            try:
                listener(*arguments)
            except Exception as error:
                self._failed(error)

        return listen

    def finish(self, reason: str, problem: str = "") -> None:
        """End the recording without waiting for its file; harmless if it is over; on the I/O thread."""
        if self._over.is_set():
            return
        self._over.set()
        self._problem = self._problem or problem
        if self._waiting is None:
            self._write_end(reason)
        else:
            self._waiting.end()
            self._waiting = None
        _running.pop(self.path, None)
        name = self.path.name
        told = self._runtime.problem if problem else self._runtime.tell
        told(f"The recording {name} has ended after {self.seconds:.0f} s: {reason}.")

    def _write_end(self, reason: str) -> None:
        """Write what is left, and make the file whole."""
        self._look()
        self._detach()
        self._facts.append({"at": self._now, "end": reason})
        self._write(max(self._clock, self._captured.end, self._played.end))
        self._file.append(self._encoder.directory)
        self._file.close(0)

    async def _ended(self) -> None:
        """Make it whole as its session ends, which waits for the file; it goes on if that is started again."""
        if self.running:
            self._waiting = WaitingForSession(self._runtime, self._started_again)
            self._write_end("the session ended")
            self._runtime.tell(
                f"The recording {self.path.name} is whole up to here, {self.seconds:.0f} s; it goes on if this "
                "session is started again."
            )
        await asyncio.to_thread(self._file.close)
        self._check()

    def _check(self) -> None:
        """Tell if not all of it could be written in the end."""
        if self._file.unwritten and not self._checked:
            self._problem = f"{self._file.unwritten / 1e6:.1f} MB at its end could not be written to {self.path}"
            shared_engine().call(self._not_complete)
        self._checked = True

    def _not_complete(self) -> None:
        """Tell that the file has no end: nothing can be added to it."""
        self._runtime.problem(f"The recording is not complete: {self._problem}.")
        if self._waiting is not None:
            self._waiting.end()
            self._waiting = None
            self._over.set()
            _running.pop(self.path, None)

    def _leave(self) -> None:
        """End it with the program."""
        if self._process == os.getpid():
            self.stop()

    @property
    def _now(self) -> float:
        """Seconds since it began."""
        return round(self._runtime.journal.now - self._start, 4)

    @property
    def _clock(self) -> int:
        return round(self._now * SAMPLE_RATE)

    def _event(self, sender: Sender, event: ev.ClientEvent | ev.AnyServerEvent) -> None:
        at = self._now
        if isinstance(event, ev.InputAppend):
            self._facts.append(_Event(at, sender, {"type": event.type, "audio": len(event.audio)}))
        elif isinstance(event, ev.ClientEvent):
            sent = msgspec.to_builtins(event, builtin_types=(bytes,), enc_hook=shown)
            self._facts.append(_Event(at, sender, encode_json(without_sound(sent, images=True))))
        else:
            source = None if isinstance(event, ev.OtherEvent) else event.__dict__.get(SOURCE)
            kept = source if isinstance(source, str | bytes) else encode_json(event.data)
            sound = event.delta if isinstance(event, ev.OutputAudioDelta) else ""
            self._facts.append(_Event(at, sender, kept, sound))

    def _hear(self, pcm: bytes) -> None:
        length = len(pcm) // BYTES_PER_SAMPLE
        if isinstance(self._watch, CaptionWatch):
            # A sound file is written down faster than it was said: the clock follows the sound.
            self._start -= max(0, self._captured.end + length - self._clock) / SAMPLE_RATE
        self._captured.put(pcm, self._clock - length)
        self._sound_clock.heard(length, self._captured.end)

    def _played_to(self, positions: list[PlayedTo]) -> None:
        new: list[tuple[str, int, int]] = []
        for part, played in positions:
            if self._positions.get(part) == played:
                continue
            self._positions[part] = played
            new.append((part.item_id, part.content_index, played))
            if pcm := self._heard.heard(part, played):
                length = len(pcm) // BYTES_PER_SAMPLE
                # What nobody hears is read at once, and laid down at the pace of speech from then on.
                start = self._clock - (length if self._runtime.speaker.audible else 0)
                self._played.put(pcm, start, part == self._last_part)
                self._last_part = part
        if new:
            unheard = {} if self._runtime.speaker.audible else {"audible": False}
            self._facts.append({"at": self._now, "played": new, **unheard})

    def _look_soon(self) -> None:
        if self._looking is None:
            self._looking = shared_engine().loop.call_later(self._rest, self._look)

    def _look(self) -> None:
        self._looking = None
        if self._over.is_set() and not self._ends:
            return
        at, before = self._now, time.thread_time()
        self._facts += [{"at": at, **fact} for fact in self._watch.look()]
        self._rest = max(LOOK_S, LOOK_REST * (time.thread_time() - before))

    def _tick(self) -> None:
        if self._over.is_set():
            return
        self._ticking = shared_engine().loop.call_later(TICK_S, self._tick)
        self._write(self._clock - round(LATE_S * SAMPLE_RATE))
        if self._file.unwritten > MOST_UNWRITTEN:
            self.finish("it cannot be written, and too much waits", f"{self.path.name} cannot be written any more")
        elif self._now >= self._seconds_limit:
            limit = f"its limit of {self._seconds_limit / 60:g} minutes is reached"
            self.finish(limit, limit)
        elif self._encoder.parts.size >= self._bytes_limit:
            limit = f"its limit of {self._bytes_limit / 1e6:g} MB is reached"
            self.finish(limit, limit)
        elif len(self._encoder.parts) >= MOST_PARTS:
            limit = f"a file holds no more than {MOST_PARTS:,} parts"
            self.finish(limit, limit)

    def _write(self, until: int) -> None:
        """Hand everything up to a time to the writing thread."""
        begin = self._played.begin
        until = max(begin, until)
        batch = _Batch(begin, self._captured.take(until), self._played.take(until), self._facts)
        self._facts = []
        if batch.facts or until > begin:
            self._file.append(lambda: self._encoder.batch(batch))

    def _file_problem(self, problem: str) -> None:
        """Tell that the disk is full, or that it is not any more; on the writing thread."""
        shared_engine().call(self._tell_problem, problem)

    def _tell_problem(self, problem: str) -> None:
        self._problem = masked(problem)
        if problem:
            self._runtime.passing("recording", f"The recording: {problem}", "error")
        else:
            self._runtime.passed(
                "recording", f"The recording {self.path.name} can be written again, without a loss."
            )

    def _failed(self, error: Exception) -> None:
        """End it because of an error in the package; from any thread."""
        log.error("a part of the recording %s could not be made", self.path.name, exc_info=error)
        shared_engine().call(
            self.finish, "a part of it could not be made", f"{type(error).__name__}: {masked(str(error))}"
        )


class _Encoder:
    """Makes the parts of the file; on the writing thread."""

    def __init__(self, failed: Callable[[Exception], object]) -> None:
        self.parts = PartsWriter()
        self._failed = failed
        self._number = 0
        #: Bytes of the answers' sound so far, and the one that is half a sample.
        self._answers, self._half = 0, b""

    def manifest(self, manifest: Fact) -> bytes:
        text = msgspec.json.format(masked_frame(encode_json(manifest).decode()), indent=2)
        return self.parts.part("recording.json", text.encode() + b"\n")

    def batch(self, batch: _Batch) -> bytes:
        """Return the parts of a batch; an error ends the recording, not the thread."""
        try:
            return b"".join(self._parts_of(batch))
        except Exception as error:
            self._failed(error)
            return b""

    def directory(self) -> bytes:
        return self.parts.directory()

    def _parts_of(self, batch: _Batch) -> list[bytes]:
        from realtime_widgets.recording.file.sound import flac, samples_of  # brings numpy, which is there by now

        begin, sound = self._answers - len(self._half), bytearray(self._half)
        lines = [self._line(fact, sound) for fact in batch.facts]
        whole = len(sound) // BYTES_PER_SAMPLE * BYTES_PER_SAMPLE
        self._half = bytes(sound[whole:])
        made: list[bytes] = []
        if whole:
            name = f"answers/{begin // BYTES_PER_SAMPLE:012}.flac"
            made.append(self.parts.part(name, flac(samples_of(sound[:whole]))))
        if lines:
            text = masked_frame(b"\n".join(lines).decode()) + "\n"
            made.append(self.parts.part(f"events/{self._number:06}.jsonl", text.encode(), pack=True))
            self._number += 1
        if batch.captured:
            import numpy as np

            both = np.stack([samples_of(batch.captured), samples_of(batch.played)], axis=1)
            made.append(self.parts.part(f"sound/{batch.begin:012}.flac", flac(both)))
        return made

    def _line(self, fact: Fact | _Event, sound: bytearray) -> bytes:
        if not isinstance(fact, _Event):
            return encode_json(fact)
        if isinstance(fact.event, dict):
            data = fact.event
        else:
            decoded = msgspec.json.decode(fact.event)
            data = without_sound(decoded, images=fact.sender == "client")
        if fact.sound:
            pcm = base64.b64decode(fact.sound)
            data["delta"] = {"bytes": [self._answers, self._answers + len(pcm)]}
            self._answers += len(pcm)
            sound += pcm
        return encode_json({"at": fact.at, fact.sender: data})


#: The recordings that are being written, or may go on, by their files.
_running: WeakValueDictionary[Path, RunningRecording] = WeakValueDictionary()


def record(
    runtime: SessionRuntime,
    registry: ToolRegistry,
    path: str | os.PathLike[str],
    *,
    sources: bool,
    minutes: float,
    megabytes: float,
    replace: bool,
) -> RunningRecording:
    """Begin to record a session; see `RealtimeSession.record`."""
    import soundfile  # noqa: F401 - with numpy, here rather than on the threads that must not wait

    for name, value, most in (("minutes", minutes, 6 * 60), ("megabytes", megabytes, MOST_BYTES / 1e6)):
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= most:
            raise ConfigurationError(f"{name} must be a number above 0 and up to {most:g}, not {value!r}")
    target = Path(path).expanduser().absolute()
    if target.is_dir():
        target = _in_folder(target, runtime)
    if target.suffix != SUFFIX:
        target = target.with_name(target.name + SUFFIX)
    if runtime.state == "closed":
        raise SessionClosedError(f"this session is over: {runtime.closed_reason}; start it again, then record it")
    if (running := _running.get(target)) is not None:
        if running.records(runtime):
            return running
        if not replace:
            if running.may_pass_to(runtime) and shared_engine().run(running.pass_to, runtime, registry):
                return running
            if running.running:
                raise ConfigurationError(
                    f"{target} is being recorded by another session: stop that first, or end and replace it with "
                    "record(..., replace=True)"
                )
        running.stop()
    if target.exists() and not replace:
        raise ConfigurationError(
            f"{target} is there already: choose another name, or replace it with record(..., replace=True)"
        )
    if not target.parent.is_dir():
        raise ConfigurationError(f"there is no folder {target.parent}: make it first")
    try:
        target.unlink(missing_ok=True)
        file = AppendFile(target)
    except OSError as error:
        raise ConfigurationError(f"{target} cannot be written: {error.strerror or error}") from None
    recording = RunningRecording(
        runtime, registry, file, sources=sources, seconds_limit=minutes * 60, bytes_limit=megabytes * 1e6
    )
    _running[target] = recording
    shared_engine().run(recording.begin, _manifest(runtime))
    captions = isinstance(runtime.core, CaptionCore)
    what = "What is said" if captions else "This talk"
    parts = "the words, and the sound" if captions else "the words, and the sound of both sides"
    shared_engine().call(runtime.tell, f"{what} is being recorded into {target.name}: {parts}.")
    return recording


def _captured_samples(runtime: SessionRuntime) -> int:
    """Return the samples that captions have heard so far."""
    core = runtime.core
    return round(core.sound.seconds * SAMPLE_RATE) if isinstance(core, CaptionCore) else 0


def _in_folder(folder: Path, runtime: SessionRuntime) -> Path:
    """Return the file of a session in a folder: the one that is being written, or a new one named by the time."""
    for path, running in _running.items():
        successor = running.running and running.may_pass_to(runtime)
        if path.parent == folder and (running.records(runtime) or successor):
            return path
    name = f"talk-{datetime.now():%Y-%m-%d-%H%M%S}"
    names = (f"{name}{SUFFIX}", *(f"{name}-{number}{SUFFIX}" for number in range(2, 1000)))
    return next(folder / each for each in names if not (folder / each).exists())


def _manifest(runtime: SessionRuntime) -> Fact:
    from importlib.metadata import version  # imports much

    endpoint = runtime.endpoint
    return {
        "format": FORMAT,
        "version": VERSION,
        "kind": "captions" if isinstance(runtime.core, CaptionCore) else "talk",
        "started": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "rate": SAMPLE_RATE,
        "versions": {
            "realtime_widgets": version("realtime-widgets"),
            "python": platform.python_version(),
            "system": sys.platform,
        },
        "endpoint": {"name": endpoint.name, "model": endpoint.model, "service": endpoint.service},
    }
