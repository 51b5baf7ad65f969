"""The path of one event through the package: calls, files and changes of file, counted on the I/O thread.

A developer who looks for a fault reads along such a walk. A real session talks with the scripted server over
loopback, and time passes only when the script advances it. Each walk occurs more than once and the second one
counts, because the first warms up. Nothing is timed. ``python -m benchmarks.client.walks`` prints the table,
``--trace NAME`` the functions of one walk in order. Between the begin and the end of a walk, which `WALKS`
defines, it counts:

calls
    Python functions of `realtime_widgets`, each time they are called. A coroutine or generator counts once,
    however often it resumes; the functions that wait for the frame with which a walk begins are its first calls.
    Comprehensions and generator expressions belong to the function that contains them. Of
    `realtime_widgets.testing` only functions that the package itself calls count: its clock replaces the real one.
files
    Different files that contain those functions.
changes of file
    Calls of a function in a different file than the previous call.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import inspect
import io
import sys
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import realtime_widgets
from benchmarks.rows import Row, table
from realtime_widgets import RealtimeSession
from realtime_widgets.testing import (
    ManualClock,
    PlayedMicrophone,
    PlayedSpeaker,
    ScriptedServer,
    Talk,
    stall,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType


@dataclass(frozen=True)
class Walk:
    """One kind of walk to follow, and its target.

    Attributes
    ----------
    name
        Name of the walk for `--trace`.
    what
        Description of where the walk begins and ends.
    target_files
        Largest acceptable number of files.
    """

    name: str
    what: str
    target_files: int


WALKS = (
    Walk("microphone", "a captured block of 20 ms until it is queued for the socket", 8),
    Walk("audio_delta", "a received audio delta until the speaker has it", 9),
    Walk("interruption", "a received speech_started until the speaker is silenced", 12),
    Walk("truncation", "the speaker's last word until conversation.item.truncate is queued", 9),
    Walk("tool_cell", "a changed tool added again until session.update is queued; its cell's thread too", 16),
)

# Where walks begin and end. Microphone and speaker are those of `realtime_widgets.testing`; the rest are
# functions of other packages, by a part of their file's path and their name.
#: The function that returns a received frame, and the walks that begin with one, by the type of its event.
_RECEIVED = ("/websockets/", "recv")
_BEGINS_WITH = {
    "response.output_audio.delta": "audio_delta",
    "input_audio_buffer.speech_started": "interruption",
}
#: The functions that accept an event for the socket, a queue or else the socket itself, with the name of their
#: argument; and the walks that end with one, by its type.
_QUEUED = (("/asyncio/queues.py", "put_nowait", "item"), ("/websockets/", "send", "message"))
_ENDS_WITH = {
    "input_audio_buffer.append": "microphone",
    "conversation.item.truncate": "truncation",
    "session.update": "tool_cell",
}
#: The event that answers an update of the tools.
_ANSWER = "session.updated"
#: File of the event loop, where each call into the package begins.
_LOOP = "/asyncio/events.py"

_PACKAGE = f"{Path(realtime_widgets.__file__).parent}/"
_TESTING = f"{_PACKAGE}testing/"
#: Functions of the microphone: a call of one from outside them is a captured block.
_CAPTURES = {each.__code__ for each in vars(PlayedMicrophone).values() if inspect.isfunction(each)}
#: Names of comprehensions and generator expressions; newer Pythons inline comprehensions.
_INLINE = ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")
_GOES_ON = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR

#: Words of the interrupted answers, 300 ms each: the second answer counts, the third has fewer queued blocks.
_ANSWERS = (10, 10, 5)
_HEARD_S = 0.7
_BLOCK_MS = 100
#: Time limit for an update of the tools, in seconds.
_PATIENCE_S = 10.0


class Step(NamedTuple):
    """One call: file within the package and qualified name of the function."""

    file: str
    function: str


class Track:
    """The calls of one thread.

    Attributes
    ----------
    steps
        The counted calls, in order.
    """

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._begun: set[FrameType] = set()

    def note(self, frame: FrameType) -> None:
        """Record a call, or the resumption of a coroutine or generator."""
        code = frame.f_code
        if not code.co_filename.startswith(_PACKAGE) or code.co_name in _INLINE:
            return
        if code.co_filename.startswith(_TESTING):
            caller = frame.f_back.f_code.co_filename if frame.f_back else ""
            if not caller.startswith(_PACKAGE) or caller.startswith(_TESTING):
                return
        if code.co_flags & _GOES_ON:
            if frame in self._begun:
                return
            self._begun.add(frame)
        self.steps.append(Step(code.co_filename.removeprefix(_PACKAGE), code.co_qualname))


class Recorder:
    """Follows walks, one at a time.

    Attributes
    ----------
    walks
        Steps of each complete walk, in order, by name.
    """

    def __init__(self) -> None:
        self.walks: dict[str, list[list[Step]]] = {walk.name: [] for walk in WALKS}
        self._name = ""
        self._track = Track()
        self._loop = asyncio.get_running_loop()
        self._answered = asyncio.Event()

    def begin(self, name: str, frame: FrameType | None = None) -> None:
        """Follow a walk from now on; the functions that wait for `frame` are its first calls."""
        self._name, self._track = name, Track()
        waiting: list[FrameType] = []
        while frame is not None and _LOOP not in frame.f_code.co_filename:
            waiting.append(frame)
            frame = frame.f_back
        for each in reversed(waiting):
            self._track.note(each)

    def end(self, name: str) -> None:
        """Store the walk if it is the one that is followed."""
        if self._name == name:
            self.walks[name].append(self._track.steps)
            self._name = ""

    def profile(self, frame: FrameType, event: str, value: Any) -> None:
        """Record an event of `sys.setprofile` on the I/O thread."""
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(_PACKAGE):
            if code in _CAPTURES and not (frame.f_back and frame.f_back.f_code in _CAPTURES):
                self.begin("microphone")
            elif self._name:
                self._track.note(frame)
        elif event == "call":
            for path, name, argument in _QUEUED:
                if code.co_name == name and path in code.co_filename:
                    self._queued(frame.f_locals[argument])
        elif event == "return" and isinstance(value, str | bytes):
            path, name = _RECEIVED
            if code.co_name == name and path in code.co_filename:
                self._received(value if isinstance(value, str) else value.decode(), frame.f_back)

    async def run_cell(self, run: Callable[[], object]) -> None:
        """Follow a tool's cell on this thread and then on the I/O thread; return when the update is answered."""
        cell = Track()

        def profile(frame: FrameType, event: str, value: Any) -> None:
            if event == "call":
                cell.note(frame)

        self._answered.clear()
        self.begin("tool_cell")
        before = sys.getprofile()
        sys.setprofile(profile)
        try:
            run()
        finally:
            sys.setprofile(before)
        async with asyncio.timeout(_PATIENCE_S):
            await self._answered.wait()
        # Both threads run at the same time: the cell's calls are put first.
        self.walks["tool_cell"][-1][:0] = cell.steps

    def _received(self, text: str, reader: FrameType | None) -> None:
        for type, walk in _BEGINS_WITH.items():
            if f'"{type}"' in text:
                self.begin(walk, reader)
        if f'"{_ANSWER}"' in text:
            self._loop.call_soon_threadsafe(self._answered.set)

    def _queued(self, taken: Any) -> None:
        for type, walk in _ENDS_WITH.items():
            if getattr(taken, "type", "") == type or (isinstance(taken, str | bytes) and type in str(taken)):
                self.end(walk)


