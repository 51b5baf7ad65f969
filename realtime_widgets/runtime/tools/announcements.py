"""Says short sentences with the model's voice, beside the conversation: progress of tools. On the I/O thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from realtime_widgets.core.answer_settings import exact_settings

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Coroutine
    from typing import Any

    from realtime_widgets.core.conversation.commands import Command
    from realtime_widgets.core.conversation.turns import Turn
    from realtime_widgets.core.session import SessionCore
    from realtime_widgets.protocol.endpoint.endpoint import Endpoint
    from realtime_widgets.tools.execution.calls import CallScheduler

#: Announcements of one call at most: each is paid for.
MOST_OF_ONE_CALL = 10


class Announcing(Protocol):
    """What it needs of a session; `SessionRuntime` is one."""

    core: SessionCore
    calls: CallScheduler
    endpoint: Endpoint

    def observe(self, observer: Callable[[], None], *topics: str) -> Callable[[], None]:
        """Call `observer` after changes of these topics."""

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a coroutine until the session ends."""

    def perform(self, commands: list[Command]) -> None:
        """Execute commands of the core."""

    def turn_end(self, turn: Turn) -> asyncio.Future[Turn]:
        """Return a future that is done with a turn."""

    def tell(self, text: str) -> None:
        """Tell the user something."""


def speaks_beside(endpoint: Endpoint) -> bool:
    """Whether a service says something outside the conversation."""
    return endpoint.capabilities.out_of_band and endpoint.capabilities.metadata_echo


async def spoken_beside(runtime: Announcing, text: str) -> bytes:
    """Have the model say a text outside the conversation; returns its sound, PCM16 at 24 kHz, or nothing."""
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    settings = {"output_modalities": ["audio"], **exact_settings(text)}
    turn, commands = runtime.core.ask_aside(item, context=False, settings=settings)
    ended = runtime.turn_end(turn)
    runtime.perform([*commands])
    await ended
    return b"" if turn.error else bytes(turn.audio)


class Announcements:
    """Follows the notes of progress that are to be said, one at a time.

    Nobody is interrupted by them: while the user speaks or an answer is heard, they are only shown.

    Parameters
    ----------
    runtime
        Of the session.
    """

    def __init__(self, runtime: Announcing) -> None:
        self._runtime = runtime
        self._busy = False
        #: Number of the last note of each call that was said, or given up.
        self._said: dict[str, int] = {}
        self._told = False
        runtime.observe(self._look, "calls")

    def _look(self) -> None:
        runtime = self._runtime
        for call_id, running in runtime.calls.by_id.items():
            note = running.output.progress if running.output and running.phase == "running" else None
            if note is None or note.spoken <= self._said.get(call_id, 0) or note.spoken > MOST_OF_ONE_CALL:
                continue
            if not self._possible() or self._busy:
                continue
            self._said[call_id] = note.spoken
            if self._quiet():
                self._busy = True
                runtime.spawn(self._say(note.text, call_id))

    def _possible(self) -> bool:
        if speaks_beside(self._runtime.endpoint):
            return True
        if not self._told:
            self._told = True
            self._runtime.tell("This service says nothing beside the conversation: progress is only shown.")
        return False

    def _quiet(self) -> bool:
        core = self._runtime.core
        return not (core.ledger.playing or core.user_speaking)

    async def _say(self, text: str, call_id: str) -> None:
        runtime = self._runtime
        try:
            pcm = await spoken_beside(runtime, text)
            running = runtime.calls.by_id.get(call_id)
            if pcm and self._quiet() and running is not None and running.phase == "running":
                runtime.perform(runtime.core.play_clip(pcm)[1])
        finally:
            self._busy = False
