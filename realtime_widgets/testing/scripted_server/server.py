"""A scripted Realtime server on loopback, for tests of programs that talk to one."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import TYPE_CHECKING, Self

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from realtime_widgets.concurrency.clock import REAL_CLOCK
from realtime_widgets.testing.scripted_server.script import IGNORED, Script, ScriptNotFollowedError
from realtime_widgets.testing.scripted_server.steps import Close, Cut, Delay, Garbage, Send

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from websockets.asyncio.server import Server

    from realtime_widgets.concurrency.clock import Clock, Timer
    from realtime_widgets.recording.talk import RecordedTalk
    from realtime_widgets.testing.scripted_server.matching import Event
    from realtime_widgets.testing.scripted_server.steps import Action, Expect, Step

#: Longest frame that is accepted, in bytes: an append of 15 MiB of sound, as base64 in JSON.
MAX_FRAME_BYTES = 32 * 2**20
#: How long the end of a connection may take if the client does not answer, in seconds.
CLOSE_TIMEOUT_S = 2.0


class ScriptedServer:
    """A real WebSocket server that plays a script; an async context manager.

    Leaving the block waits for the rest of the script, and raises if it was not followed.

    Parameters
    ----------
    steps
        Steps that it plays; see `realtime_widgets.testing.scripted_server.steps` and `Talk`.
    ignored
        Types of client events that are matched only if the script waits for one of them.
    whenever
        Client events that may come at any time and any number of times; each is answered with its replies.
    patience
        Real seconds to wait for the client before the script counts as not followed.
    clock
        The clock that delays follow; real time by default.

    Attributes
    ----------
    url : str
        Address to connect to; known inside the block.
    paths : list of str
        Path and query of each connection.

    Examples
    --------
    >>> talk = Talk()
    >>> async with ScriptedServer([*talk.start(), *talk.text_turn("Hi", "Hello!")]) as server:
    ...     await chat_with(server.url)
    """

    def __init__(
        self,
        steps: Iterable[Step] = (),
        *,
        ignored: Iterable[str] = IGNORED,
        whenever: Iterable[Expect] = (),
        patience: float = 10.0,
        clock: Clock = REAL_CLOCK,
    ) -> None:
        self.url = ""
        self.paths: list[str] = []
        self._script = Script(steps, ignored, whenever)
        self._clock = clock
        self._delay: Timer | None = None
        self._patience = patience
        self._server: Server | None = None
        self._connection: ServerConnection | None = None
        self._actions: asyncio.Queue[Action] = asyncio.Queue()
        self._to_do = 0
        self._progress = asyncio.Event()
        self._failure: Exception | None = None
        self._performer: asyncio.Task[None] | None = None

    @classmethod
    def from_recording(
        cls,
        recording: str | os.PathLike[str] | RecordedTalk,
        *,
        strict: bool = True,
        times: bool = False,
        ignored: Iterable[str] = IGNORED,
        patience: float = 10.0,
        clock: Clock = REAL_CLOCK,
    ) -> Self:
        """Return a server that plays the service's side of a recorded talk: a test without a key.

        The client has to say what was said then: the messages, the outputs of tools, requests for answers. Speech
        may be any sound: the recorded service hears in it what it heard then. Settings may be others.

        Parameters
        ----------
        recording
            The recording, or its file.
        strict
            Whether the words of messages and the outputs of tools have to be as they were.
        times
            Whether the service's pauses are as they were; if not, only an interruption comes as late as it did.
        ignored, patience, clock
            As for the class.

        Raises
        ------
        RecordingError
            If the recording cannot be read, or the sound of an answer is missing in it.

        Examples
        --------
        >>> async with ScriptedServer.from_recording("talk.rwz") as server:  # doctest: +SKIP
        ...     session = RealtimeSession(endpoint=server.url, tools=[reaction_rate])
        ...     assert (await session.ask("How fast is it at 40 degrees?")).tool_calls
        """
        from realtime_widgets.recording.talk import RecordedTalk
        from realtime_widgets.testing.scripted_server.cassette import Cassette

        talk = recording if isinstance(recording, RecordedTalk) else RecordedTalk.load(recording)
        made = Cassette(talk, strict, times)
        return cls(made.steps, ignored=ignored, whenever=made.whenever, patience=patience, clock=clock)

    @property
    def received(self) -> list[Event]:
        """All client events so far, including those of ignored types."""
        return self._script.received

    def received_of(self, type: str) -> list[Event]:
        """Return the client events of one type so far."""
        return [event for event in self.received if event.get("type") == type]

    def heard(self) -> bytes:
        """Return the sound that the client has sent so far, PCM16 at 24 kHz."""
        appended = self.received_of("input_audio_buffer.append")
        return b"".join(base64.b64decode(event["audio"]) for event in appended)

    async def finished(self) -> None:
        """Wait until the script has been played to its end and everything was sent.

        Raises
        ------
        ScriptNotFollowedError
            When the client did not follow the script, or not within the server's patience.
        """
        await self._until(lambda: self._script.finished)

    async def stalled(self) -> None:
        """Wait until the script is at a stall and everything before it was sent.

        Raises
        ------
        ScriptNotFollowedError
            As for `finished`.
        """
        await self._until(lambda: self._script.stalled)

    async def delayed(self) -> None:
        """Wait until the script is at a delay and everything before it was sent; then you can advance the clock.

        Raises
        ------
        ScriptNotFollowedError
            As for `finished`.
        """
        await self._until(lambda: self._script.delayed)

    def extend(self, steps: Iterable[Step]) -> None:
        """Add steps at the end of the script.

        Raises
        ------
        ValueError
            When the step after the end of a connection is not a reconnect.
        """
        self._enqueue(self._script.extend(steps))

    def resume(self) -> None:
        """Go on after a stall.

        Raises
        ------
        RuntimeError
            When the script is not at a stall.
        """
        self._enqueue(self._script.resume())

    async def __aenter__(self) -> Self:
        self._server = await serve(
            self._handle,
            "127.0.0.1",
            0,
            compression=None,
            max_size=MAX_FRAME_BYTES,
            ping_interval=None,
            close_timeout=CLOSE_TIMEOUT_S,
        )
        port = next(iter(self._server.sockets)).getsockname()[1]
        self.url = f"ws://127.0.0.1:{port}/v1/realtime"
        self._performer = asyncio.create_task(self._perform())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                await self.finished()
            elif not self._script.finished and not isinstance(error, ScriptNotFollowedError):
                error.add_note(self._script.report())
        finally:
            if self._delay is not None:
                self._delay.cancel()
            if self._performer is not None:
                self._performer.cancel()
            if self._server is not None:
                self._server.close()
                await self._server.wait_closed()

    async def _until(self, reached: Callable[[], bool]) -> None:
        try:
            async with asyncio.timeout(self._patience):
                while not (self._failure or self._script.problem or (reached() and not self._to_do)):
                    self._progress.clear()
                    await self._progress.wait()
        except TimeoutError:
            waited = f"  waited:   {self._patience:g} s"
            raise ScriptNotFollowedError(f"{self._script.report()}\n{waited}") from None
        if self._failure:
            raise self._failure
        if self._script.problem:
            raise ScriptNotFollowedError(self._script.report())

    async def _handle(self, connection: ServerConnection) -> None:
        self.paths.append(connection.request.path if connection.request else "")
        self._connection = connection
        try:
            self._enqueue(self._script.connect())
            async for frame in connection:
                if connection is self._connection:
                    self._enqueue(self._read(frame))
        except ConnectionClosed:
            pass  # lost without a handshake; the script says whether that may be
        except Exception as error:  # a step that makes its event and fails
            self._fail(error)
            raise
        if connection is self._connection:
            self._enqueue(self._script.disconnect())

    def _read(self, frame: str | bytes) -> list[Action]:
        try:
            event = json.loads(frame)
        except ValueError:
            event = None
        if isinstance(frame, str) and isinstance(event, dict) and isinstance(event.get("type"), str):
            return self._script.receive(event)
        return self._script.receive_unreadable(frame if isinstance(frame, str) else frame.hex())

    def _enqueue(self, actions: list[Action]) -> None:
        for action in actions:
            self._to_do += 1
            self._actions.put_nowait(action)
        self._progress.set()

    def _elapsed(self) -> None:
        self._enqueue(self._script.elapsed())

    def _fail(self, error: Exception) -> None:
        self._failure = error
        self._progress.set()

    async def _perform(self) -> None:
        """Do what the script asks for, one action after the other."""
        while True:
            action = await self._actions.get()
            try:
                await self._do(action)
            except ConnectionClosed:
                pass  # the client is gone; `_handle` reports it to the script
            except Exception as error:  # an event that JSON cannot hold
                self._fail(error)
            self._to_do -= 1
            self._progress.set()

    async def _do(self, action: Action) -> None:
        connection = self._connection
        if connection is None:
            return
        match action:
            case Send(event):
                await connection.send(json.dumps(event))
            case Garbage(frame):
                await connection.send(frame)
            case Delay(seconds):
                self._delay = self._clock.call_later(seconds, self._elapsed)
            case Cut():
                connection.transport.abort()
            case Close(code, reason):
                await connection.close(code, reason)