class _Listener:
    """A proxy between the speaker and its session."""

    def __init__(self, session: Any, recorder: Recorder) -> None:
        self._session = session
        self._recorder = recorder

    def played(self, positions: list[Any]) -> None:
        self._session.played(positions)

    def silenced(self, positions: list[Any]) -> None:
        self._recorder.begin("truncation")
        self._session.silenced(positions)


class _Speaker(PlayedSpeaker):
    """A speaker that reports its commands to the recorder, and sets the recorder's hook on the I/O thread."""

    def __init__(self, session: RealtimeSession, recorder: Recorder) -> None:
        self._recorder = recorder
        self._io_loop: asyncio.AbstractEventLoop | None = None
        #: Queued audio at each stop, in milliseconds.
        self.silenced_ms: list[float] = []
        super().__init__(session)

    def attach(self, listener: Any) -> None:
        self._io_loop = asyncio.get_running_loop()
        sys.setprofile(self._recorder.profile)
        super().attach(_Listener(listener, self._recorder))

    def play(self, block: Any) -> None:
        self._recorder.end("audio_delta")
        super().play(block)

    def silence(self) -> None:
        self._recorder.end("interruption")
        self.silenced_ms.append(self.queued_ms)
        super().silence()

    async def release(self) -> None:
        """Remove the hook from the I/O thread."""

        async def unhook() -> None:
            sys.setprofile(None)

        if self._io_loop is not None:
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(unhook(), self._io_loop))


