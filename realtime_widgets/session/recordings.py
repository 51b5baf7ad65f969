"""`Recording`: a talk that was recorded, opened again, and said again to another session."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from realtime_widgets.concurrency.blocking import blocking
from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.errors import ConfigurationError
from realtime_widgets.recording.talk import RecordedTalk

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable

    from realtime_widgets.protocol.endpoint.endpoint import Endpoint

#: Longest pause of the person that is kept, in seconds.
LONGEST_PAUSE_S = 10.0


class Recording(RecordedTalk):
    """A talk that was recorded by `RealtimeSession.record`; `load` opens it.

    A notebook shows it as the console did, to be played and scrubbed.
    """

    async def rerun(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        instructions: str | None = None,
        voice: str | None = None,
        model: str | None = None,
        endpoint: str | Endpoint | None = None,
        tools: Iterable[Callable[..., Any]] | None = None,
        longest_pause: float = LONGEST_PAUSE_S,
        **options: Any,
    ) -> Recording:
        """Say the person's side again to another configuration, in real time, and record that talk.

        What was said is said as it sounded, what was typed is typed, at its time relative to the answers: a pause
        after an answer is as long, an interruption as far into it. What is not changed is as it was, but for the
        voice and the model if there is another endpoint.

        Parameters
        ----------
        path
            File of the new recording; by default one beside this, whose name ends in ``-again``.
        instructions, voice, model, endpoint
            As for `RealtimeSession`, if they are to be others.
        tools
            Functions in place of the recorded tools. By default a call that was recorded returns what it did
            then, and any other fails.
        longest_pause
            Longest pause that is kept, in seconds.
        **options
            Further arguments of `RealtimeSession`, such as `api_key`, `reasoning` or `budget`.

        Returns
        -------
        Recording
            The other talk; see `compare`.

        Raises
        ------
        ConfigurationError
            If a setting cannot be, the endpoint has to be named, or the file cannot be written.
        RecordingError
            If something was said, and its sound is missing; or nothing was said at all; or they are captions.
        ConnectionFailedError
            If the endpoint cannot be reached, or the session ends in the middle; what was recorded is kept.
        """
        from realtime_widgets.errors import RecordingError
        from realtime_widgets.recording.person import acts_of
        from realtime_widgets.session.rerun import Person, free_name, settings_again, stand_ins
        from realtime_widgets.session.session import RealtimeSession

        if self.kind == "captions":
            raise RecordingError(
                "captions answered nothing that could be asked again: have the sound written down by another "
                "configuration, await Captions(...).transcribe(recording.captured, rate=24000)"
            )
        if isinstance(longest_pause, bool) or not isinstance(longest_pause, int | float) or longest_pause < 0:
            raise ConfigurationError(f"longest_pause must be seconds from 0 on, not {longest_pause!r}")
        acts = await asyncio.to_thread(acts_of, self, float(longest_pause))
        if not acts:
            raise RecordingError(f"nobody said or typed anything in {self.path}")
        changes = {"instructions": instructions, "voice": voice, "model": model, "endpoint": endpoint, **options}
        used: list[Any] = [*stand_ins(self)] if tools is None else [*tools]
        session = RealtimeSession(**settings_again(self, changes), tools=used)
        running = session.record(free_name(self.path) if path is None else path)
        engine = shared_engine()
        try:
            await session.start()
            await asyncio.wrap_future(engine.submit(Person(session.runtime, acts).act()))
        finally:
            await session.close()
        return type(self).load(Path(running.path))

    rerun_sync = blocking(rerun)