@dataclass(frozen=True)
class Found:
    """The walks of one talk.

    Attributes
    ----------
    steps
        Calls of each walk in order, by name.
    calls_a_block
        Calls of the truncation for each further block that the speaker has queued.
    """

    steps: dict[str, list[Step]]
    calls_a_block: float


def follow() -> Found:
    """Run a talk in which each walk occurs several times, and follow them."""
    return asyncio.run(_follow())


async def _follow() -> Found:
    clock, talk = ManualClock(), Talk()
    turns = [
        step
        for words in _ANSWERS
        for step in (
            *talk.barge_in_turn("Tell me.", " ".join(["word"] * words), "Stop.", "Well.", after_done=True),
            stall(),
        )
    ]
    recorder = Recorder()
    async with ScriptedServer([*talk.start(), stall(), *turns], whenever=talk.whenever(), clock=clock) as server:
        session = RealtimeSession(endpoint=server.url, clock=clock)
        speaker = _Speaker(session, recorder)
        try:
            async with session:
                for words in _ANSWERS:
                    await _interrupt(server, speaker, clock, words)
                microphone = PlayedMicrophone(session)
                microphone.open()
                await clock.advance(0.1)
                microphone.close()
                for version in range(2):
                    with contextlib.redirect_stdout(io.StringIO()):
                        await recorder.run_cell(partial(session.tool, _version(version)))
                    await clock.advance(0)  # lets the session handle the answer, so that nothing else is running
        finally:
            await speaker.release()
    if missing := [name for name, walks in recorder.walks.items() if len(walks) < 2]:
        raise RuntimeError(f"these walks did not end: {', '.join(missing)}; check where walks begin and end")
    few, many = (len(recorder.walks["truncation"][turn]) for turn in (2, 1))
    blocks = (speaker.silenced_ms[1] - speaker.silenced_ms[2]) / _BLOCK_MS
    return Found({name: walks[1] for name, walks in recorder.walks.items()}, (many - few) / blocks)


async def _interrupt(server: ScriptedServer, speaker: _Speaker, clock: ManualClock, words: int) -> None:
    """Play a part of an answer, speak over it, and play the next one to its end."""
    await server.stalled()
    server.resume()
    await server.stalled()
    await speaker.holding(min(2000, 300 * words))
    await clock.advance(_HEARD_S)
    server.resume()
    await server.stalled()
    await speaker.holding(300)
    await clock.advance(1)


def _version(number: int) -> Callable[..., float]:
    def price(item: str, count: int = 1) -> float:
        return count * 0.5

    # The model is informed of a changed description, not of new code with the same description.
    price.__doc__ = f"""Look a price up, version {number}.

    Parameters
    ----------
    item
        What is bought.
    count
        How many of it.
    """
    return price


def measure(quick: bool) -> list[Row]:
    """Follow all walks; `quick` makes no difference."""
    return _rows(follow())


def _rows(found: Found) -> list[Row]:
    rows = []
    for walk in WALKS:
        steps = found.steps[walk.name]
        files = [step.file for step in steps]
        changes = sum(before != after for before, after in pairwise(files))
        rows += [
            Row("walks", f"{walk.name}: files", (len({*files}),), "", target=walk.target_files, note=walk.what),
            Row("walks", f"{walk.name}: calls", (len(files),), ""),
            Row("walks", f"{walk.name}: changes of file", (changes,), ""),
        ]
    rows.append(
        Row("walks", "truncation: calls for each further queued block", (found.calls_a_block,), "", target=0)
    )
    return rows


def main(arguments: list[str] | None = None) -> None:
    """Print the table, or one walk."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.client.walks", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument(
        "--trace", choices=[walk.name for walk in WALKS], help="print the calls of this walk in order"
    )
    trace = parser.parse_args(arguments).trace
    found = follow()
    if trace:
        print(*(f"{step.file}:{step.function}" for step in found.steps[trace]), sep="\n")
    else:
        print(table(_rows(found)))


if __name__ == "__main__":
    main()
